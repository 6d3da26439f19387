// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/edge-cloud-parameters.h"

#include "exchange/errors.h"
#include "topology/topology-file.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <sstream>

namespace slicebed
{

void
EdgeCloudParameters::Declare(ScenarioParameters& p)
{
    p.Add("steps", m_steps, "intervals", "decision intervals of the episode", 1, 1e6);
    p.Add("interval_s", m_intervalS, "s", "length of an interval", 0.1, 3600);
    p.Add("control_latency_ms", m_latencyMs, "ms", "border to decision in force", 0, 1e6);
    p.Add("edges", m_edges, "nodes", "edge nodes; the cloud is the node after them", 1, 100);
    p.Add("edge_ghz", m_edgeGhz, "Gcycle/s", "capacity of an edge node", 0.001, 1e5);
    p.Add("cloud_ghz", m_cloudGhz, "Gcycle/s", "capacity of the cloud", 0.001, 1e6);
    p.Add("queue_limit", m_queue, "requests", "that a node holds beyond its cores", 0, 1e6);
    p.AddChoice("discipline", m_discipline, {"fifo", "ps"}, "of the nodes: or processor sharing");
    p.Add("rate_hz", m_rateHz, "1/s", "requests outside of bursts, all edges", 0, 1e6);
    p.Add("scale", m_scale, "1", "of rates and capacities, all alike", 0.001, 10);
    p.Add("weights", m_weights, "1", "of the edges in that rate; empty: equal");
    p.Add("burst_period_s", m_burstPeriodS, "s", "from burst to burst, a fifth of it", 1, 3600);
    p.Add("burst_gain", m_burstGain, "1", "rate in a burst over that outside", 0, 100);
    p.Add(
        "work_megacycles", m_megacycles, "Mcycle", "of a request, mean of exponential", 0.001, 1e6);
    p.Add("request_bytes", m_requestBytes, "byte", "UDP payload there", 21, 65'507);
    p.Add("response_bytes", m_responseBytes, "byte", "UDP payload back", 21, 65'507);
    p.Add("wan_mbps", m_wanMbps, "Mbit/s", "gateway to cloud", 0.1, 1e5);
    p.Add("wan_delay_ms", m_wanDelayMs, "ms", "gateway to cloud, one way", 0, 1000);
    p.Add("wan_background", m_wanBackground, "1", "load by others on the WAN, to the cloud", 0, 1);
    p.Add("failures", m_failures, "", "NODE@FROM-TO: down from step FROM to TO, comma-separated");
    p.Add("latency_ref_s", m_terms.latencyS, "s", "latency that costs 1", 1e-6, 1e6);
    p.Add(
        "energy_ref_j", m_terms.energyJ, "J", "of a request, that costs energy_weight", 1e-6, 1e9);
    p.Add("energy_weight", m_terms.energyWeight, "1", "in the reward", 0, 1e6);
    p.Add("loss_weight", m_terms.lossWeight, "1", "in the reward", 0, 1e6);
    p.Add("topology_file", m_topologyFile, "", "write nodes and links here");
}

std::unique_ptr<Adaptor>
EdgeCloudParameters::Build() const
{
    const auto failures = Failures();
    auto network = ns3::CreateObject<ns3::EdgeCloudNetwork>();
    network->Build(Network());
    if (!m_topologyFile.empty())
    {
        ns3::WriteTopologyFile(network->Describe(), m_topologyFile);
    }
    auto session = ns3::CreateObject<ns3::EdgeCloudSession>();
    session->Attach(network);
    return std::make_unique<EdgeCloudAdaptor>(
        session, m_terms, failures, static_cast<uint32_t>(m_steps), m_intervalS);
}

ns3::EdgeCloudConfig
EdgeCloudParameters::Network() const
{
    ns3::EdgeCloudConfig config;
    config.edges = static_cast<uint32_t>(m_edges);
    config.edgeHz = m_edgeGhz * 1e9 * m_scale;
    config.cloudHz = m_cloudGhz * 1e9 * m_scale;
    config.cloudCores = static_cast<uint32_t>(std::max(std::lround(m_cloudGhz / m_edgeGhz), 1L));
    config.queueLimit = static_cast<uint32_t>(m_queue);
    config.discipline = m_discipline == "ps" ? ns3::ServiceDiscipline::PROCESSOR_SHARING
                                             : ns3::ServiceDiscipline::FIFO;
    config.rateHz = m_rateHz * m_scale;
    if (!m_weights.empty())
    {
        config.weights = ParseNumbers("weights", m_weights, 0, 1e9);
    }
    config.burstPeriod = ns3::Seconds(m_burstPeriodS);
    config.burstGain = m_burstGain;
    config.meanCycles = m_megacycles * 1e6;
    config.requestBytes = static_cast<uint32_t>(m_requestBytes);
    config.responseBytes = static_cast<uint32_t>(m_responseBytes);
    config.wanRate = ns3::DataRate(static_cast<uint64_t>(m_wanMbps * 1e6));
    config.wanDelay = ns3::Seconds(m_wanDelayMs / 1000);
    config.wanBackground = m_wanBackground;
    return config;
}

std::vector<NodeFailure>
EdgeCloudParameters::Failures() const
{
    std::vector<NodeFailure> failures;
    std::istringstream text(m_failures);
    const std::regex form("(\\d{1,4})@(\\d{1,7})-(\\d{1,7})");
    for (std::string one; std::getline(text, one, ',');)
    {
        std::smatch parts;
        if (!std::regex_match(one, parts, form))
        {
            throw UsageError("failures has '" + one + "'; NODE@FROM-TO is required, such as 6@3-5");
        }
        const NodeFailure failure{static_cast<uint32_t>(std::stoul(parts[1])),
                                  static_cast<uint32_t>(std::stoul(parts[2])),
                                  static_cast<uint32_t>(std::stoul(parts[3]))};
        if (failure.node > static_cast<uint32_t>(m_edges) || failure.from >= failure.to)
        {
            throw UsageError("failures has '" + one + "'; a node from 0 to " +
                             std::to_string(m_edges) + " and FROM before TO are required");
        }
        failures.push_back(failure);
    }
    return failures;
}

DecisionLoop::Settings
EdgeCloudParameters::LoopSettings() const
{
    return {ns3::Seconds(m_intervalS),
            static_cast<uint32_t>(m_steps),
            ns3::Seconds(m_latencyMs / 1000)};
}

} // namespace slicebed
