// SPDX-License-Identifier: GPL-2.0-only
// The agent's end of a segment, with a simulation that writes anything anywhere at any time.
#include "exchange/shm-agent.h"

#include "exchange/errors.h"
#include "fuzz/check.h"
#include "fuzz/hostile-peer.h"
#include "fuzz/random-space.h"

using namespace slicebed;

namespace
{

constexpr uint32_t STATES = 3;

void
RequireSimulation(const ShmAgent& agent)
{
    if (agent.IsSimulationGone())
    {
        throw AgentLost("the simulation has left");
    }
}

void
Talk(ShmAgent& agent, const Space& space)
{
    const auto idle = [&] {
        RequireSimulation(agent);
    };
    std::string message;
    agent.Turns().Receive(message, idle);
    agent.Agree(space, space);
    for (uint32_t i = 0; i < STATES; ++i)
    {
        const auto record = agent.Turns().Receive(message, idle);
        Check(record.bytes <= SHM_AREA_BYTES, "a part within the area");
        Check(message.size() <= SHM_MAX_MESSAGE_BYTES + SHM_AREA_BYTES, "a message within bounds");
        for (const auto& leaf : agent.Layout().observation)
        {
            std::string copy(leaf.Bytes(), '\0');
            std::memcpy(copy.data(), agent.Segment().At(leaf), leaf.Bytes());
        }
        agent.Turns().Send({.kind = TurnKind::ACTION}, message, idle);
    }
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    InputValues input(data, size);
    const auto space = RandomSpace(input);
    std::vector<HostileTurn> turns;
    for (uint32_t i = 1; i <= 1 + STATES; ++i)
    {
        turns.push_back(RandomTurn(input, i, i == 1 ? TurnKind::HELLO : TurnKind::STATE));
    }
    ShmAgent agent;
    auto& header = agent.Segment().Header();
    const HostilePeer simulation(
        agent.Segment(), header.simulation, header.agentSide, true, turns, [] {});
    try
    {
        Talk(agent, space);
    }
    catch (const ProtocolError&)
    {
    }
    catch (const AgentLost&)
    {
    }
    return 0;
}
