// SPDX-License-Identifier: GPL-2.0-only
// The simulation's end of a segment, with an agent that writes anything anywhere at any time.
#include "exchange/errors.h"
#include "exchange/shm-channel.h"
#include "fuzz/check.h"
#include "fuzz/hostile-peer.h"
#include "fuzz/is-of.h"
#include "fuzz/random-space.h"

using namespace slicebed;

namespace
{

constexpr int STATES = 3;

void
Talk(const ShmSegment& segment, const SimInit& init)
{
    ShmChannel channel("shm:/proc/self/fd/" + std::to_string(segment.Descriptor()));
    if (!channel.Open(init))
    {
        return;
    }
    for (int i = 0; i < STATES; ++i)
    {
        const auto answer =
            channel.Exchange({ValueOf(init.observationSpace, 1), 0, {}, {{"step", i}}, {}});
        if (const auto* value = std::get_if<Value>(&answer))
        {
            Check(IsOf(*value, init.actionSpace), "a value of the space");
        }
    }
}

void
TryTalk(const ShmSegment& segment, const SimInit& init)
{
    try
    {
        Talk(segment, init);
    }
    catch (const ProtocolError&)
    {
    }
    catch (const UsageError&)
    {
    }
    catch (const AgentLost&)
    {
    }
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    InputValues input(data, size);
    const SimInit init{1, {BoxSpace{-9, 9, Dtype::FLOAT32, {2, 2}}}, RandomSpace(input)};
    auto segment = ShmSegment::Create();
    if (input.ConsumeIntegralInRange<int>(0, 15) == 0)
    {
        // A whole header of them.
        const auto bytes = input.ConsumeRemainingBytesAsString();
        auto* header = reinterpret_cast<char*>(&segment.Header());
        for (size_t i = 0; i < sizeof(ShmHeader) && !bytes.empty(); ++i)
        {
            header[i] = bytes[i % bytes.size()];
        }
        segment.Header().agentSide.turn = 1;
        segment.Header().agentSide.closed = 1;
        TryTalk(segment, init);
        return 0;
    }
    Patch(segment, RandomPatches(input));
    std::vector<HostileTurn> turns;
    for (uint32_t i = 1; i <= 1 + STATES; ++i)
    {
        turns.push_back(RandomTurn(input, i, i == 1 ? TurnKind::GO : TurnKind::ACTION));
    }
    auto& header = segment.Header();
    const auto agree = [&] {
        if (!segment.Arenas())
        {
            const auto layout = MakeLayout(init.observationSpace, init.actionSpace);
            segment.Grow(layout.totalBytes);
            header.layoutHash = layout.hash;
            header.totalBytes = layout.totalBytes;
        }
    };
    const HostilePeer agent(segment, header.agentSide, header.simulation, false, turns, agree);
    TryTalk(segment, init);
    return 0;
}
