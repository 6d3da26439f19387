// SPDX-License-Identifier: GPL-2.0-only
// A process that has loaded everything and makes a copy of itself for each episode.
#ifndef SLICEBED_FORK_SERVER_H
#define SLICEBED_FORK_SERVER_H

#include "exchange/channel.h"

#include <csignal>
#include <optional>

namespace slicebed
{

/**
 * Starts simulations on demand, and tells how they ended.
 *
 * Talks over a SOCK_SEQPACKET socket, one JSON object a packet:
 *
 *     agent  -> {"start": {"endpoint": ..., "log": ..., "run": N, "attach": false}}
 *     server -> {"started": process id}   or   {"refused": why}
 *     server -> {"exited": process id, "status": N}     128 + the signal's number if one ended it
 *
 * Branches that simulations make of themselves are the server's children too, and told of when they
 * end. The server ends when the agent closes the socket, and its children with it.
 */
class ForkServer
{
  public:
    /** What a copy of the server is to run. */
    struct Job
    {
        Peer peer;    //!< its agent and its log
        uint64_t run; //!< RngRun
        bool attach;  //!< whether it waits for a debugger first
    };

    /** @throws ProtocolError if the command is no `start` with endpoint, log and run */
    static Job ParseJob(const std::string& command);

    /** @param socket connected with the agent */
    explicit ForkServer(int socket);

    /**
     * Serves until the agent closes the socket.
     * @return what to run, in each copy, which has let go of the server's socket; nothing in the
     * server itself
     * @throws ProtocolError if the agent sends what is no such command
     * @throws std::system_error if the socket fails
     */
    std::optional<Job> Serve();

  private:
    void Tell(const std::string& text) const;
    std::optional<Job> Take(const std::string& command);
    void TellExits(int signals) const;

    int m_socket;            //!< to the agent
    sigset_t m_oldSignals{}; //!< restored in copies
};

} // namespace slicebed

#endif // SLICEBED_FORK_SERVER_H
