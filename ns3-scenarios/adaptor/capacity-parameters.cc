// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/capacity-parameters.h"

#include "exchange/errors.h"
#include "topology/topology-file.h"
#include "traffic/daily-profile.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/data-rate.h"
#include "ns3/double.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <numeric>

using namespace ns3;

namespace slicebed
{

namespace
{

constexpr double LEAST_MEASURED_S = 0.1;
constexpr double MOST_PEAK_MBPS = 900;
constexpr uint32_t INTERVALS_PER_QUARTER = 3; //!< of an hour: one stands for 5 minutes

} // namespace

void
CapacityParameters::Declare(ScenarioParameters& p)
{
    p.AddChoice("use_case",
                m_useCase,
                {"transport", "cell"},
                "what is shared: a transport link (I), or the PRBs of a cell, with admission (II)");
    p.Add("steps", m_steps, "intervals", "decision intervals of the episode", 1, 1e6);
    p.Add("interval_s", m_intervalS, "s", "simulated length of an interval of 5 min", 0.2, 3600);
    p.Add("warmup_s", m_warmupS, "s", "beginning of each interval that is not measured", 0, 3600);
    p.Add("control_latency_ms", m_latencyMs, "ms", "border to decision in force", 0, 1e6);
    p.Add("peaks_mbps", m_peaks, "Mbit/s", "load of slices 1, 2, ... at mask 1; 1 to 16 of them");
    p.AddChoice("mask",
                m_mask,
                {"profile", "constant"},
                "how the load goes over a day: the embedded profile, or 1 all the time");
    p.Add("mask_file", m_maskFile, "", "CSV of the traffic mask, instead");
    p.Add("first_interval", m_first, "intervals", "of the week (0: Monday 0:00)", 0, 2015);
    DeclareFlows(p);
    p.Add("delay_bound_ms", m_boundMs, "ms", "SLA on the 95th percentile, one way", 0.1, 10'000);
    DeclareTransport(p);
    DeclareCell(p);
    p.Add("topology_file", m_topologyFile, "", "write nodes and links here");
}

void
CapacityParameters::DeclareFlows(ScenarioParameters& p)
{
    p.Add("flow_mbps", m_flowMbps, "Mbit/s", "rate of a user's flow", 0.1, 1000);
    p.Add("flow_shape", m_flowShape, "1", "Pareto shape of flow sizes", 0.1, 100);
    p.Add("flow_min_kbyte", m_flowMinKb, "kbyte", "least size of a flow", 0.1, 1e6);
    p.Add("flow_max_kbyte", m_flowMaxKb, "kbyte", "largest size of a flow", 0.1, 1e6);
    p.Add("packet_bytes", m_packetBytes, "byte", "largest UDP payload", 64, 1472);
}

void
CapacityParameters::DeclareTransport(ScenarioParameters& p)
{
    p.Add("rate_max_mbps",
          m_transport.rateMbps,
          "Mbit/s",
          "transport: all reservations together, the bottleneck",
          0.1,
          900);
    p.Add("queue_packets", m_queue, "packets", "transport: that may wait in a shaper", 1, 1e6);
    p.Add("violation_fee", m_fee, "1", "transport: of an SLA violated, in peaks (alpha)", 0, 1e6);
}

void
CapacityParameters::DeclareCell(ScenarioParameters& p)
{
    p.Add("ues_per_slice", m_ues, "UEs", "cell: users of a slice", 4, 100);
    p.Add("bandwidth_mhz", m_cell.bandwidthMhz, "MHz", "cell: of the LTE carrier", 1.4, 20);
    p.Add("radius_m", m_cell.radiusM, "m", "cell: of the UEs' places", 50, 5000);
    p.Add("speed_kmh", m_speedKmh, "km/h", "cell: of the UEs", 0, 500);
    p.Add("rlc_buffer_bytes", m_rlcBytes, "byte", "cell: RLC queue of a UE", 1500, 1e9);
    p.Add("qoe_penalty", m_penalty, "1", "cell: of QoE lost, in revenues (K / R)", 0, 1e6);
}

std::unique_ptr<Adaptor>
CapacityParameters::Build() const
{
    const auto load = Load();
    SetDefaults();
    const bool cell = m_useCase == "cell";
    const auto system = cell ? BuildCell(load) : BuildTransport(load);
    if (!m_topologyFile.empty())
    {
        WriteTopologyFile(system->Describe(), m_topologyFile);
    }
    return std::make_unique<CapacityAdaptor>(system,
                                             cell ? CapacityUse::CELL : CapacityUse::TRANSPORT,
                                             Terms(load),
                                             static_cast<uint32_t>(m_steps));
}

void
CapacityParameters::SetDefaults() const
{
    if (m_flowMaxKb < m_flowMinKb)
    {
        throw UsageError("flow_max_kbyte is " + std::to_string(m_flowMaxKb) +
                         "; at least flow_min_kbyte=" + std::to_string(m_flowMinKb) +
                         " is required");
    }
    const auto set = [](const std::string& name, const AttributeValue& value) {
        Config::SetDefault("ns3::" + name, value);
    };
    set("PoissonFlowSource::FlowRate",
        DataRateValue(DataRate(static_cast<uint64_t>(m_flowMbps * 1e6))));
    set("PoissonFlowSource::FlowShape", DoubleValue(m_flowShape));
    set("PoissonFlowSource::FlowMinBytes", DoubleValue(m_flowMinKb * 1000));
    set("PoissonFlowSource::FlowMaxBytes", DoubleValue(m_flowMaxKb * 1000));
    set("CellNetwork::RlcBufferBytes", UintegerValue(m_rlcBytes));
}

ns3::CapacityLoad
CapacityParameters::Load() const
{
    CapacityLoad load;
    load.peaksBps.clear();
    for (const double mbps : ParseNumbers("peaks_mbps", m_peaks, 0, MOST_PEAK_MBPS))
    {
        load.peaksBps.push_back(mbps * 1e6);
    }
    load.delayBoundS = m_boundMs / 1000;
    load.packetBytes = static_cast<uint32_t>(m_packetBytes);
    load.interval = Seconds(m_intervalS);
    load.warmup = Seconds(m_warmupS);
    load.RequireValid();
    if (load.GetMeasuredS() < LEAST_MEASURED_S)
    {
        throw UsageError("interval_s - warmup_s is " + std::to_string(load.GetMeasuredS()) +
                         "; at least " + std::to_string(LEAST_MEASURED_S) + " is required");
    }
    if (m_latencyMs > m_warmupS * 1000)
    {
        throw UsageError("control_latency_ms is " + std::to_string(m_latencyMs) +
                         "; at most warmup_s=" + std::to_string(m_warmupS) +
                         " is required, so that one decision is measured and not two");
    }
    load.mask = Mask();
    std::vector<uint32_t> ids(load.peaksBps.size());
    std::iota(ids.begin(), ids.end(), 1);
    load.mask.Require(static_cast<uint32_t>(m_steps), ids);
    return load;
}

ns3::TrafficMask
CapacityParameters::Mask() const
{
    if (!m_maskFile.empty())
    {
        return TrafficMask::FromCsv(m_maskFile);
    }
    return m_mask == "constant" ? TrafficMask::Constant()
                                : TrafficMask::FromProfile(static_cast<uint32_t>(m_first),
                                                           SLICE_COLUMNS,
                                                           INTERVALS_PER_QUARTER);
}

ns3::CapacityTerms
CapacityParameters::Terms(const ns3::CapacityLoad& load) const
{
    return {.delayBoundS = load.delayBoundS,
            .violationFee = m_fee,
            .qoePenalty = m_penalty,
            .measuredS = load.GetMeasuredS(),
            .largestPeakBps = load.GetLargestPeakBps()};
}

ns3::Ptr<ns3::CapacitySystem>
CapacityParameters::BuildTransport(const ns3::CapacityLoad& load) const
{
    auto config = m_transport;
    config.queuePackets = static_cast<uint32_t>(m_queue);
    auto system = CreateObject<CapacityTransport>();
    system->Build(config, load);
    return system;
}

ns3::Ptr<ns3::CapacitySystem>
CapacityParameters::BuildCell(const ns3::CapacityLoad& load) const
{
    auto config = m_cell;
    config.uesPerSlice = static_cast<uint32_t>(m_ues);
    config.speedMps = m_speedKmh / 3.6;
    auto system = CreateObject<CapacityCell>();
    system->Build(config, load);
    return system;
}

DecisionLoop::Settings
CapacityParameters::LoopSettings() const
{
    return {Seconds(m_intervalS), static_cast<uint32_t>(m_steps), Seconds(m_latencyMs / 1000)};
}

} // namespace slicebed
