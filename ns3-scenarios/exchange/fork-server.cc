// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/fork-server.h"

#include "exchange/errors.h"
#include "exchange/fork.h"

#include <array>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace slicebed
{

namespace
{

constexpr size_t MAX_COMMAND_BYTES = 16 * 1024;

} // namespace

ForkServer::Job
ForkServer::ParseJob(const std::string& command)
{
    const std::string refusal = "the command is no start of a simulation: ";
    try
    {
        const auto start = nlohmann::json::parse(command).at("start");
        const auto& run = start.at("run");
        if (!run.is_number_unsigned()) // the library would make a number of -1, 0.5 and true
        {
            throw ProtocolError(refusal + "run is " + run.dump() +
                                "; a whole number from 0 is required");
        }
        // One after the other: gcc 12 destroys members twice where a later one of a list throws.
        const std::string endpoint = start.at("endpoint");
        const std::string log = start.at("log");
        const bool attach = start.at("attach").get<bool>();
        return {{endpoint, log, std::nullopt}, run, attach};
    }
    catch (const nlohmann::json::exception& error)
    {
        throw ProtocolError(refusal + error.what());
    }
}

ForkServer::ForkServer(int socket)
    : m_socket(socket)
{
}

std::optional<ForkServer::Job>
ForkServer::Serve()
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &m_oldSignals);
    const int signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    std::array<pollfd, 2> events{{{m_socket, POLLIN, 0}, {signals, POLLIN, 0}}};
    std::string command(MAX_COMMAND_BYTES, '\0');
    while (true)
    {
        if (poll(events.data(), events.size(), -1) < 0 && errno != EINTR)
        {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (events[1].revents != 0)
        {
            TellExits(signals);
        }
        if (events[0].revents != 0)
        {
            const ssize_t got = recv(m_socket, command.data(), command.size(), 0);
            if (got < 0 && errno != ECONNRESET)
            {
                throw std::system_error(errno, std::generic_category(), "the agent's socket");
            }
            if (got <= 0)
            {
                return std::nullopt;
            }
            if (auto job = Take(command.substr(0, static_cast<size_t>(got))))
            {
                return job;
            }
        }
    }
}

std::optional<ForkServer::Job>
ForkServer::Take(const std::string& command)
{
    const auto job = ParseJob(command);
    pid_t child = 0;
    try
    {
        child = ForkChild();
    }
    catch (const std::system_error& error)
    {
        Tell(nlohmann::json{{"refused", error.what()}}.dump());
        return std::nullopt;
    }
    if (child == 0)
    {
        sigprocmask(SIG_SETMASK, &m_oldSignals, nullptr);
        BecomeIndependent(job.peer.log);
        return job;
    }
    Tell(nlohmann::json{{"started", child}}.dump());
    return std::nullopt;
}

void
ForkServer::TellExits(int signals) const
{
    signalfd_siginfo ignored{};
    while (read(signals, &ignored, sizeof(ignored)) > 0)
    {
    }
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
    {
        const int shown = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        Tell(nlohmann::json{{"exited", pid}, {"status", shown}}.dump());
    }
}

void
ForkServer::Tell(const std::string& text) const
{
    // An agent that is gone needs no telling: the next poll says so.
    (void)send(m_socket, text.data(), text.size(), MSG_NOSIGNAL);
}

} // namespace slicebed
