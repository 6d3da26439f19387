// SPDX-License-Identifier: GPL-2.0-only
// What travels between a simulation and an agent, and the interface of the ways it can travel.
#ifndef SLICEBED_CHANNEL_H
#define SLICEBED_CHANNEL_H

#include "exchange/space.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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

/** A decision border. */
struct BorderTime
{
    uint32_t step; //!< its number, from 0
    double tSimS;  //!< simulated time [s]
};

/** State at a decision border. */
struct EnvState
{
    Value observation;
    float reward;
    std::optional<EndReason> end;     //!< set in the last state
    nlohmann::json info;              //!< an object, or null where there is nothing more to say
    std::optional<BorderTime> border; //!< told as `step` and `t_sim_s` beside the info
};

/** The agent asks the simulation to stop. */
struct StopRequest
{
    bool operator==(const StopRequest&) const = default;
};

/** Where a simulation finds its agent, and the file that its output goes to. */
struct Peer
{
    std::string endpoint;
    std::string log;             //!< empty: where its parent's goes
    std::optional<uint64_t> run; //!< RngRun that a branch draws by from here on; none: goes on
    bool operator==(const Peer&) const = default;
};

/** The agent asks for copies of the simulation as it is now, each with an agent of its own. */
struct BranchRequest
{
    std::vector<Peer> peers; //!< one a copy
    bool operator==(const BranchRequest&) const = default;
};

/** The agent's answer: a decision, or what it asks for in place of one. */
using Answer = std::variant<Value, StopRequest, BranchRequest>;

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

    /** Sends a state. @return the agent's answer; a StopRequest, whatever it says, to the last one
     */
    virtual Answer Exchange(const EnvState& state) = 0;
};

} // namespace slicebed

#endif // SLICEBED_CHANNEL_H
