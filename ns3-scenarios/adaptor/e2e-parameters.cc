// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/e2e-parameters.h"

#include "exchange/errors.h"
#include "topology/topology-file.h"

#include <cmath>
#include <map>
#include <numeric>

namespace slicebed
{

namespace
{

constexpr double MOST_VIDEO_MBPS = 1000;

const std::map<std::string, std::string> AQM_TYPES{{"fifo", "ns3::FifoQueueDisc"},
                                                   {"codel", "ns3::CoDelQueueDisc"},
                                                   {"fqcodel", "ns3::FqCoDelQueueDisc"},
                                                   {"red", "ns3::RedQueueDisc"}};

} // namespace

void
E2eParameters::Declare(ScenarioParameters& p)
{
    p.Add("steps", m_steps, "intervals", "decision intervals of the episode", 1, 1e6);
    p.Add("interval_s", m_intervalS, "s", "length of an interval", 1, 86'400);
    p.Add("slot_s", m_slotS, "s", "of the measurement; divides interval_s", 0.1, 3600);
    p.Add("control_latency_ms", m_latencyMs, "ms", "border to decision in force", 0, 1e6);
    p.Add("slices", m_slices, "slices", "that share transport and gNB", 1, 16);
    p.Add("users", m_users, "users", "most viewers of a slice", 1, 100);
    p.Add("users_sd", m_usersSd, "users", "their number's deviation within an interval", 0, 100);
    p.Add("users_dwell_s", m_dwellS, "s", "between changes of it", 0.1, 86'400);
    p.AddChoice("mask",
                m_mask,
                {"constant", "profile"},
                "how many of the users watch: all, or as the embedded daily profile says");
    p.Add("mask_file", m_maskFile, "", "CSV of the mask, instead");
    p.Add("first_interval", m_first, "intervals", "of the week (0: Monday 0:00)", 0, 671);
    p.Add("video_mbps", m_ladder, "Mbit/s", "bitrates of the video, ascending");
    p.Add("segment_s", m_network.segmentS, "s", "video in a segment", 0.1, 60);
    p.Add("player_buffer_s", m_network.bufferS, "s", "video that a viewer holds", 0.1, 600);
    p.Add("rate_max_mbps", m_terms.rateMbps, "Mbit/s", "of all slices", 0.1, 900);
    p.Add("cpu_max_millicores", m_terms.millicores, "millicore", "of all slices", 1, 1e6);
    p.Add("cpu_ms_per_packet", m_network.cpuMsPerPacket, "ms", "of a core", 0.001, 1000);
    p.Add("burst_ms", m_burstMs, "ms", "of tokens that a slice may save up", 0, 1000);
    p.Add("queue_packets", m_queue, "packets", "that may wait for tokens: 1 polices", 1, 1e5);
    p.AddChoice("aqm", m_aqm, {"fifo", "codel", "fqcodel", "red"}, "queue disc where they wait");
    p.Add("bandwidth_mhz", m_network.bandwidthMhz, "MHz", "of the cell", 1.4, 20);
    p.Add("distance_m", m_network.distanceM, "m", "of UEs from the gNB, at most", 36, 5000);
    p.Add("q_threshold_mbps", m_thresholdMbps, "Mbit/s", "q_th of a viewer", 0, 1000);
    p.Add("max_degradation", m_terms.maxDegradation, "fraction", "beta_th", 0, 1);
    p.Add("violation_weight", m_terms.violationWeight, "1", "in the reward", 0, 1e6);
    p.Add("topology_file", m_topologyFile, "", "write nodes, positions and links here");
}

std::unique_ptr<Adaptor>
E2eParameters::Build() const
{
    const auto session = Session();
    auto network = ns3::CreateObject<ns3::E2eNetwork>();
    network->Build(Network());
    if (!m_topologyFile.empty())
    {
        ns3::WriteTopologyFile(network->Describe(), m_topologyFile);
    }
    auto measured = ns3::CreateObject<ns3::E2eSession>();
    measured->Attach(network, session);
    return std::make_unique<E2eAdaptor>(measured, m_terms, static_cast<uint32_t>(m_steps));
}

ns3::E2eConfig
E2eParameters::Network() const
{
    auto network = m_network;
    network.slices = static_cast<uint32_t>(m_slices);
    network.usersPerSlice = static_cast<uint32_t>(m_users);
    network.ladderMbps = ParseNumbers("video_mbps", m_ladder, 0.01, MOST_VIDEO_MBPS);
    network.burst = ns3::Seconds(m_burstMs / 1000);
    network.queuePackets = static_cast<uint32_t>(m_queue);
    network.aqm = AQM_TYPES.at(m_aqm);
    return network;
}

ns3::E2eSessionConfig
E2eParameters::Session() const
{
    const double slots = m_intervalS / m_slotS;
    if (slots < 1 || std::abs(slots - std::round(slots)) > 1e-9)
    {
        throw UsageError("slot_s is " + std::to_string(m_slotS) + "; a divisor of interval_s=" +
                         std::to_string(m_intervalS) + " is required");
    }
    return {.interval = ns3::Seconds(m_intervalS),
            .slot = ns3::Seconds(m_slotS),
            .dwell = ns3::Seconds(m_dwellS),
            .usersDeviation = m_usersSd,
            .qosThresholdBps = m_thresholdMbps * 1e6,
            .mask = Mask()};
}

ns3::TrafficMask
E2eParameters::Mask() const
{
    auto mask = !m_maskFile.empty()   ? ns3::TrafficMask::FromCsv(m_maskFile)
                : m_mask == "profile" ? ns3::TrafficMask::FromProfile(m_first)
                                      : ns3::TrafficMask::Constant();
    std::vector<uint32_t> ids(m_slices);
    std::iota(ids.begin(), ids.end(), 1);
    mask.Require(static_cast<uint32_t>(m_steps), ids);
    return mask;
}

DecisionLoop::Settings
E2eParameters::LoopSettings() const
{
    return {ns3::Seconds(m_intervalS),
            static_cast<uint32_t>(m_steps),
            ns3::Seconds(m_latencyMs / 1000)};
}

} // namespace slicebed
