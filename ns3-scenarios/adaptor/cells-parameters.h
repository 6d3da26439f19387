// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELLS_PARAMETERS_H
#define SLICEBED_CELLS_PARAMETERS_H

#include "cell/link-tables.h"
#include "exchange/decision-loop.h"
#include "exchange/scenario-parameters.h"
#include "topology/sliced-cells.h"

#include <string>

namespace slicebed
{

/** The parameters of scenarios on sliced cells, and what is built from them. */
class CellsParameters
{
  public:
    void Declare(ScenarioParameters& parameters);

    /**
     * Builds the network, and writes the topology file if one is asked for.
     * @throws UsageError if the parameters contradict each other
     */
    ns3::Ptr<ns3::SlicedCells> Build() const;

    /** Fills the tables that the network needs. */
    void Prepare() const;

    DecisionLoop::Settings LoopSettings() const;

    uint32_t Steps() const;

    /** @return where the traffic mask comes from */
    std::string MaskSource() const;

  private:
    void DeclareRadio(ScenarioParameters& parameters);
    ns3::Technology RadioTechnology() const;
    ns3::NrMcsTable McsTable() const;
    void SetRadioDefaults() const;
    ns3::Ptr<ns3::RadioAccess> MakeRadio() const;
    ns3::SlicedCellsConfig Config() const;
    ns3::TrafficMask Mask() const;

    int64_t m_steps{40};
    double m_intervalS{1};
    double m_warmupS{0.2};
    double m_latencyMs{10};
    std::string m_radio{"cell"};
    std::string m_technology{"lte"};
    int64_t m_numerology{0};
    double m_bandwidthMhz{20};
    std::string m_mcsTable{"256qam"};
    int64_t m_sites{4};
    int64_t m_sectors{3};
    double m_isdM{500};
    std::string m_slices{"1,2,3,4"};
    std::string m_events;
    std::string m_targets{"2,1,1.5,0.5"};
    std::string m_bounds{"100,100,50,100"};
    int64_t m_ues{4};
    std::string m_placement{"uniform"};
    double m_load{1.2};
    double m_uplinkLoad{0};
    std::string m_mask{"profile"};
    std::string m_maskFile;
    int64_t m_first{0};
    std::string m_mobility{"walk"};
    std::string m_mobilityFile;
    bool m_wrapAround{false};
    double m_speedKmh{3};
    double m_roamM{20};
    int64_t m_packetBytes{1200};
    int64_t m_rlcBytes{50'000};
    std::string m_rlcMode{"um"};
    double m_txPowerDbm{46};
    std::string m_scheduler{"pf"};
    bool m_workConserving{false};
    bool m_olla{true};
    std::string m_cqiInterference{"all"};
    int64_t m_cqiPeriod{5};
    bool m_handover{false};
    double m_handoverMarginDb{3};
    double m_timeToTriggerMs{256};
    std::string m_topologyFile;
};

} // namespace slicebed

#endif // SLICEBED_CELLS_PARAMETERS_H
