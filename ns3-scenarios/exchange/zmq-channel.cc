// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/zmq-channel.h"

#include "exchange/codec.h"
#include "exchange/errors.h"

#include <array>
#include <cstring>
#include <sched.h>
#include <sstream>

namespace slicebed
{

namespace
{

using Clock = std::chrono::steady_clock;

constexpr size_t KEY_CHARACTERS = 40; // of a key in Z85
const char* const EVENTS_ADDRESS = "inproc://events";
constexpr std::chrono::milliseconds POLL_PERIOD{100};
// A host that is lost says no farewell. Its kernel is asked after silence, so that an agent that
// thinks, or is stopped, is waited for; see channel.py for the other end.
constexpr int KEEPALIVE_IDLE_S = 20;
constexpr int KEEPALIVE_INTERVAL_S = 10;
constexpr int KEEPALIVE_PROBES = 3;
constexpr int UNACKNOWLEDGED_MS = 50'000;
// An answer sent just before the agent left may still be on its way up from the I/O thread.
constexpr std::chrono::milliseconds LAST_WORDS{300};

} // namespace

ZmqChannel::ZmqChannel(const std::string& endpoint,
                       std::chrono::milliseconds connectTimeout,
                       const std::string& curveKey)
    : m_endpoint(endpoint)
    , m_connectTimeout(connectTimeout)
    , m_encrypted(!curveKey.empty())
    , m_socket(m_context, zmq::socket_type::req)
    , m_events(m_context, zmq::socket_type::pair)
{
    m_socket.set(zmq::sockopt::linger, 0);
    m_socket.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(MAX_MESSAGE_BYTES));
    m_socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(POLL_PERIOD.count()));
    m_socket.set(zmq::sockopt::tcp_keepalive, 1);
    m_socket.set(zmq::sockopt::tcp_keepalive_idle, KEEPALIVE_IDLE_S);
    m_socket.set(zmq::sockopt::tcp_keepalive_intvl, KEEPALIVE_INTERVAL_S);
    m_socket.set(zmq::sockopt::tcp_keepalive_cnt, KEEPALIVE_PROBES);
    m_socket.set(zmq::sockopt::tcp_maxrt, UNACKNOWLEDGED_MS);
    m_events.set(zmq::sockopt::linger, 0);
    if (m_encrypted)
    {
        Encrypt(curveKey);
    }
    zmq_socket_monitor(m_socket.handle(),
                       EVENTS_ADDRESS,
                       ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                           ZMQ_EVENT_DISCONNECTED);
    m_events.connect(EVENTS_ADDRESS);
    try
    {
        m_socket.connect(endpoint);
    }
    catch (const zmq::error_t& error)
    {
        throw UsageError("endpoint is '" + endpoint + "' (" + error.what() +
                         "); tcp://127.0.0.1:PORT, ipc://PATH or shm:/proc/PID/fd/N is required");
    }
}

void
ZmqChannel::Encrypt(const std::string& curveKey)
{
    // A pair of this run alone: it hides what is said, and who says it is not asked.
    std::array<char, KEY_CHARACTERS + 1> publicKey{};
    std::array<char, KEY_CHARACTERS + 1> secretKey{};
    if (zmq_curve_keypair(publicKey.data(), secretKey.data()) != 0)
    {
        throw UsageError("curve_key: this ZeroMQ is built without encryption");
    }
    try
    {
        m_socket.set(zmq::sockopt::curve_serverkey, curveKey);
        m_socket.set(zmq::sockopt::curve_publickey, publicKey.data());
        m_socket.set(zmq::sockopt::curve_secretkey, secretKey.data());
    }
    catch (const zmq::error_t&)
    {
        throw UsageError("curve_key is '" + curveKey + "'; a public key of " +
                         std::to_string(KEY_CHARACTERS) + " characters is required");
    }
}

bool
ZmqChannel::Open(const SimInit& init)
{
    m_actionSpace = init.actionSpace;
    return DecodeInitAck(Request(EncodeInit(init)));
}

Answer
ZmqChannel::Exchange(const EnvState& state)
{
    const auto answer = Request(EncodeState(state));
    return state.end ? Answer{StopRequest{}} : DecodeAction(answer, m_actionSpace);
}

std::string
ZmqChannel::Request(const std::string& message)
{
    const auto since = Clock::now();
    m_socket.send(zmq::buffer(message), zmq::send_flags::none);
    zmq::message_t answer;
    // ZeroMQ's own threads run between two looks, wherever the kernel has put them.
    const bool hasCome = m_spin.Until([&] {
        const bool came = Receive(answer, zmq::recv_flags::dontwait);
        if (!came)
        {
            sched_yield();
        }
        return came;
    });
    while (!hasCome && !Receive(answer, zmq::recv_flags::none))
    {
        ReadEvents();
        RequireAgent(since);
    }
    return answer.to_string();
}

bool
ZmqChannel::Receive(zmq::message_t& answer, zmq::recv_flags flags)
{
    try
    {
        return m_socket.recv(answer, flags).has_value();
    }
    catch (const zmq::error_t& error)
    {
        if (error.num() != EINTR) // by a signal that was handled: wait on
        {
            throw;
        }
        return false;
    }
}

void
ZmqChannel::ReadEvents()
{
    zmq::message_t event;
    zmq::message_t address;
    while (m_events.recv(event, zmq::recv_flags::dontwait) &&
           m_events.recv(address, zmq::recv_flags::none))
    {
        uint16_t kind = 0;
        std::memcpy(&kind, event.data(), sizeof(kind));
        if (kind == ZMQ_EVENT_CONNECTED)
        {
            m_everConnected = true;
        }
        else if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        {
            m_everLetIn = true;
        }
        else if (kind == ZMQ_EVENT_DISCONNECTED && m_disconnectedAt == Clock::time_point{})
        {
            // Somebody else may listen at this address by now: that is not our agent.
            m_disconnectedAt = Clock::now();
        }
    }
}

void
ZmqChannel::RequireAgent(Clock::time_point since) const
{
    const auto now = Clock::now();
    if (m_disconnectedAt != Clock::time_point{} && now - m_disconnectedAt > LAST_WORDS)
    {
        const std::string key = m_encrypted ? "curve_key has to be this agent's public key"
                                            : "an agent that encrypts needs its curve_key";
        throw AgentLost("the agent at " + m_endpoint +
                        (m_everLetIn ? " went away" : " did not let the simulation in; " + key));
    }
    if (!m_everConnected && now - since > m_connectTimeout)
    {
        std::ostringstream text;
        text << "no agent at " << m_endpoint << " within "
             << std::chrono::duration<double>(m_connectTimeout).count() << " s";
        throw AgentLost(text.str());
    }
}

} // namespace slicebed
