// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an exchange cannot be faster than: two processes that hand bytes to each other and do
 * nothing else, over the same primitives. Prints a JSON object.
 *
 * spin, futex: this program and a copy of it, over shared memory. zmq: this program alone asks an
 * agent at an endpoint, which the caller times.
 */
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"

#include <atomic>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <iostream>
#include <linux/futex.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#include <zmq.hpp>

namespace
{

using Clock = std::chrono::steady_clock;

constexpr size_t MAX_BYTES = 64 << 20;

struct Settings
{
    std::string mode{"spin"};
    std::string endpoint;
    int64_t bytesOut{52};
    int64_t bytesBack{8};
    int64_t rounds{100'000};

    void Declare(slicebed::ScenarioParameters& p)
    {
        p.Add("mode", mode, "", "spin, futex or zmq");
        p.Add("endpoint", endpoint, "", "of the agent, for zmq");
        p.Add("bytes_out", bytesOut, "byte", "from here", 1, MAX_BYTES);
        p.Add("bytes_back", bytesBack, "byte", "from the other end", 1, MAX_BYTES);
        p.Add("rounds", rounds, "", "there and back", 1, 1e9);
    }
};

/** What two processes share: a counter and bytes in each direction. */
struct Shared
{
    alignas(128) std::atomic<uint32_t> out;
    alignas(128) std::atomic<uint32_t> back;
};

/** One direction. */
class Line
{
  public:
    Line(std::atomic<uint32_t>& count, std::byte* bytes, size_t size, bool sleeps)
        : m_count(count)
        , m_bytes(bytes)
        , m_own(size)
        , m_sleeps(sleeps)
    {
    }

    void Send(uint32_t turn)
    {
        std::memcpy(m_bytes, m_own.data(), m_own.size());
        m_count.store(turn, std::memory_order_release);
        if (m_sleeps)
        {
            syscall(SYS_futex, &m_count, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
        }
    }

    void Receive(uint32_t turn)
    {
        while (m_count.load(std::memory_order_acquire) != turn)
        {
            if (m_sleeps)
            {
                syscall(SYS_futex, &m_count, FUTEX_WAIT, turn - 1, nullptr, nullptr, 0);
            }
        }
        std::memcpy(m_own.data(), m_bytes, m_own.size());
    }

  private:
    std::atomic<uint32_t>& m_count;
    std::byte* m_bytes;
    std::vector<std::byte> m_own; //!< each end copies, as each end of a channel does
    bool m_sleeps;
};

/** @return time of a round [us] */
double
PingPong(const Settings& s)
{
    const size_t size = sizeof(Shared) + static_cast<size_t>(s.bytesOut + s.bytesBack) + 128;
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
    {
        throw slicebed::UsageError("no memory for " + std::to_string(size) + " bytes");
    }
    auto* shared = new (memory) Shared{};
    auto* bytes = static_cast<std::byte*>(memory) + sizeof(Shared);
    const bool sleeps = s.mode == "futex";
    Line out(shared->out, bytes, static_cast<size_t>(s.bytesOut), sleeps);
    Line back(shared->back, bytes + s.bytesOut + 64, static_cast<size_t>(s.bytesBack), sleeps);
    const auto rounds = static_cast<uint32_t>(s.rounds);
    const pid_t other = fork();
    if (other == 0)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (uint32_t turn = 1; turn <= rounds; ++turn)
        {
            out.Receive(turn);
            back.Send(turn);
        }
        _exit(0);
    }
    const auto start = Clock::now();
    for (uint32_t turn = 1; turn <= rounds; ++turn)
    {
        out.Send(turn);
        back.Receive(turn);
    }
    const std::chrono::duration<double, std::micro> taken = Clock::now() - start;
    waitpid(other, nullptr, 0);
    return taken.count() / rounds;
}

/** @return time of a round [us] */
double
Ask(const Settings& s)
{
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::req);
    socket.connect(s.endpoint);
    const std::string message(static_cast<size_t>(s.bytesOut), 'x');
    zmq::message_t answer;
    const auto start = Clock::now();
    for (int64_t round = 0; round < s.rounds; ++round)
    {
        socket.send(zmq::buffer(message), zmq::send_flags::none);
        if (!socket.recv(answer))
        {
            throw std::runtime_error("no answer");
        }
    }
    const std::chrono::duration<double, std::micro> taken = Clock::now() - start;
    return taken.count() / static_cast<double>(s.rounds);
}

} // namespace

int
main(int argc, char** argv)
{
    Settings settings;
    slicebed::ScenarioParameters parameters;
    settings.Declare(parameters);
    try
    {
        parameters.Parse({argv + 1, argv + argc});
        if (settings.mode != "spin" && settings.mode != "futex" && settings.mode != "zmq")
        {
            throw slicebed::UsageError("mode is '" + settings.mode +
                                       "'; spin, futex or zmq is required");
        }
        const double us = settings.mode == "zmq" ? Ask(settings) : PingPong(settings);
        std::cout << nlohmann::json{{"mode", settings.mode}, {"us", us}} << "\n";
        return 0;
    }
    catch (const slicebed::UsageError& error)
    {
        std::cerr << "slicebed-study-exchange: error: " << error.what() << "\n";
        return 2;
    }
}
