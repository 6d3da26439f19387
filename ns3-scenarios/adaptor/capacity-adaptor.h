// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CAPACITY_ADAPTOR_H
#define SLICEBED_CAPACITY_ADAPTOR_H

#include "adaptor/adaptor.h"
#include "topology/capacity-system.h"

#include <vector>

namespace slicebed
{

/** Which of paper 000's use cases a run is. */
enum class CapacityUse
{
    TRANSPORT, //!< I: a rate for each service on a transport link
    CELL       //!< II: admission and a share of the PRBs for each slice of a cell
};

/**
 * Joins the capacity scenario and the exchange. All arrays are [slice]; a decision is a reservation
 * for each slice and, in a cell, whether it is admitted.
 */
class CapacityAdaptor : public Adaptor
{
  public:
    /**
     * @param system built
     * @param use that it is of
     * @param terms of the judgement
     * @param steps decision intervals of the run
     */
    CapacityAdaptor(ns3::Ptr<ns3::CapacitySystem> system,
                    CapacityUse use,
                    const ns3::CapacityTerms& terms,
                    uint32_t steps);

    std::vector<FieldSpec> ObservationFields() const override;
    std::vector<FieldSpec> ActionFields() const override;
    nlohmann::json Context() const override;
    Value Observe() override;
    double Reward() override;
    nlohmann::json Info(bool ended) override;
    void Apply(const Value& decision) override;
    Value DefaultDecision() const override;

  private:
    uint32_t Slices() const;
    bool InCell() const;
    std::vector<double> HighOf(const std::string& field) const;
    std::vector<double> MostCosts() const;
    FieldSpec Field(const std::string& name,
                    const std::vector<double>& high,
                    const std::string& unit,
                    const std::string& meaning,
                    const std::string& standard = "") const;

    ns3::Ptr<ns3::CapacitySystem> m_system; //!< the network
    CapacityUse m_use;                      //!< of it
    ns3::CapacityTerms m_terms;             //!< of the judgement
    uint32_t m_steps;                       //!< of the run
    uint32_t m_step{0};                     //!< borders passed
    std::vector<ns3::CapacityKpi> m_kpis;   //!< of the interval before this border, by slice
    std::vector<ns3::CapacityCost> m_costs; //!< of the same
};

} // namespace slicebed

#endif // SLICEBED_CAPACITY_ADAPTOR_H
