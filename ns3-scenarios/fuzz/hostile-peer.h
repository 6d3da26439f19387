// SPDX-License-Identifier: GPL-2.0-only
// One end of a segment of shared memory that keeps to nothing: it plays turns made of an input.
#ifndef SLICEBED_FUZZ_HOSTILE_PEER_H
#define SLICEBED_FUZZ_HOSTILE_PEER_H

#include "exchange/shm-segment.h"
#include "exchange/shm-wait.h"
#include "fuzz/input-values.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <sched.h>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace slicebed
{

/** Bytes somewhere in the header. */
struct HeaderPatch
{
    size_t offset;
    std::string bytes;
};

/** What a hostile end writes before it hands the turn over. */
struct HostileTurn
{
    TurnRecord record;
    uint32_t counter;                 //!< most often the right one, without which all is refused
    bool agrees;                      //!< the arenas are laid out as they should be
    std::string area;                 //!< start of the message area
    std::string arenas;               //!< start of the arenas
    std::vector<HeaderPatch> patches; //!< of anything else
};

inline std::vector<HeaderPatch>
RandomPatches(InputValues& input)
{
    std::vector<HeaderPatch> patches(input.ConsumeIntegralInRange<size_t>(0, 2));
    for (auto& patch : patches)
    {
        patch.offset = input.ConsumeIntegralInRange<size_t>(0, sizeof(ShmHeader) - 1);
        patch.bytes = input.ConsumeBytesAsString(input.ConsumeIntegralInRange<size_t>(
            0, std::min(size_t{16}, sizeof(ShmHeader) - patch.offset)));
    }
    return patches;
}

/** @param kind that would be right, for one half of the inputs */
inline HostileTurn
RandomTurn(InputValues& input, uint32_t number, TurnKind kind)
{
    HostileTurn turn{};
    turn.record.kind = input.ConsumeBool()
                           ? kind
                           : static_cast<TurnKind>(input.ConsumeIntegralInRange<uint32_t>(0, 9));
    turn.record.end = static_cast<TurnEnd>(input.ConsumeIntegralInRange<uint32_t>(0, 3));
    turn.record.reward = input.ConsumeFloat();
    turn.counter = input.ConsumeBool() ? number : input.ConsumeIntegral<uint32_t>();
    turn.agrees = input.ConsumeBool();
    turn.area = input.ConsumeRandomLengthString(512);
    turn.record.bytes = input.ConsumeBool() ? turn.area.size() : input.ConsumeIntegral<uint64_t>();
    turn.arenas = input.ConsumeRandomLengthString(128);
    turn.patches = RandomPatches(input);
    return turn;
}

inline void
Patch(const ShmSegment& segment, const std::vector<HeaderPatch>& patches)
{
    auto* header = reinterpret_cast<char*>(&segment.Header());
    for (const auto& patch : patches)
    {
        std::memcpy(header + patch.offset, patch.bytes.data(), patch.bytes.size());
    }
}

/** Plays its turns in a thread of its own, then leaves; the other end is never kept waiting. */
class HostilePeer
{
  public:
    /**
     * @param segment of both ends
     * @param own what this end writes
     * @param other what the other end writes
     * @param speaksFirst whether the first turn is this end's
     * @param agree lays the arenas out
     */
    HostilePeer(const ShmSegment& segment,
                TurnSide& own,
                const TurnSide& other,
                bool speaksFirst,
                std::vector<HostileTurn> turns,
                std::function<void()> agree)
        : m_segment(segment)
        , m_own(own)
        , m_other(other)
        , m_turns(std::move(turns))
        , m_agree(std::move(agree))
        , m_thread([this, speaksFirst](const std::stop_token& stop) { Play(stop, speaksFirst); })
    {
    }

  private:
    static constexpr int PATIENCE = 200; //!< looks

    void Play(const std::stop_token& stop, bool speaksFirst)
    {
        uint32_t seen = 0;
        for (size_t i = 0; i < m_turns.size() && !stop.stop_requested(); ++i)
        {
            // To a turn that it does not see as one, or has refused, the other end gives no answer.
            if (i == 0 ? !speaksFirst : m_turns[i - 1].counter == i)
            {
                AwaitTurn(stop, seen);
            }
            seen = m_other.turn.load();
            Take(m_turns[i]);
        }
        m_own.closed.store(1);
        while (!stop.stop_requested())
        {
            WakeAnyway(m_own.turn);
            sched_yield();
        }
    }

    /** Waits for the other end, which may be waiting itself: for a turn that this end did not take.
     */
    void AwaitTurn(const std::stop_token& stop, uint32_t seen) const
    {
        for (int looks = 0; looks < PATIENCE && m_other.turn.load() == seen; ++looks)
        {
            if (stop.stop_requested())
            {
                return;
            }
            sched_yield();
        }
    }

    void Take(const HostileTurn& turn)
    {
        if (turn.agrees)
        {
            m_agree();
        }
        std::memcpy(m_segment.Area(), turn.area.data(), turn.area.size());
        if (m_segment.Arenas())
        {
            const auto arenas = m_segment.Arenas()->Bytes();
            std::memcpy(
                arenas.data(), turn.arenas.data(), std::min(turn.arenas.size(), arenas.size()));
        }
        m_own.record = turn.record;
        Patch(m_segment, turn.patches);
        m_own.turn.store(turn.counter);
        WakeAnyway(m_own.turn);
    }

    const ShmSegment& m_segment;
    TurnSide& m_own;
    const TurnSide& m_other;
    std::vector<HostileTurn> m_turns;
    std::function<void()> m_agree;
    std::jthread m_thread; //!< last, so that it ends before what it uses
};

} // namespace slicebed

#endif // SLICEBED_FUZZ_HOSTILE_PEER_H
