// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_DDNN_PARAMETERS_H
#define SLICEBED_EDGE_DDNN_PARAMETERS_H

#include "adaptor/edge-ddnn-adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/scenario-parameters.h"

#include <memory>
#include <string>
#include <vector>

namespace slicebed
{

/** The parameters of scenario edge-ddnn, and what is built from them. */
class EdgeDdnnParameters
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
    void DeclareSites(ScenarioParameters& p);
    void DeclareCloud(ScenarioParameters& p);
    double TimeScale() const;
    void RequireTimes() const;
    ns3::EdgeDdnnConfig Network() const;
    ns3::TrafficMask Mask() const;
    std::vector<WanFailure> Failures() const;

    int64_t m_steps{12};
    double m_intervalS{1};
    std::string m_timeMode{"stretch"};
    double m_intervalRealS{600};
    double m_latencyMs{1};
    int64_t m_sites{16};
    double m_peakMbps{4};
    double m_mostMbps{6};
    std::string m_mask{"profile"};
    std::string m_maskFile;
    int64_t m_first{0};
    int64_t m_packetBytes{1200};
    int64_t m_queue{100};
    double m_boundMs{50};
    double m_localMs{0.55};
    double m_remoteMs{1.19};
    double m_timeoutMs{500};
    double m_retryMs{0};
    std::string m_waiting{"previous"};
    double m_wanMbps{100};
    double m_wanDelayMs{20.222};
    double m_wanBackground{0.3};
    std::string m_failures;
    ns3::ProvisioningTerms m_terms;
    std::string m_topologyFile;
};

} // namespace slicebed

#endif // SLICEBED_EDGE_DDNN_PARAMETERS_H
