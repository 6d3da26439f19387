// SPDX-License-Identifier: GPL-2.0-only
// The agent's end of a segment: makes it, lays it out, takes turns. Knows nothing of Python.
#ifndef SLICEBED_SHM_AGENT_H
#define SLICEBED_SHM_AGENT_H

#include "exchange/shm-turns.h"

#include <sys/types.h>

namespace slicebed
{

/** An agent's end of one episode. */
class ShmAgent
{
  public:
    /** Makes a segment. @throws UsageError if there is no memory */
    ShmAgent();
    ~ShmAgent();
    ShmAgent(const ShmAgent&) = delete;
    ShmAgent& operator=(const ShmAgent&) = delete;

    /** @return the descriptor that a simulation has to open, as /proc/PID/fd/N */
    int Descriptor() const;

    ShmTurns& Turns();
    const ShmSegment& Segment() const;
    const ShmLayout& Layout() const;

    /** Lays out the arrays of the spaces and lets the simulation go on. @throws UsageError */
    void Agree(const Space& observation, const Space& action);

    /** @return whether a simulation has opened the segment and is there no more */
    bool IsSimulationGone() const;

  private:
    pid_t m_owner;        //!< the process that made it
    ShmSegment m_segment; //!< shared with the simulation
    ShmTurns m_turns;     //!< over the segment
    ShmLayout m_layout{}; //!< once it is agreed
};

} // namespace slicebed

#endif // SLICEBED_SHM_AGENT_H
