// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_CLOUD_PARAMETERS_H
#define SLICEBED_EDGE_CLOUD_PARAMETERS_H

#include "adaptor/edge-cloud-adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/scenario-parameters.h"

#include <memory>
#include <string>
#include <vector>

namespace slicebed
{

/** The parameters of scenario edge-cloud, and what is built from them. */
class EdgeCloudParameters
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
    ns3::EdgeCloudConfig Network() const;
    ns3::Ptr<ns3::EdgeAccess> Access() const;
    ns3::TrafficMask Mask() const;
    OfferedLoadOrigin Load(const ns3::EdgeCloudConfig& config) const;
    std::vector<NodeFailure> Failures() const;
    void RequireBytes(const std::string& name, int64_t bytes) const;

    EdgeCloudTerms m_terms;
    int64_t m_steps{12};
    double m_intervalS{5};
    double m_latencyMs{10};
    int64_t m_edges{6};
    double m_edgeGhz{1};
    double m_cloudGhz{12};
    int64_t m_queue{200};
    std::string m_discipline{"fifo"};
    double m_rateHz{450};
    double m_scale{1};
    std::string m_weights;
    std::string m_mask{"constant"};
    std::string m_maskFile;
    int64_t m_first{0};
    double m_intervalRealS{300};
    std::string m_arrivalsFile;
    double m_burstPeriodS{60};
    double m_burstGain{2};
    double m_megacycles{10};
    std::string m_transport{"udp"};
    int64_t m_requestBytes{20'000};
    int64_t m_responseBytes{4'000};
    std::string m_access{"link"};
    int64_t m_uesPerEdge{5};
    double m_bandwidthMhz{20};
    double m_wanMbps{200};
    double m_wanDelayMs{20.222};
    double m_wanBackground{0};
    std::string m_failures;
    std::string m_topologyFile;
};

} // namespace slicebed

#endif // SLICEBED_EDGE_CLOUD_PARAMETERS_H
