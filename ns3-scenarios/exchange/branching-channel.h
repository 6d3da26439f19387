// SPDX-License-Identifier: GPL-2.0-only
// A channel that grants the agent's wish for copies of the simulation, unseen by the simulation.
#ifndef SLICEBED_BRANCHING_CHANNEL_H
#define SLICEBED_BRANCHING_CHANNEL_H

#include "exchange/channel.h"

#include <functional>
#include <memory>
#include <optional>
#include <sys/types.h>

namespace slicebed
{

/**
 * Makes copies of the simulation at a decision border.
 *
 * Each copy introduces itself to an agent of its own and sends it the state that the original sent;
 * from there on the two are alike but for their decisions. The original sends its state again, with
 * `branches` in the info: the process ids of the copies, in the order asked for, and
 * `branch_error` where fewer could be made.
 */
class BranchingChannel : public Channel
{
  public:
    using Connect = std::function<std::unique_ptr<Channel>(const Peer&)>;
    using DrawAnew = std::function<void(uint64_t run)>;

    /**
     * @param inner to the agent
     * @param connect makes a channel to the agent of a copy
     * @param fork copies the process: 0 in the copy, its id in the original
     * @param drawAnew gives a copy random numbers of its own; empty where the scenario cannot
     */
    BranchingChannel(std::unique_ptr<Channel> inner,
                     Connect connect,
                     std::function<pid_t()> fork,
                     DrawAnew drawAnew);

    bool Open(const SimInit& init) override;
    Answer Exchange(const EnvState& state) override;

  private:
    bool Branch(const BranchRequest& request, EnvState& state);
    std::optional<pid_t> TryFork(const Peer& peer, EnvState& state);
    void BecomeCopy(const Peer& peer);

    std::unique_ptr<Channel> m_inner; //!< to the agent
    Connect m_connect;                //!< to others
    std::function<pid_t()> m_fork;    //!< copies the process
    DrawAnew m_drawAnew;              //!< for copies; may be empty
    SimInit m_init;                   //!< for the copies to introduce themselves
};

} // namespace slicebed

#endif // SLICEBED_BRANCHING_CHANNEL_H
