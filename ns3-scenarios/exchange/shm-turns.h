// SPDX-License-Identifier: GPL-2.0-only
// Taking turns over a segment: one end speaks, the other waits. Trusts nothing the other wrote.
#ifndef SLICEBED_SHM_TURNS_H
#define SLICEBED_SHM_TURNS_H

#include "exchange/shm-segment.h"
#include "exchange/shm-wait.h"

#include <functional>
#include <string>
#include <string_view>

namespace slicebed
{

/** Called while waiting, at least each SHM_LOOK_PERIOD; throws to give up. */
using Idle = std::function<void()>;

/** One end of the conversation. The simulation speaks first. */
class ShmTurns
{
  public:
    enum class Role
    {
        SIMULATION,
        AGENT
    };

    /** @param segment that outlives this */
    ShmTurns(const ShmSegment& segment, Role role);

    /** Says something without a message and hands the turn over. */
    void Post(const TurnRecord& record);

    /** Says something with a message: in parts if it is larger than the area. */
    void Send(TurnRecord record, std::string_view message, const Idle& idle);

    /** @return whether it is this end's turn, after waiting for it */
    bool Await(std::chrono::milliseconds atMost);

    /** @return what Await() waits for */
    AwaitedWord Awaited() const;

    /**
     * Reads what the other end said; it is this end's turn.
     * @throws ProtocolError if that is no turn
     */
    TurnRecord Take();

    /**
     * Waits for the other end, and reads what it said, with its message.
     * @param message is replaced
     * @throws ProtocolError if that is no turn or the message is too long
     */
    TurnRecord Receive(std::string& message, const Idle& idle);

    /** Reads the whole message whose last turn, or first part, was taken. */
    TurnRecord Read(TurnRecord record, std::string& message, const Idle& idle);

    /** @return whether the other end says that it has left */
    bool HasPeerLeft() const;

    /** Says that this end leaves. */
    void Leave();

  private:
    void Wait(const Idle& idle);

    const ShmSegment& m_segment;
    TurnSide& m_own;
    TurnSide& m_peer;
    AdaptiveWait m_wait;
    uint32_t m_seen;      //!< the other end's turns so far
    uint32_t m_posted{0}; //!< this end's turns so far
};

} // namespace slicebed

#endif // SLICEBED_SHM_TURNS_H
