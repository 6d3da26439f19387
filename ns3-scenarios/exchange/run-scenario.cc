// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/run-scenario.h"

#include "exchange/branching-channel.h"
#include "exchange/errors.h"
#include "exchange/fork-server.h"
#include "exchange/fork.h"
#include "exchange/scripted-channel.h"
#include "exchange/shm-channel.h"
#include "exchange/zmq-channel.h"

#include "ns3/object-factory.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/rng-stream.h"
#include "ns3/simulator.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace slicebed
{

namespace
{

/** Options of every scenario. */
struct CommonOptions
{
    bool describe{false};
    bool help{false};
    bool serve{false};
    std::string endpoint;
    int64_t openGymPort{0};
    int64_t simSeed{-1};
    double connectTimeoutS{60};

    void Declare(ScenarioParameters& parameters)
    {
        parameters.Add("describe", describe, "print the description as JSON and exit");
        parameters.Add("help", help, "print this and exit");
        parameters.Add("serve",
                       serve,
                       "run a simulation for each command on standard input, a socket (see "
                       "PROTOCOL.md)");
        parameters.Add("endpoint",
                       endpoint,
                       "",
                       "the agent's address, tcp://127.0.0.1:PORT, ipc://PATH or "
                       "shm:/proc/PID/fd/N; empty: no agent, the default decision in every "
                       "interval");
        parameters.Add("openGymPort",
                       openGymPort,
                       "",
                       "the agent's port on this host, as ns3-gym scripts give it; 0: see endpoint",
                       0,
                       65535);
        parameters.Add(
            "simSeed", simSeed, "", "RngRun, as ns3-gym scripts give it; -1: see RngRun", -1);
        parameters.Add("connect_timeout_s",
                       connectTimeoutS,
                       "s",
                       "how long to wait for the agent",
                       0.1,
                       86400);
    }

    std::string Endpoint() const
    {
        return openGymPort > 0 ? "tcp://localhost:" + std::to_string(openGymPort) : endpoint;
    }
};

std::unique_ptr<Channel>
Connect(const Peer& peer, const CommonOptions& options)
{
    if (peer.endpoint.starts_with(SHM_PREFIX))
    {
        return std::make_unique<ShmChannel>(peer.endpoint);
    }
    return std::make_unique<ZmqChannel>(
        peer.endpoint,
        std::chrono::milliseconds(static_cast<int64_t>(options.connectTimeoutS * 1000)));
}

std::unique_ptr<Channel>
MakeChannel(const CommonOptions& options, const Adaptor& adaptor)
{
    const auto endpoint = options.Endpoint();
    if (endpoint.empty())
    {
        return std::make_unique<ScriptedChannel>(
            [&adaptor](uint32_t, const EnvState&) { return adaptor.DefaultDecision(); });
    }
    auto channel = Connect({endpoint, ""}, options);
    if (!options.serve)
    {
        return channel;
    }
    return std::make_unique<BranchingChannel>(
        std::move(channel),
        [&options](const Peer& peer) { return Connect(peer, options); },
        ForkSibling);
}

nlohmann::json
Describe(const Scenario& scenario,
         const ScenarioParameters& parameters,
         const Adaptor& adaptor,
         const DecisionLoop::Settings& settings)
{
    auto context = adaptor.Context();
    context["interval_s"] = settings.interval.GetSeconds();
    context["control_latency_s"] = settings.controlLatency.GetSeconds();
    context["steps"] = settings.steps;
    return {{"slicebed", 1},
            {"scenario", scenario.Name()},
            {"summary", scenario.Summary()},
            {"topology", scenario.Topology()},
            {"parameters", parameters.ToJson()},
            {"observation", ToJson(adaptor.ObservationFields())},
            {"action", ToJson(adaptor.ActionFields())},
            {"context", context},
            {"provenance",
             {{"ns3", SLICEBED_NS3_VERSION},
              {"slicebed", SLICEBED_VERSION},
              {"build", SLICEBED_BUILD_TYPE}}}};
}

/** @return whether this process is to run a simulation: not if it is a server that has ended */
bool
Serve(const Scenario& scenario, CommonOptions& options)
{
    scenario.Prepare();
    ns3::RngStream(1, 0, 0); // its first one fills a table of matrices
    const auto job = ForkServer(STDIN_FILENO).Serve();
    if (job)
    {
        options.endpoint = job->peer.endpoint;
        ns3::RngSeedManager::SetRun(job->run);
    }
    return job.has_value();
}

void
RunEpisode(Scenario& scenario, const ScenarioParameters& described, const CommonOptions& options)
{
    const auto adaptor = scenario.Build();
    const auto settings = scenario.LoopSettings();
    const auto description = Describe(scenario, described, *adaptor, settings);
    if (options.describe)
    {
        std::cout << description.dump() << std::endl;
        return;
    }
    const auto channel = MakeChannel(options, *adaptor);
    DecisionLoop loop(*channel, *adaptor, settings, description);
    loop.Start();
    ns3::Simulator::Run();
    loop.Finish();
}

void
Run(Scenario& scenario, const std::vector<std::string>& arguments)
{
    CommonOptions options;
    ScenarioParameters common;
    ScenarioParameters own;
    options.Declare(own);
    scenario.Declare(own);
    scenario.Declare(common); // the description lists what makes a run, not how it is reached
    own.Parse(arguments);
    if (options.help)
    {
        std::cout << scenario.Summary() << "\n\n" << scenario.Topology() << "\n" << own.Help();
        return;
    }
    if (options.simSeed >= 0)
    {
        ns3::RngSeedManager::SetRun(static_cast<uint64_t>(options.simSeed));
    }
    // A heap in one array: the default's tree of nodes all over the memory costs 8 % of a run.
    ns3::Simulator::SetScheduler(ns3::ObjectFactory("ns3::PriorityQueueScheduler"));
    if (!options.serve)
    {
        RunEpisode(scenario, common, options);
    }
    else if (Serve(scenario, options))
    {
        RunEpisode(scenario, common, options);
        // A copy leaves its memory to the kernel: to take the network apart takes as long as to
        // build it, and the agent may be waiting for the end.
        std::cout.flush();
        std::fflush(nullptr);
        _exit(EXIT_SUCCESS);
    }
}

} // namespace

int
RunScenario(Scenario& scenario, int argc, char** argv)
{
    int status = 0;
    try
    {
        Run(scenario, std::vector<std::string>(argv + 1, argv + argc));
        ns3::Simulator::Destroy();
    }
    catch (const UsageError& error)
    {
        status = 2;
        std::cerr << "slicebed-" << scenario.Name() << ": error: " << error.what() << std::endl;
    }
    catch (const std::invalid_argument& error)
    {
        status = 2;
        std::cerr << "slicebed-" << scenario.Name() << ": error: " << error.what() << std::endl;
    }
    catch (const std::exception& error)
    {
        status = 3;
        std::cerr << "slicebed-" << scenario.Name() << ": error: " << error.what() << std::endl;
    }
    return status;
}

} // namespace slicebed
