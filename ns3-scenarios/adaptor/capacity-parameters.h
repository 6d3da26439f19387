// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CAPACITY_PARAMETERS_H
#define SLICEBED_CAPACITY_PARAMETERS_H

#include "adaptor/capacity-adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/scenario-parameters.h"
#include "topology/capacity-cell.h"
#include "topology/capacity-transport.h"

#include <memory>
#include <string>

namespace slicebed
{

/** The parameters of scenario capacity, and what is built from them. */
class CapacityParameters
{
  public:
    void Declare(ScenarioParameters& p);

    /**
     * Builds the network and what joins it to the exchange.
     * @throws UsageError if the parameters contradict each other
     */
    std::unique_ptr<Adaptor> Build() const;

    DecisionLoop::Settings LoopSettings() const;

  private:
    void DeclareFlows(ScenarioParameters& p);
    void DeclareTransport(ScenarioParameters& p);
    void DeclareCell(ScenarioParameters& p);
    void SetDefaults() const;
    ns3::CapacityLoad Load() const;
    ns3::TrafficMask Mask() const;
    ns3::CapacityTerms Terms(const ns3::CapacityLoad& load) const;
    ns3::Ptr<ns3::CapacitySystem> BuildTransport(const ns3::CapacityLoad& load) const;
    ns3::Ptr<ns3::CapacitySystem> BuildCell(const ns3::CapacityLoad& load) const;

    std::string m_useCase{"transport"};
    int64_t m_steps{12};
    double m_intervalS{5};
    double m_warmupS{0.5};
    double m_latencyMs{10};
    std::string m_peaks{"20,16,12,8"};
    std::string m_mask{"profile"};
    std::string m_maskFile;
    std::string m_topologyFile;
    int64_t m_first{0};
    double m_flowMbps{1};
    double m_flowShape{1.2};
    double m_flowMinKb{2};
    double m_flowMaxKb{100};
    int64_t m_packetBytes{1200};
    double m_boundMs{100};
    double m_fee{2};
    double m_penalty{3};
    ns3::CapacityTransportConfig m_transport;
    int64_t m_queue{1000};
    ns3::CapacityCellConfig m_cell;
    int64_t m_ues{4};
    int64_t m_rlcBytes{50'000};
    double m_speedKmh{3};
};

} // namespace slicebed

#endif // SLICEBED_CAPACITY_PARAMETERS_H
