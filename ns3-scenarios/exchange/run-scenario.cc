// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/run-scenario.h"

#include "exchange/debugger.h"
#include "exchange/errors.h"
#include "exchange/fork-server.h"
#include "exchange/options.h"

#include "ns3/log.h"
#include "ns3/nstime.h"
#include "ns3/object-factory.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/rng-stream.h"
#include "ns3/simulator.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <unistd.h>

namespace slicebed
{

namespace
{

nlohmann::json
Describe(const Scenario& scenario,
         const ScenarioParameters& parameters,
         const std::map<std::string, std::string>& ns3Options,
         const Adaptor& adaptor,
         const DecisionLoop::Settings& settings)
{
    nlohmann::json options = ns3Options;
    options["RngSeed"] = ns3::RngSeedManager::GetSeed(); // NS_GLOBAL_VALUE may have set it too
    auto context = adaptor.Context();
    context["interval_s"] = settings.interval.GetSeconds();
    context["control_latency_s"] = settings.controlLatency.GetSeconds();
    context["steps"] = settings.steps;
    return {{"slicebed", 1},
            {"scenario", scenario.Name()},
            {"summary", scenario.Summary()},
            {"topology", scenario.Topology()},
            {"parameters", parameters.ToJson()},
            {"ns3_options", options},
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
Serve(const Scenario& scenario, Options& options)
{
    // Set again, though to what it is: from then on ns-3 does not note down every Time that is
    // made, which costs a tenth of what it takes to build a network.
    ns3::Time::SetResolution(ns3::Time::GetResolution());
    scenario.Prepare();
    ns3::RngStream(1, 1, 1); // the first one fills a table of matrices
    const auto job = ForkServer(STDIN_FILENO).Serve();
    if (job)
    {
        options.endpoint = job->peer.endpoint;
        ns3::RngSeedManager::SetRun(job->run);
        if (job->attach)
        {
            WaitForDebugger();
        }
    }
    return job.has_value();
}

void
RunEpisode(Scenario& scenario,
           const ScenarioParameters& described,
           const std::map<std::string, std::string>& ns3Options,
           const Options& options)
{
    const auto adaptor = scenario.Build();
    const auto settings = scenario.LoopSettings();
    auto description = Describe(scenario, described, ns3Options, *adaptor, settings);
    if (options.describe)
    {
        std::cout << description.dump() << std::endl;
        return; // without the seed: it is the same for all
    }
    description["seed"] = ns3::RngSeedManager::GetRun();
    const auto channel = MakeChannel(options, *adaptor);
    DecisionLoop loop(*channel, *adaptor, settings, description);
    loop.Start();
    ns3::Simulator::Run();
    loop.Finish();
}

void
Run(Scenario& scenario, const std::vector<std::string>& arguments)
{
    std::clog.setf(std::ios::unitbuf); // what ns-3 logs is to be there after a crash
    Options options;
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
    if (options.logComponents)
    {
        for (const auto& [name, component] : *ns3::LogComponent::GetComponentList())
        {
            std::cout << name << "\n";
        }
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
        RunEpisode(scenario, common, own.Ns3Options(), options);
    }
    else if (Serve(scenario, options))
    {
        RunEpisode(scenario, common, own.Ns3Options(), options);
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
