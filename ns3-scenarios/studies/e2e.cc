// SPDX-License-Identifier: GPL-2.0-only
// One slice at one grant, second by second: the program behind `slicebed validate e2e`.
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"
#include "topology/e2e-network.h"

#include "ns3/object-factory.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"

#include <iostream>

using namespace ns3;

namespace
{

/** What is run, as the user typed it. */
struct Case
{
    int64_t users{5};
    double mbps{20};
    double millicores{2000};
    int64_t seconds{30};
    int64_t warmup{10};
    int64_t seed{1};
    E2eConfig config;
    double burstMs{20};
    int64_t queue{config.queuePackets};
    int64_t cpuQueue{config.cpuQueuePackets};

    void Declare(slicebed::ScenarioParameters& p)
    {
        p.Add("users", users, "viewers", "that watch", 0, 100);
        p.Add("mbps", mbps, "Mbit/s", "granted in the transport network", 0, 1000);
        p.Add("millicores", millicores, "millicores", "granted at the gNB", 0, 1e6);
        p.Add("seconds", seconds, "s", "measured", 1, 1e6);
        p.Add("warmup", warmup, "s", "before, not measured", 0, 1e6);
        p.Add("seed", seed, "", "of all random draws", 0, 1e9);
        p.Add("burst_ms", burstMs, "ms", "of tokens", 0, 1000);
        p.Add("queue_packets", queue, "packets", "that may wait for tokens", 1, 1e6);
        p.Add("cpu_ms_per_packet", config.cpuMsPerPacket, "ms", "of a core", 0.001, 1000);
        p.Add("cpu_queue_packets", cpuQueue, "packets", "that may wait for CPU", 1, 1e6);
    }
};

nlohmann::json
Run(Case& c)
{
    Simulator::SetScheduler(ObjectFactory("ns3::PriorityQueueScheduler")); // as scenarios have it
    RngSeedManager::SetRun(static_cast<uint64_t>(c.seed));
    c.config.usersPerSlice = static_cast<uint32_t>(std::max<int64_t>(c.users, 1));
    c.config.burst = Seconds(c.burstMs / 1000);
    c.config.queuePackets = static_cast<uint32_t>(c.queue);
    c.config.cpuQueuePackets = static_cast<uint32_t>(c.cpuQueue);
    auto network = CreateObject<E2eNetwork>();
    network->Build(c.config);
    network->SetTransportRate(0, c.mbps);
    network->SetMillicores(0, c.millicores);
    Simulator::ScheduleNow([&] { network->SetUsers(0, static_cast<uint32_t>(c.users)); });
    std::vector<uint64_t> received;
    for (int64_t s = 0; s <= c.seconds; ++s)
    {
        Simulator::Schedule(Seconds(c.warmup + s),
                            [&] { received.push_back(network->GetReceivedBytes(0)); });
    }
    Simulator::Stop(Seconds(c.warmup + c.seconds) + NanoSeconds(1));
    Simulator::Run();
    auto perUser = nlohmann::json::array();
    for (size_t s = 0; c.users > 0 && s + 1 < received.size(); ++s)
    {
        perUser.push_back(static_cast<double>(received[s + 1] - received[s]) * 8e-6 /
                          static_cast<double>(c.users));
    }
    const auto packets = network->CheckConservation();
    nlohmann::json result{{"users", c.users},
                          {"mbps", c.mbps},
                          {"millicores", c.millicores},
                          {"qos_mbps", perUser},
                          {"stalled_s", network->GetStalledS(0)},
                          {"cpu_busy_core_s", network->GetStage(0)->GetBusyCoreS()},
                          {"sent", packets.sent},
                          {"received", packets.received},
                          {"in_flight", packets.inFlight},
                          {"dropped", packets.dropped}};
    network = nullptr;
    Simulator::Destroy();
    return result;
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
        std::cout << Run(c) << "\n";
        return 0;
    }
    catch (const slicebed::UsageError& error)
    {
        std::cerr << "slicebed-study-e2e: error: " << error.what() << "\n";
        return 2;
    }
}
