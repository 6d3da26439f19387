// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-turns.h"

#include "exchange/errors.h"

#include <algorithm>
#include <cstring>

namespace slicebed
{

ShmTurns::ShmTurns(const ShmSegment& segment, Role role)
    : m_segment(segment)
    , m_own(role == Role::AGENT ? segment.Header().agentSide : segment.Header().simulation)
    , m_peer(role == Role::AGENT ? segment.Header().simulation : segment.Header().agentSide)
    , m_seen(0)
{
}

void
ShmTurns::Post(const TurnRecord& record)
{
    m_own.record = record;
    ++m_posted;
    m_own.turn.store(m_posted, std::memory_order_seq_cst);
    WakeSleeper(m_own.turn, m_peer.sleeps);
}

void
ShmTurns::Send(TurnRecord record, std::string_view message, const Idle& idle)
{
    while (message.size() > SHM_AREA_BYTES)
    {
        std::memcpy(m_segment.Area(), message.data(), SHM_AREA_BYTES);
        message.remove_prefix(SHM_AREA_BYTES);
        Post({.kind = TurnKind::MORE, .bytes = SHM_AREA_BYTES});
        Wait(idle);
        if (Take().kind != TurnKind::CONTINUE)
        {
            throw ProtocolError("a part of a message was not answered by CONTINUE");
        }
    }
    std::memcpy(m_segment.Area(), message.data(), message.size());
    record.bytes = message.size();
    Post(record);
}

bool
ShmTurns::Await(std::chrono::milliseconds atMost)
{
    return m_wait.Wait(Awaited(), atMost);
}

AwaitedWord
ShmTurns::Awaited() const
{
    return {&m_peer.turn, m_seen, &m_own.sleeps};
}

TurnRecord
ShmTurns::Take()
{
    const uint32_t turn = m_peer.turn.load(std::memory_order_acquire);
    if (turn != m_seen + 1)
    {
        throw ProtocolError("the other end's turn counter is " + std::to_string(turn) + "; " +
                            std::to_string(m_seen + 1) + " is required");
    }
    TurnRecord record;
    std::memcpy(&record, &m_peer.record, sizeof(record));
    // What is checked below is this copy, whatever the other end writes meanwhile.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (record.bytes > SHM_AREA_BYTES)
    {
        throw ProtocolError("a message of " + std::to_string(record.bytes) +
                            " bytes in an area of " + std::to_string(SHM_AREA_BYTES));
    }
    ++m_seen;
    return record;
}

TurnRecord
ShmTurns::Receive(std::string& message, const Idle& idle)
{
    Wait(idle);
    return Read(Take(), message, idle);
}

TurnRecord
ShmTurns::Read(TurnRecord record, std::string& message, const Idle& idle)
{
    message.clear();
    while (true)
    {
        message.append(reinterpret_cast<const char*>(m_segment.Area()), record.bytes);
        if (record.kind != TurnKind::MORE)
        {
            return record;
        }
        if (message.size() > SHM_MAX_MESSAGE_BYTES)
        {
            throw ProtocolError("a message of more than " + std::to_string(SHM_MAX_MESSAGE_BYTES) +
                                " bytes; at most that is accepted");
        }
        Post({.kind = TurnKind::CONTINUE});
        Wait(idle);
        record = Take();
    }
}

bool
ShmTurns::HasPeerLeft() const
{
    return m_peer.closed.load(std::memory_order_acquire) != 0;
}

void
ShmTurns::Leave()
{
    m_own.closed.store(1, std::memory_order_seq_cst);
    WakeAnyway(m_own.turn);
}

void
ShmTurns::Wait(const Idle& idle)
{
    while (!Await(SHM_LOOK_PERIOD))
    {
        idle();
    }
}

} // namespace slicebed
