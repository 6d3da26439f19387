// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/options.h"

#include "exchange/branching-channel.h"
#include "exchange/errors.h"
#include "exchange/fork.h"
#include "exchange/replay-channel.h"
#include "exchange/scripted-channel.h"
#include "exchange/shm-channel.h"
#include "exchange/zmq-channel.h"

#include "ns3/rng-seed-manager.h"

namespace slicebed
{

namespace
{

std::unique_ptr<Channel>
Connect(const std::string& endpoint, const Options& options)
{
    if (endpoint.starts_with(SHM_PREFIX))
    {
        return std::make_unique<ShmChannel>(endpoint);
    }
    return std::make_unique<ZmqChannel>(
        endpoint,
        std::chrono::milliseconds(static_cast<int64_t>(options.connectTimeoutS * 1000)),
        options.curveKey);
}

} // namespace

void
Options::Declare(ScenarioParameters& parameters)
{
    parameters.Add("describe", describe, "print the description as JSON and exit");
    parameters.Add("help", help, "print this and exit");
    parameters.Add("log_components", logComponents, "print what NS_LOG may name and exit");
    parameters.Add("serve",
                   serve,
                   "run a simulation for each command on standard input, a socket (see "
                   "PROTOCOL.md)");
    parameters.Add("endpoint",
                   endpoint,
                   "",
                   "the agent's address, tcp://HOST:PORT, ipc://PATH or shm:/proc/PID/fd/N; "
                   "empty: no agent, the default decision in every interval");
    parameters.Add("curve_key",
                   curveKey,
                   "",
                   "public key of the agent, 40 characters: the exchange is then encrypted, and "
                   "no other agent is talked to");
    parameters.Add("openGymPort",
                   openGymPort,
                   "",
                   "the agent's port on this host, as ns3-gym scripts give it; 0: see endpoint",
                   0,
                   65535);
    parameters.Add(
        "simSeed", simSeed, "", "RngRun, as ns3-gym scripts give it; -1: see RngRun", -1);
    parameters.Add(
        "connect_timeout_s", connectTimeoutS, "s", "how long to wait for the agent", 0.1, 86400);
    parameters.Add("replay", replay, "", "file of decisions to play, in place of an agent");
    parameters.Add("record", record, "", "file that the states of a replay are written to");
}

std::unique_ptr<Channel>
MakeChannel(const Options& options, Adaptor& adaptor)
{
    const auto endpoint = options.openGymPort > 0
                              ? "tcp://localhost:" + std::to_string(options.openGymPort)
                              : options.endpoint;
    if (!options.record.empty() && options.replay.empty())
    {
        throw UsageError("record is '" + options.record + "'; it needs replay=FILE");
    }
    if (!options.replay.empty())
    {
        if (!endpoint.empty())
        {
            throw UsageError("replay and endpoint both give the decisions; one of them is to go");
        }
        return std::make_unique<ReplayChannel>(options.replay, options.record);
    }
    if (endpoint.empty())
    {
        return std::make_unique<ScriptedChannel>(
            [&adaptor](uint32_t, const EnvState&) { return adaptor.DefaultDecision(); });
    }
    auto channel = Connect(endpoint, options);
    if (!options.serve)
    {
        return channel;
    }
    BranchingChannel::DrawAnew drawAnew;
    if (adaptor.CanDrawAnew())
    {
        drawAnew = [&adaptor](uint64_t run) {
            ns3::RngSeedManager::SetRun(run);
            adaptor.DrawAnew();
        };
    }
    return std::make_unique<BranchingChannel>(
        std::move(channel),
        [options](const Peer& peer) { return Connect(peer.endpoint, options); },
        ForkSibling,
        drawAnew);
}

} // namespace slicebed
