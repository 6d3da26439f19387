// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-agent.h"

#include <unistd.h>

namespace slicebed
{

ShmAgent::ShmAgent()
    : m_owner(getpid())
    , m_segment(ShmSegment::Create())
    , m_turns(m_segment, ShmTurns::Role::AGENT)
{
}

ShmAgent::~ShmAgent()
{
    // A forked copy of the agent has the object, not the conversation.
    if (m_owner == getpid())
    {
        m_turns.Leave();
    }
}

int
ShmAgent::Descriptor() const
{
    return m_segment.Descriptor();
}

ShmTurns&
ShmAgent::Turns()
{
    return m_turns;
}

const ShmSegment&
ShmAgent::Segment() const
{
    return m_segment;
}

const ShmLayout&
ShmAgent::Layout() const
{
    return m_layout;
}

void
ShmAgent::Agree(const Space& observation, const Space& action)
{
    m_layout = MakeLayout(observation, action);
    m_segment.Grow(m_layout.totalBytes);
    m_segment.Header().layoutHash = m_layout.hash;
    m_segment.Header().totalBytes = m_layout.totalBytes;
    m_turns.Post({.kind = TurnKind::GO});
}

bool
ShmAgent::IsSimulationGone() const
{
    const ProcessIdentity simulation{m_segment.Header().simulationPid.load(),
                                     m_segment.Header().simulationStart.load()};
    // Between its id and its start time, both of which it writes itself, lies but a moment.
    const bool known = simulation.pid != 0 && simulation.start != 0;
    return m_turns.HasPeerLeft() || (known && StateOf(simulation) == ProcessState::GONE);
}

} // namespace slicebed
