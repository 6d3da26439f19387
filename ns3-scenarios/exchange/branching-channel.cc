// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/branching-channel.h"

#include "exchange/fork.h"

#include <system_error>
#include <unistd.h>

namespace slicebed
{

BranchingChannel::BranchingChannel(std::unique_ptr<Channel> inner,
                                   Connect connect,
                                   std::function<pid_t()> fork,
                                   DrawAnew drawAnew)
    : m_inner(std::move(inner))
    , m_connect(std::move(connect))
    , m_fork(std::move(fork))
    , m_drawAnew(std::move(drawAnew))
{
}

bool
BranchingChannel::Open(const SimInit& init)
{
    m_init = init;
    return m_inner->Open(init);
}

Answer
BranchingChannel::Exchange(const EnvState& state)
{
    auto answer = m_inner->Exchange(state);
    if (!std::holds_alternative<BranchRequest>(answer))
    {
        return answer;
    }
    auto told = state;
    while (std::holds_alternative<BranchRequest>(answer))
    {
        told.info = state.info;
        const bool isCopy = Branch(std::get<BranchRequest>(answer), told);
        if (isCopy && !m_inner->Open(m_init))
        {
            return StopRequest{};
        }
        answer = m_inner->Exchange(told);
    }
    return answer;
}

bool
BranchingChannel::Branch(const BranchRequest& request, EnvState& state)
{
    auto copies = nlohmann::json::array();
    for (const auto& peer : request.peers)
    {
        const auto copy = TryFork(peer, state);
        if (!copy)
        {
            break;
        }
        if (*copy == 0)
        {
            BecomeCopy(peer);
            return true;
        }
        copies.push_back(*copy);
    }
    state.info["branches"] = copies;
    return false;
}

std::optional<pid_t>
BranchingChannel::TryFork(const Peer& peer, EnvState& state)
{
    if (peer.run && !m_drawAnew)
    {
        state.info["branch_error"] = "this scenario's branches cannot draw random numbers anew";
        return std::nullopt;
    }
    try
    {
        return m_fork();
    }
    catch (const std::system_error& error)
    {
        state.info["branch_error"] = error.what();
        return std::nullopt;
    }
}

void
BranchingChannel::BecomeCopy(const Peer& peer)
{
    // The original's connection is not the copy's to close: its threads are not here.
    (void)m_inner.release();
    BecomeIndependent(peer.log);
    m_init.processId = static_cast<uint64_t>(getpid());
    m_inner = m_connect(peer);
    if (peer.run)
    {
        m_drawAnew(*peer.run);
    }
}

} // namespace slicebed
