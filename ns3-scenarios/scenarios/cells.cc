// SPDX-License-Identifier: GPL-2.0-only
// Scenario `cells`: a hexagonal network of sliced cells (paper 001). Each interval of 15 minutes
// stands as interval_s simulated seconds in which rates, packet sizes and delays keep their values.
//
//                  +-- 1 Gbit/s, 2 ms -- gNB 0 (site 0, sector 0) ~ ~ air ~ ~ UE 0, 1, ...
//   remote host ---+-- 1 Gbit/s, 2 ms -- gNB 1 (site 0, sector 1) ~ ~ air ~ ~ UE ...
//   (one source    +-- ...
//    for each UE)  +-- 1 Gbit/s, 2 ms -- gNB 11 (site 3, sector 2) ~ air ~ ~ UE ...
//
#include "adaptor/cells-adaptor.h"
#include "adaptor/slice-list.h"
#include "exchange/errors.h"
#include "exchange/run-scenario.h"
#include "topology/topology-file.h"

#include "ns3/config.h"
#include "ns3/double.h"
#include "ns3/uinteger.h"

using namespace ns3;
using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(remote host --(core link, one a cell)-- gNB 0 .. 11 ~~(100 PRBs, slots of 1 ms)~~ UEs

           site 3       site 2      each site: three cells, boresights at 30, 150, 270 degrees
                 site 0       site 1     each cell: every slice has ues_per_slice users
)";

/** The scenario's parameters and what is built from them. */
class CellsScenario : public Scenario
{
  public:
    std::string Name() const override
    {
        return "cells";
    }

    std::string Summary() const override
    {
        return "sliced LTE/NR cells on a hexagonal grid; decide each slice's PRB ceiling per cell";
    }

    std::string Topology() const override
    {
        return TOPOLOGY;
    }

    void Declare(ScenarioParameters& p) override
    {
        p.Add("steps", m_steps, "intervals", "decision intervals of the episode", 1, 1e6);
        p.Add("interval_s", m_intervalS, "s", "simulated length of an interval", 0.05, 3600);
        p.Add(
            "warmup_s", m_warmupS, "s", "beginning of each interval that is not measured", 0, 3600);
        p.Add("control_latency_ms", m_latencyMs, "ms", "border to decision in force", 0, 1e6);
        p.Add("sites", m_sites, "sites", "sites of three cells each", 1, 19);
        p.Add("isd_m", m_isdM, "m", "distance between neighbouring sites", 100, 5000);
        p.Add("slices", m_slices, "ids", "slices present at the start");
        p.Add("slice_events", m_events, "", "later changes: +ID@STEP or -ID@STEP, comma-separated");
        p.Add("targets_mbps", m_targets, "Mbit/s", "target user throughput of services 1, 2, ...");
        p.Add("delay_bounds_ms", m_bounds, "ms", "delay bound of services 1, 2, ...");
        p.Add("ues_per_slice", m_ues, "UEs", "users of a slice in a cell", 1, 100);
        p.Add("load", m_load, "1", "load a user offers at mask 1, relative to its target", 0, 1000);
        p.Add("mask_file", m_maskFile, "", "CSV of the traffic mask; empty: the embedded profile");
        p.Add("first_interval", m_first, "intervals", "of the week (0: Monday 0:00)", 0, 671);
        p.Add("speed_kmh", m_speedKmh, "km/h", "of the UEs", 0, 500);
        p.Add("roam_m", m_roamM, "m", "half side of the square a UE walks in", 1, 1000);
        p.Add("packet_bytes", m_packetBytes, "byte", "largest UDP payload", 64, 1472);
        p.Add("rlc_buffer_bytes", m_rlcBytes, "byte", "RLC queue of a UE", 1500, 1e9);
        p.Add("tx_power_dbm", m_txPowerDbm, "dBm", "of a cell, all PRBs", 0, 60);
        p.Add("topology_file", m_topologyFile, "", "write positions and the SINR map here");
    }

    std::unique_ptr<Adaptor> Build() override
    {
        Config::SetDefault("ns3::CellNetwork::TxPowerDbm", DoubleValue(m_txPowerDbm));
        Config::SetDefault("ns3::CellNetwork::RlcBufferBytes", UintegerValue(m_rlcBytes));
        if (m_warmupS >= m_intervalS)
        {
            throw UsageError("warmup_s is " + std::to_string(m_warmupS) +
                             "; less than interval_s=" + std::to_string(m_intervalS) +
                             " is required");
        }
        SlicedCellsConfig config;
        config.sites = m_sites;
        config.interSiteDistanceM = m_isdM;
        config.uesPerSlice = m_ues;
        config.load = m_load;
        config.speedMps = m_speedKmh / 3.6;
        config.roamM = m_roamM;
        config.packetBytes = m_packetBytes;
        config.interval = Seconds(m_intervalS);
        config.warmup = Seconds(m_warmupS);
        AddSlices({m_slices, m_events, m_targets, m_bounds, static_cast<uint32_t>(m_steps)},
                  config);
        const auto mask = m_maskFile.empty() ? TrafficMask::FromProfile(m_first)
                                             : TrafficMask::FromCsv(m_maskFile);
        mask.Require(m_steps, IdsOf(config));
        m_cells = CreateObject<SlicedCells>();
        m_cells->Build(config, mask);
        if (!m_topologyFile.empty())
        {
            WriteTopologyFile(*m_cells, m_topologyFile);
        }
        return std::make_unique<CellsAdaptor>(m_cells, m_steps, mask.GetSource());
    }

    DecisionLoop::Settings LoopSettings() const override
    {
        return {Seconds(m_intervalS), static_cast<uint32_t>(m_steps), Seconds(m_latencyMs / 1000)};
    }

  private:
    int64_t m_steps{40};
    double m_intervalS{1};
    double m_warmupS{0.2};
    double m_latencyMs{10};
    int64_t m_sites{4};
    double m_isdM{500};
    std::string m_slices{"1,2,3,4"};
    std::string m_events;
    std::string m_targets{"2,1,1.5,0.5"};
    std::string m_bounds{"100,100,50,100"};
    int64_t m_ues{4};
    double m_load{1.2};
    std::string m_maskFile;
    int64_t m_first{0};
    double m_speedKmh{3};
    double m_roamM{20};
    int64_t m_packetBytes{1200};
    int64_t m_rlcBytes{50'000};
    double m_txPowerDbm{46};
    std::string m_topologyFile;
    Ptr<SlicedCells> m_cells;
};

} // namespace

int
main(int argc, char** argv)
{
    CellsScenario scenario;
    return RunScenario(scenario, argc, argv);
}
