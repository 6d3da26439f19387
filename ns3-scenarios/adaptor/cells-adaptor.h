// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELLS_ADAPTOR_H
#define SLICEBED_CELLS_ADAPTOR_H

#include "adaptor/adaptor.h"
#include "topology/sliced-cells.h"

#include <vector>

namespace slicebed
{

/**
 * Joins the cells scenario and the exchange: KPIs become the observation, a decision becomes PRB
 * ceilings. Every observation and the action is an array [cell, slice].
 */
class CellsAdaptor : public Adaptor
{
  public:
    /**
     * @param cells the network, built
     * @param steps decision intervals of the run
     * @param maskSource where the traffic mask comes from, for the record
     */
    CellsAdaptor(ns3::Ptr<ns3::SlicedCells> cells, uint32_t steps, const std::string& maskSource);

    std::vector<FieldSpec> ObservationFields() const override;
    std::vector<FieldSpec> ActionFields() const override;
    nlohmann::json Context() const override;
    Value Observe() override;
    double Reward() override;
    nlohmann::json Info(bool ended) override;
    void Apply(const Value& decision) override;
    Value DefaultDecision() const override;
    bool CanDrawAnew() const override;
    void DrawAnew() override;

  private:
    uint32_t Slices() const;
    double HighOf(const std::string& field) const;
    FieldSpec Field(const std::string& name,
                    const std::string& unit,
                    const std::string& meaning,
                    const std::string& standard) const;

    ns3::Ptr<ns3::SlicedCells> m_cells;             //!< the network
    uint32_t m_steps;                               //!< of the run
    std::string m_maskSource;                       //!< of the traffic
    uint32_t m_step{0};                             //!< borders passed
    std::vector<std::vector<ns3::SliceKpi>> m_kpis; //!< of the interval before this border
    std::vector<bool> m_measured;                   //!< slices present in it
};

} // namespace slicebed

#endif // SLICEBED_CELLS_ADAPTOR_H
