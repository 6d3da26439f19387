// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/edge-cloud-parameters.h"

#include "exchange/errors.h"
#include "topology/cell-edge-access.h"
#include "topology/link-edge-access.h"
#include "topology/topology-file.h"
#include "transport/tcp-message-socket.h"

#include "ns3/double.h"
#include "ns3/object-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <regex>
#include <sstream>

namespace slicebed
{

namespace
{

constexpr double PROFILE_INTERVAL_S = 900; // of the embedded daily profile
constexpr double MAX_BYTES = ns3::TcpMessageSocket::MAX_BYTES;

} // namespace

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
    p.AddChoice("mask",
                m_mask,
                {"constant", "profile"},
                "of the rate: all of it, or as the embedded daily profile says");
    p.Add("mask_file", m_maskFile, "", "CSV of the mask, instead");
    p.Add("first_interval", m_first, "intervals", "of the week (0: Monday 0:00)", 0, 671);
    p.Add("interval_real_s",
          m_intervalRealS,
          "s",
          "time of mask_file or a trace that an interval stands for",
          0.1,
          86'400);
    p.Add("arrivals_file", m_arrivalsFile, "", "CSV of requests to replay, in place of the rate");
    p.Add("burst_period_s", m_burstPeriodS, "s", "from burst to burst, a fifth of it", 1, 3600);
    p.Add("burst_gain", m_burstGain, "1", "rate in a burst over that outside", 0, 100);
    p.Add(
        "work_megacycles", m_megacycles, "Mcycle", "of a request, mean of exponential", 0.001, 1e6);
    p.AddChoice("request_transport",
                m_transport,
                {"udp", "tcp"},
                "of requests and answers; tcp: one connection between each two");
    p.Add("request_bytes", m_requestBytes, "byte", "message there", 21, MAX_BYTES);
    p.Add("response_bytes", m_responseBytes, "byte", "message back", 21, MAX_BYTES);
    p.AddChoice("access",
                m_access,
                {"link", "cell"},
                "of users to their edge: 100 Mbit/s and 5 ms for all, or as UEs of a cell");
    p.Add("ues_per_edge", m_uesPerEdge, "UEs", "of the cell of an edge", 1, 1000);
    p.Add("bandwidth_mhz", m_bandwidthMhz, "MHz", "of a cell: an LTE bandwidth", 1.4, 20);
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
    const auto config = Network();
    auto network = ns3::CreateObject<ns3::EdgeCloudNetwork>();
    network->Build(config, Access());
    if (!m_topologyFile.empty())
    {
        ns3::WriteTopologyFile(network->Describe(), m_topologyFile);
    }
    auto session = ns3::CreateObject<ns3::EdgeCloudSession>();
    session->Attach(network);
    return std::make_unique<EdgeCloudAdaptor>(
        session, m_terms, failures, Load(config), static_cast<uint32_t>(m_steps), m_intervalS);
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
    config.mask = Mask();
    if (!m_arrivalsFile.empty() && !m_maskFile.empty())
    {
        throw UsageError("mask_file and arrivals_file both give the load; drop one");
    }
    if (!m_arrivalsFile.empty())
    {
        config.arrivals = ns3::ReadArrivals(m_arrivalsFile, config.edges);
    }
    config.burstPeriod = ns3::Seconds(m_burstPeriodS);
    config.burstGain = m_burstGain;
    config.meanCycles = m_megacycles * 1e6;
    config.transport = m_transport == "tcp" ? ns3::TcpMessageSocket::GetTypeId()
                                            : ns3::UdpMessageSocket::GetTypeId();
    RequireBytes("request_bytes", m_requestBytes);
    RequireBytes("response_bytes", m_responseBytes);
    config.requestBytes = static_cast<uint32_t>(m_requestBytes);
    config.responseBytes = static_cast<uint32_t>(m_responseBytes);
    config.wanRate = ns3::DataRate(static_cast<uint64_t>(m_wanMbps * 1e6));
    config.wanDelay = ns3::Seconds(m_wanDelayMs / 1000);
    config.wanBackground = m_wanBackground;
    return config;
}

ns3::Ptr<ns3::EdgeAccess>
EdgeCloudParameters::Access() const
{
    if (m_access == "link")
    {
        return ns3::CreateObject<ns3::LinkEdgeAccess>();
    }
    return ns3::CreateObjectWithAttributes<ns3::CellEdgeAccess>(
        "UesPerEdge",
        ns3::UintegerValue(static_cast<uint64_t>(m_uesPerEdge)),
        "BandwidthMhz",
        ns3::DoubleValue(m_bandwidthMhz));
}

ns3::TrafficMask
EdgeCloudParameters::Mask() const
{
    auto mask = !m_maskFile.empty()   ? ns3::TrafficMask::FromCsv(m_maskFile, ns3::EDGE_COLUMNS)
                : m_mask == "profile" ? ns3::TrafficMask::FromProfile(m_first, ns3::EDGE_COLUMNS)
                                      : ns3::TrafficMask::Constant();
    std::vector<uint32_t> ids(m_edges);
    std::iota(ids.begin(), ids.end(), 0);
    mask.Require(static_cast<uint32_t>(m_steps), ids);
    return mask;
}

OfferedLoadOrigin
EdgeCloudParameters::Load(const ns3::EdgeCloudConfig& config) const
{
    if (!m_arrivalsFile.empty())
    {
        return {m_arrivalsFile, m_intervalS};
    }
    const bool constant = m_maskFile.empty() && m_mask == "constant";
    const double realS = !m_maskFile.empty() ? m_intervalRealS : PROFILE_INTERVAL_S;
    return {config.mask.GetSource(), constant ? m_intervalS : realS};
}

void
EdgeCloudParameters::RequireBytes(const std::string& name, int64_t bytes) const
{
    if (m_transport == "udp" && bytes > ns3::UdpMessageSocket::MAX_BYTES)
    {
        throw UsageError(name + " is " + std::to_string(bytes) + "; a UDP datagram carries " +
                         std::to_string(ns3::UdpMessageSocket::MAX_BYTES) +
                         " at most: request_transport=tcp carries more");
    }
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
