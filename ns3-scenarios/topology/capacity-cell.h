// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CAPACITY_CELL_H
#define SLICEBED_CAPACITY_CELL_H

#include "topology/capacity-system.h"
#include "topology/sliced-cells.h"

#include <vector>

namespace ns3
{

/** What a CapacityCell is made of. */
struct CapacityCellConfig
{
    uint32_t uesPerSlice{4};  //!< that share the slice's load
    double bandwidthMhz{10};  //!< of the carrier
    double radiusM{300};      //!< of the UEs' places
    double speedMps{3 / 3.6}; //!< of the UEs
};

/**
 * Use case II of paper 000: slices share one cell, each by a ceiling on its PRBs and by admission.
 *
 *     remote host -- core -- gNB ~ air ~ UEs of each slice
 *
 * The cell is one of SlicedCells, with an omnidirectional antenna; each user is many flows
 * (PoissonFlowSource). Loads and what is delivered are of UDP payload. A slice that is not admitted
 * has no bearers: nothing is generated for it, and what it had queued is dropped.
 */
class CapacityCell : public CapacitySystem
{
  public:
    static TypeId GetTypeId();

    /** Builds the network; reservations are 0. @throws std::invalid_argument if a peak is */
    void Build(const CapacityCellConfig& config, const CapacityLoad& load);

    void OpenInterval(uint32_t k) override;
    std::vector<CapacityKpi> CloseInterval() override;
    void Reserve(const std::vector<double>& amounts, const std::vector<bool>& admit) override;
    CapacityBounds GetBounds() const override;
    CapacityCost
    Judge(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps) const override;
    Conservation CheckConservation() const override;
    TopologyDescription Describe() const override;

    Ptr<SlicedCells> GetCells() const;

  protected:
    void DoDispose() override;

  private:
    CapacityKpi Read(const SliceKpi& measured, uint16_t slice);
    double CarryOf(const CapacityKpi& kpi, uint16_t slice);
    double MostBytesOfPrb() const;

    CapacityCellConfig m_config;      //!< as given
    Ptr<SlicedCells> m_cells;         //!< one of them
    Ptr<Node> m_gnb;                  //!< of the cell, at its site
    std::vector<double> m_bytesOfPrb; //!< that one carried in a slot, by slice, last known
};

} // namespace ns3

#endif // SLICEBED_CAPACITY_CELL_H
