// SPDX-License-Identifier: GPL-2.0-only
// What travels between a simulation and an agent, and the interface of the ways it can travel.
#ifndef SLICEBED_CHANNEL_H
#define SLICEBED_CHANNEL_H

#include "exchange/space.h"

#include <cstdint>
#include <optional>
#include <string>

namespace slicebed
{

/** First message of a simulation. */
struct SimInit
{
    uint64_t processId;
    Space observationSpace;
    Space actionSpace;
};

/** Why an episode ended. */
enum class EndReason
{
    SIMULATION_END, //!< its time is over
    GAME_OVER       //!< its model says so
};

/** State at a decision border. */
struct EnvState
{
    Value observation;
    float reward;
    std::optional<EndReason> end; //!< set in the last state
    std::string info;
};

/** The agent's answer: a decision, or none when it asks to stop. */
using Answer = std::optional<Value>;

/** A way to an agent; lock-step: each call waits for the answer. */
class Channel
{
  public:
    virtual ~Channel() = default;

    /**
     * Introduces the simulation. To be called once, first.
     * @return whether to go on; false when the agent asks to stop
     */
    virtual bool Open(const SimInit& init) = 0;

    /** Sends a state. @return the agent's answer; what it says to the last state means nothing */
    virtual Answer Exchange(const EnvState& state) = 0;
};

} // namespace slicebed

#endif // SLICEBED_CHANNEL_H
