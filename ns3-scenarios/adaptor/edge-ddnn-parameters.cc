// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/edge-ddnn-parameters.h"

#include "exchange/errors.h"
#include "topology/topology-file.h"

#include <cmath>
#include <numeric>
#include <regex>
#include <sstream>

namespace slicebed
{

namespace
{

constexpr double QUARTER_S = 900; // of an hour
const std::string SCALED = "scaled";

ns3::Time
Milliseconds(double ms)
{
    return ns3::Seconds(ms / 1000);
}

} // namespace

void
EdgeDdnnParameters::Declare(ScenarioParameters& p)
{
    p.Add("steps", m_steps, "intervals", "decision intervals of the episode", 1, 1e6);
    p.Add("interval_s", m_intervalS, "s", "simulated length of an interval", 0.1, 3600);
    p.AddChoice("time_mode",
                m_timeMode,
                {"stretch", SCALED},
                "times to the cloud and of computing: as they are, or times interval_s over "
                "interval_real_s");
    p.Add("interval_real_s", m_intervalRealS, "s", "that an interval stands for", 1, 86'400);
    p.Add("control_latency_ms", m_latencyMs, "ms", "border to decision at the edge", 0, 1e6);
    DeclareSites(p);
    DeclareCloud(p);
    p.Add("under_cost", m_terms.under, "1", "of bytes dropped or late, squared (c1)", 0, 1e6);
    p.Add("over_cost", m_terms.over, "1", "of bytes allocated and not used (c2)", 0, 1e6);
    p.Add("topology_file", m_topologyFile, "", "write nodes and links here");
}

void
EdgeDdnnParameters::DeclareSites(ScenarioParameters& p)
{
    p.Add("sites", m_sites, "sites", "that the edge allocates to", 1, 64);
    p.Add("peak_mbps", m_peakMbps, "Mbit/s", "load of a site at mask 1", 0.01, 500);
    p.Add("most_mbps", m_mostMbps, "Mbit/s", "largest allocation of a site", 0.01, 900);
    p.AddChoice("mask",
                m_mask,
                {"profile", "constant"},
                "of the load: the embedded daily profile, or 1 all the time");
    p.Add("mask_file", m_maskFile, "", "CSV of the mask, instead");
    p.Add("first_interval", m_first, "intervals", "of the week (0: Monday 0:00)", 0, 604'800);
    p.Add("packet_bytes", m_packetBytes, "byte", "largest UDP payload", 64, 1472);
    p.Add("queue_packets", m_queue, "packets", "that may wait at a site", 1, 1e6);
    p.Add("delay_bound_ms", m_boundMs, "ms", "one way; packets beyond are late", 1, 10'000);
}

void
EdgeDdnnParameters::DeclareCloud(ScenarioParameters& p)
{
    p.Add("local_compute_ms", m_localMs, "ms", "of the local exit and the policy", 0, 1e6);
    p.Add("remote_compute_ms", m_remoteMs, "ms", "of the remote exit", 0.01, 1e6);
    p.Add("timeout_ms", m_timeoutMs, "ms", "after which an answer is late", 0.01, 1e6);
    p.Add("retry_ms", m_retryMs, "ms", "after which it is asked again; 0: never", 0, 1e6);
    p.AddChoice("while_waiting",
                m_waiting,
                {"previous", "local"},
                "in force until an answer comes: what was, or the local exit's allocation");
    p.Add("wan_mbps", m_wanMbps, "Mbit/s", "gateway to cloud, each way", 0.1, 1e5);
    p.Add("wan_delay_ms", m_wanDelayMs, "ms", "gateway to cloud, one way", 0, 1000);
    p.Add("wan_background", m_wanBackground, "1", "load by others on the WAN, each way", 0, 1);
    p.Add("failures", m_failures, "", "FROM-TO: WAN down from step to step, comma-separated");
}

std::unique_ptr<Adaptor>
EdgeDdnnParameters::Build() const
{
    RequireTimes();
    const EdgeDdnnRun run{.terms = m_terms,
                          .failures = Failures(),
                          .timeMode = m_timeMode,
                          .intervalRealS = m_intervalRealS,
                          .localComputeS = m_localMs / 1000 * TimeScale(),
                          .waiting = m_waiting,
                          .steps = static_cast<uint32_t>(m_steps)};
    auto network = ns3::CreateObject<ns3::EdgeDdnnNetwork>();
    network->Build(Network());
    if (!m_topologyFile.empty())
    {
        ns3::WriteTopologyFile(network->Describe(), m_topologyFile);
    }
    auto session = ns3::CreateObject<ns3::EdgeDdnnSession>();
    session->Attach(network,
                    ns3::Seconds(run.localComputeS),
                    m_waiting == "local" ? ns3::WhileWaiting::LOCAL : ns3::WhileWaiting::PREVIOUS);
    return std::make_unique<EdgeDdnnAdaptor>(session, run);
}

double
EdgeDdnnParameters::TimeScale() const
{
    return m_timeMode == SCALED ? m_intervalS / m_intervalRealS : 1;
}

void
EdgeDdnnParameters::RequireTimes() const
{
    const double latestS = (m_latencyMs + m_localMs + m_timeoutMs) / 1000 * TimeScale();
    if (latestS >= m_intervalS)
    {
        throw UsageError("control_latency_ms + local_compute_ms + timeout_ms is " +
                         std::to_string(latestS) + " s in time_mode=" + m_timeMode +
                         "; less than interval_s=" + std::to_string(m_intervalS) +
                         " is required, so that each decision is over before the next");
    }
    if (m_mostMbps < m_peakMbps)
    {
        throw UsageError("most_mbps is " + std::to_string(m_mostMbps) +
                         "; at least peak_mbps=" + std::to_string(m_peakMbps) + " is required");
    }
}

ns3::EdgeDdnnConfig
EdgeDdnnParameters::Network() const
{
    ns3::EdgeDdnnConfig config;
    config.sites.sites = static_cast<uint32_t>(m_sites);
    config.sites.peakBps = m_peakMbps * 1e6;
    config.sites.mostBps = m_mostMbps * 1e6;
    config.sites.mask = Mask();
    config.sites.interval = ns3::Seconds(m_intervalS);
    config.sites.packetBytes = static_cast<uint32_t>(m_packetBytes);
    config.sites.queuePackets = static_cast<uint32_t>(m_queue);
    config.sites.delayBound = Milliseconds(m_boundMs);
    config.wanRate = ns3::DataRate(static_cast<uint64_t>(std::llround(m_wanMbps * 1e6)));
    config.wanDelay = Milliseconds(m_wanDelayMs);
    config.wanBackground = m_wanBackground;
    config.remoteCompute = Milliseconds(m_remoteMs);
    config.timeout = Milliseconds(m_timeoutMs);
    config.retry = Milliseconds(m_retryMs);
    config.timeScale = TimeScale();
    return config;
}

ns3::TrafficMask
EdgeDdnnParameters::Mask() const
{
    const auto first = static_cast<uint32_t>(m_first);
    auto mask =
        !m_maskFile.empty() ? ns3::TrafficMask::FromCsv(m_maskFile, ns3::SITE_COLUMNS)
        : m_mask == "constant"
            ? ns3::TrafficMask::Constant()
            : ns3::TrafficMask::FromProfile(first, ns3::SITE_COLUMNS, QUARTER_S / m_intervalRealS);
    std::vector<uint32_t> ids(static_cast<size_t>(m_sites));
    std::iota(ids.begin(), ids.end(), 0);
    mask.Require(static_cast<uint32_t>(m_steps), ids);
    return mask;
}

std::vector<WanFailure>
EdgeDdnnParameters::Failures() const
{
    std::vector<WanFailure> failures;
    std::istringstream text(m_failures);
    const std::regex form("(\\d{1,7})-(\\d{1,7})");
    for (std::string one; std::getline(text, one, ',');)
    {
        std::smatch parts;
        if (!std::regex_match(one, parts, form))
        {
            throw UsageError("failures has '" + one + "'; FROM-TO is required, such as 3-5");
        }
        const WanFailure failure{static_cast<uint32_t>(std::stoul(parts[1])),
                                 static_cast<uint32_t>(std::stoul(parts[2]))};
        if (failure.from >= failure.to)
        {
            throw UsageError("failures has '" + one + "'; FROM before TO is required");
        }
        failures.push_back(failure);
    }
    return failures;
}

DecisionLoop::Settings
EdgeDdnnParameters::LoopSettings() const
{
    return {ns3::Seconds(m_intervalS),
            static_cast<uint32_t>(m_steps),
            ns3::Seconds(m_latencyMs / 1000 * TimeScale())};
}

} // namespace slicebed
