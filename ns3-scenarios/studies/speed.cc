// SPDX-License-Identifier: GPL-2.0-only
// One case of `slicebed bench cells` in one process: how long a simulated second takes.
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"
#include "studies/point-to-point-floor.h"
#include "topology/cell-radio-access.h"
#include "topology/lte-radio-access.h"
#include "topology/sliced-cells.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/object-factory.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>

using namespace ns3;

namespace
{

constexpr double WARMUP_S = 0.5;

/** The case. */
struct Case
{
    std::string model{"cell"};
    int64_t sites{4};
    int64_t sectors{3};
    int64_t ues{8};
    double mbps{1};
    double uplinkMbps{0};
    double seconds{10};
    int64_t seed{1};

    void Declare(slicebed::ScenarioParameters& p)
    {
        p.AddChoice("model", model, {"cell", "lte", "p2p"}, "what is timed");
        p.Add("sites", sites, "sites", "on the hexagonal grid", 1, 19);
        p.Add("sectors", sectors, "cells", "of a site: 1 or 3", 1, 3);
        p.Add("ues", ues, "UEs", "in a cell", 1, 100);
        p.Add("mbps", mbps, "Mbit/s", "downlink load of a UE", 0.001, 100);
        p.Add("ul_mbps", uplinkMbps, "Mbit/s", "uplink load of a UE", 0, 100);
        p.Add("seconds", seconds, "s", "simulated, after a warm-up of 0.5 s", 0.1, 1000);
        p.Add("seed", seed, "", "of the random streams", 1, 1e9);
    }
};

using Clock = std::chrono::steady_clock;

double
SecondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/**
 * @return peak resident memory of this process [MB]; getrusage() would count what its parent had
 * when it was started
 */
double
PeakMemoryMb()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
    {
        if (line.rfind("VmHWM:", 0) == 0)
        {
            return std::stod(line.substr(6)) / 1024;
        }
    }
    throw std::runtime_error("/proc/self/status tells no VmHWM");
}

/** What is timed: packets so far, and a way to offer the load. */
struct Subject
{
    std::function<void(Time)> offer;
    std::function<std::pair<uint64_t, uint64_t>()> packets; //!< sent, received
};

Subject
MakeFloor(const Case& c)
{
    auto floor = std::make_shared<PointToPointFloor>(c.sites * c.sectors, c.ues);
    return {[floor, c](Time duration) { floor->Offer(c.mbps * 1e6, duration); },
            [floor] { return std::pair(floor->GetSent(), floor->GetReceived()); }};
}

Subject
MakeCells(const Case& c)
{
    Config::SetDefault("ns3::RadioChannel::Omnidirectional", BooleanValue(c.sectors == 1));
    SlicedCellsConfig config;
    config.sites = c.sites;
    config.sectors = c.sectors;
    config.uesPerSlice = c.ues;
    config.services = {{1, {c.mbps * 1e6, 0.1}}};
    config.presentAtStart = {true};
    config.load = 1;
    config.uplinkLoad = c.uplinkMbps / c.mbps;
    config.speedMps = 0;
    config.warmup = Time(0);
    auto cells = CreateObject<SlicedCells>();
    Ptr<RadioAccess> radio = CreateObject<CellRadioAccess>();
    if (c.model == "lte")
    {
        radio = CreateObject<LteRadioAccess>();
    }
    cells->Build(radio, config, TrafficMask::Constant());
    for (uint16_t cell = 0; cell < radio->GetCells(); ++cell)
    {
        cells->SetCeilings(cell, {1.0});
    }
    return {[cells](Time duration) { cells->OfferAll(duration); },
            [cells] {
                const auto packets = cells->CheckConservation();
                return std::pair(packets.sent, packets.received);
            }};
}

int
Run(const Case& c)
{
    RngSeedManager::SetRun(static_cast<uint64_t>(c.seed));
    Simulator::SetScheduler(ObjectFactory("ns3::PriorityQueueScheduler")); // as scenarios have it
    const auto built = Clock::now();
    const auto subject = c.model == "p2p" ? MakeFloor(c) : MakeCells(c);
    const double setupS = SecondsSince(built);

    const auto run = [&](double seconds) {
        Simulator::Schedule(Time(0), [&] { subject.offer(Seconds(seconds)); });
        Simulator::Stop(Seconds(seconds));
        Simulator::Run();
    };
    run(WARMUP_S);
    const auto [sentBefore, receivedBefore] = subject.packets();
    const uint64_t eventsBefore = Simulator::GetEventCount();
    const auto start = Clock::now();
    run(c.seconds);
    const double wallS = SecondsSince(start);
    const auto [sent, received] = subject.packets();
    std::cout << nlohmann::json{{"model", c.model},
                                {"cells", c.sites * c.sectors},
                                {"ues", c.ues},
                                {"mbps", c.mbps},
                                {"ul_mbps", c.uplinkMbps},
                                {"sim_s", c.seconds},
                                {"wall_s", wallS},
                                {"setup_s", setupS},
                                {"packets_sent", sent - sentBefore},
                                {"packets_delivered", received - receivedBefore},
                                {"events", Simulator::GetEventCount() - eventsBefore},
                                {"rss_mb", PeakMemoryMb()}}
              << "\n";
    return 0;
}

} // namespace

int
main(int argc, char** argv)
{
    Case c;
    slicebed::ScenarioParameters parameters;
    c.Declare(parameters);
    try
    {
        parameters.Parse({argv + 1, argv + argc});
        if (c.sectors == 2)
        {
            throw slicebed::UsageError("sectors is 2; 1 or 3 is required");
        }
        return Run(c);
    }
    catch (const slicebed::UsageError& error)
    {
        std::cerr << "slicebed-study-speed: error: " << error.what() << "\n";
        return 2;
    }
}
