// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/cells-parameters.h"

#include "adaptor/slice-list.h"
#include "cell/cell-network.h"
#include "exchange/errors.h"
#include "topology/cell-radio-access.h"
#include "topology/lte-radio-access.h"
#include "topology/topology-file.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/uinteger.h"

using namespace ns3;

namespace slicebed
{

void
CellsParameters::Declare(ScenarioParameters& p)
{
    p.Add("steps", m_steps, "intervals", "decision intervals of the episode", 1, 1e6);
    p.Add("interval_s", m_intervalS, "s", "simulated length of an interval", 0.05, 3600);
    p.Add("warmup_s", m_warmupS, "s", "beginning of each interval that is not measured", 0, 3600);
    p.Add("control_latency_ms", m_latencyMs, "ms", "border to decision in force", 0, 1e6);
    p.Add("sites", m_sites, "sites", "sites on the hexagonal grid", 1, 19);
    p.Add("sectors", m_sectors, "cells", "cells of a site: 3, or 1 with even antennas", 1, 3);
    p.Add("isd_m", m_isdM, "m", "distance between neighbouring sites", 100, 5000);
    p.Add("slices", m_slices, "ids", "slices present at the start");
    p.Add("slice_events", m_events, "", "later changes: +ID@STEP or -ID@STEP, comma-separated");
    p.Add("targets_mbps", m_targets, "Mbit/s", "target user throughput of services 1, 2, ...");
    p.Add("delay_bounds_ms", m_bounds, "ms", "delay bound of services 1, 2, ...");
    p.Add("ues_per_slice", m_ues, "UEs", "users of a slice in a cell", 0, 100);
    p.AddChoice("placement", m_placement, {"uniform", "near", "far"}, "of UEs in their cell");
    p.Add("load", m_load, "1", "load a user offers at mask 1, relative to its target", 0, 1000);
    p.Add("ul_load", m_uplinkLoad, "1", "the same uplink", 0, 1000);
    p.AddChoice("mask",
                m_mask,
                {"profile", "constant"},
                "how the load goes over a day: the embedded profile, or 1 all the time");
    p.Add("mask_file", m_maskFile, "", "CSV of the traffic mask, instead");
    p.Add("first_interval", m_first, "intervals", "of the week (0: Monday 0:00)", 0, 671);
    p.Add("wrap_around", m_wrapAround, "the network's edge meets itself (1, 7 or 19 sites)");
    p.AddChoice("mobility",
                m_mobility,
                {"walk", "waypoint", "trace"},
                "of UEs: about their place, all over the network, or as a file says");
    p.Add("mobility_file", m_mobilityFile, "", "CSV time_s,ue,x_m,y_m for mobility=trace");
    p.Add("speed_kmh", m_speedKmh, "km/h", "of the UEs", 0, 500);
    p.Add("roam_m", m_roamM, "m", "half side of the square a UE walks in", 1, 1000);
    p.Add("packet_bytes", m_packetBytes, "byte", "largest UDP payload", 64, 1472);
    DeclareRadio(p);
    p.Add("topology_file", m_topologyFile, "", "write positions and the SINR map here");
}

void
CellsParameters::DeclareRadio(ScenarioParameters& p)
{
    p.AddChoice("radio", m_radio, {"cell", "lte"}, "the cell model, or ns-3's LTE/EPC stack");
    p.AddChoice("technology", m_technology, {"lte", "nr"}, "of the cells");
    p.Add("numerology", m_numerology, "", "mu of NR: 0 (15 kHz) or 1 (30 kHz)", 0, 6);
    p.Add("bandwidth_mhz", m_bandwidthMhz, "MHz", "of the channel", 1.4, 100);
    p.AddChoice("mcs_table", m_mcsTable, {"64qam", "256qam"}, "of NR");
    p.Add("tx_power_dbm", m_txPowerDbm, "dBm", "of a cell, all PRBs", 0, 60);
    p.Add("rlc_buffer_bytes", m_rlcBytes, "byte", "RLC queue of a UE", 1500, 1e9);
    p.AddChoice("rlc_mode", m_rlcMode, {"um", "am"}, "RLC mode");
    p.AddChoice("scheduler", m_scheduler, {"pf", "rr"}, "inside a slice");
    p.Add("work_conserving", m_workConserving, "PRBs that slices leave go to the others");
    p.Add("olla", m_olla, "outer-loop link adaptation");
    p.AddChoice("cqi_interference",
                m_cqiInterference,
                {"all", "measured"},
                "that CQI reports see: all cells on all PRBs, or what was measured");
    p.Add("cqi_period_slots", m_cqiPeriod, "slots", "between CQI reports of a UE", 1, 1000);
    p.Add("handover", m_handover, "UEs change to a better cell (event A3)");
    p.Add("a3_margin_db", m_handoverMarginDb, "dB", "by which it must be better", 0, 30);
    p.Add("a3_time_to_trigger_ms", m_timeToTriggerMs, "ms", "for which it must be so", 0, 10'000);
}

void
CellsParameters::Prepare() const
{
    if (m_radio == "cell")
    {
        GetLinkTables(MakeCarrier(RadioTechnology(), m_numerology, m_bandwidthMhz), McsTable());
    }
}

Technology
CellsParameters::RadioTechnology() const
{
    return m_technology == "nr" ? Technology::NR : Technology::LTE;
}

NrMcsTable
CellsParameters::McsTable() const
{
    return m_mcsTable == "64qam" ? NrMcsTable::QAM64 : NrMcsTable::QAM256;
}

ns3::Ptr<ns3::SlicedCells>
CellsParameters::Build() const
{
    MakeCarrier(RadioTechnology(), m_numerology, m_bandwidthMhz); // refuses what is not there
    SetRadioDefaults();
    const auto mask = Mask();
    const auto config = Config();
    mask.Require(m_steps, IdsOf(config));
    auto cells = CreateObject<SlicedCells>();
    cells->Build(MakeRadio(), config, mask);
    if (!m_topologyFile.empty())
    {
        WriteTopologyFile(*cells, m_topologyFile);
    }
    return cells;
}

ns3::Ptr<ns3::RadioAccess>
CellsParameters::MakeRadio() const
{
    if (m_radio == "cell")
    {
        return CreateObject<CellRadioAccess>();
    }
    const auto refuse = [](bool contradicts, const std::string& what) {
        if (contradicts)
        {
            throw UsageError("radio is lte; " + what);
        }
    };
    refuse(m_technology != "lte", "it is LTE: technology=lte is required");
    refuse(m_handover, "it has no handover: handover=false is required");
    refuse(m_rlcMode != "um", "its RLC is UM: rlc_mode=um is required");
    refuse(m_cqiInterference != "all",
           "its UEs report CQI from the control region: cqi_interference=all is required");
    return CreateObject<LteRadioAccess>();
}

void
CellsParameters::SetRadioDefaults() const
{
    const auto set = [](const std::string& name, const AttributeValue& value) {
        Config::SetDefault("ns3::" + name, value);
    };
    set("RadioChannel::Omnidirectional", BooleanValue(m_sectors == 1));
    for (const std::string stack : {"CellNetwork", "LteRadioAccess"})
    {
        set(stack + "::TxPowerDbm", DoubleValue(m_txPowerDbm));
        set(stack + "::BandwidthMhz", DoubleValue(m_bandwidthMhz));
        set(stack + "::RlcBufferBytes", UintegerValue(m_rlcBytes));
        set(stack + "::IntraSlicePolicy",
            EnumValue(m_scheduler == "rr" ? IntraSlicePolicy::ROUND_ROBIN
                                          : IntraSlicePolicy::PROPORTIONAL_FAIR));
        set(stack + "::WorkConserving", BooleanValue(m_workConserving));
    }
    set("CellNetwork::RlcMode",
        EnumValue(m_rlcMode == "am" ? RlcMode::ACKNOWLEDGED : RlcMode::UNACKNOWLEDGED));
    set("CellNetwork::Technology", EnumValue(RadioTechnology()));
    set("CellNetwork::Numerology", UintegerValue(m_numerology));
    set("CellNetwork::McsTable", EnumValue(McsTable()));
    set("CellNetwork::OuterLoop", BooleanValue(m_olla));
    set("CellNetwork::CqiInterference",
        EnumValue(m_cqiInterference == "all" ? CqiInterference::ALL : CqiInterference::MEASURED));
    set("CellNetwork::CqiPeriodSlots", UintegerValue(m_cqiPeriod));
    set("CellNetwork::Handover", BooleanValue(m_handover));
    set("CellNetwork::HandoverMarginDb", DoubleValue(m_handoverMarginDb));
    set("CellNetwork::TimeToTrigger", TimeValue(Seconds(m_timeToTriggerMs / 1000)));
}

ns3::SlicedCellsConfig
CellsParameters::Config() const
{
    if (m_warmupS >= m_intervalS)
    {
        throw UsageError("warmup_s is " + std::to_string(m_warmupS) +
                         "; less than interval_s=" + std::to_string(m_intervalS) + " is required");
    }
    if (m_sectors == 2)
    {
        throw UsageError("sectors is 2; 1 or 3 is required");
    }
    if (m_mobility == "trace" && m_mobilityFile.empty())
    {
        throw UsageError("mobility is trace; mobility_file=FILE is required");
    }
    SlicedCellsConfig config;
    config.sites = m_sites;
    config.sectors = m_sectors;
    config.interSiteDistanceM = m_isdM;
    config.uesPerSlice = m_ues;
    config.placement = m_placement == "near"  ? NEAR_PLACEMENT
                       : m_placement == "far" ? FAR_PLACEMENT
                                              : UNIFORM_PLACEMENT;
    config.load = m_load;
    config.uplinkLoad = m_uplinkLoad;
    config.usersChangeCells = m_handover || m_mobility == "trace";
    config.wrapAround = m_wrapAround;
    config.mobility = m_mobility == "trace"      ? UeMobility::TRACE
                      : m_mobility == "waypoint" ? UeMobility::WAYPOINT
                                                 : UeMobility::WALK;
    config.mobilityFile = m_mobilityFile;
    config.speedMps = m_speedKmh / 3.6;
    config.roamM = m_roamM;
    config.packetBytes = m_packetBytes;
    config.interval = Seconds(m_intervalS);
    config.warmup = Seconds(m_warmupS);
    AddSlices({m_slices, m_events, m_targets, m_bounds, Steps()}, config);
    return config;
}

ns3::TrafficMask
CellsParameters::Mask() const
{
    if (!m_maskFile.empty())
    {
        return TrafficMask::FromCsv(m_maskFile);
    }
    return m_mask == "constant" ? TrafficMask::Constant() : TrafficMask::FromProfile(m_first);
}

DecisionLoop::Settings
CellsParameters::LoopSettings() const
{
    return {Seconds(m_intervalS), Steps(), Seconds(m_latencyMs / 1000)};
}

uint32_t
CellsParameters::Steps() const
{
    return static_cast<uint32_t>(m_steps);
}

std::string
CellsParameters::MaskSource() const
{
    return Mask().GetSource();
}

} // namespace slicebed
