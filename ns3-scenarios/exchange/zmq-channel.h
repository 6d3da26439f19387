// SPDX-License-Identifier: GPL-2.0-only
// The ns3-gym wire: a ZeroMQ REQ socket that connects to the agent's REP socket.
#ifndef SLICEBED_ZMQ_CHANNEL_H
#define SLICEBED_ZMQ_CHANNEL_H

#include "exchange/adaptive-spin.h"
#include "exchange/channel.h"

#include <chrono>
#include <zmq.hpp>

namespace slicebed
{

/**
 * Waits as long as the agent lives - learning may take long - and no longer: the loss of the
 * connection is seen in the socket's events, that of the agent's host within a minute. An answer
 * that has arrived counts even if the agent left right after it.
 */
class ZmqChannel : public Channel
{
  public:
    /**
     * @param endpoint tcp://127.0.0.1:PORT or ipc://PATH, where an agent listens or soon will
     * @param connectTimeout how long to wait for one
     * @param curveKey the agent's public key, in ZeroMQ's 40 characters: whoever has not the secret
     * one is no agent, and nobody else can read what is said; empty: all in the clear
     * @throws UsageError if the endpoint is no such address, or the key no key
     */
    ZmqChannel(const std::string& endpoint,
               std::chrono::milliseconds connectTimeout,
               const std::string& curveKey = {});

    /** @throws AgentLost if no agent comes or it goes away @throws ProtocolError on a bad answer */
    bool Open(const SimInit& init) override;
    Answer Exchange(const EnvState& state) override;

  private:
    void Encrypt(const std::string& curveKey);
    std::string Request(const std::string& message);
    bool Receive(zmq::message_t& answer, zmq::recv_flags flags);
    void ReadEvents();
    void RequireAgent(std::chrono::steady_clock::time_point since) const;

    std::string m_endpoint;                                   //!< the agent's address
    std::chrono::milliseconds m_connectTimeout;               //!< for the first connection
    bool m_encrypted;                                         //!< there is a key
    zmq::context_t m_context;                                 //!< of this channel alone
    zmq::socket_t m_socket;                                   //!< REQ
    zmq::socket_t m_events;                                   //!< the socket's own events
    AdaptiveSpin m_spin{std::chrono::microseconds{150}};      //!< its own and an I/O thread
    Space m_actionSpace;                                      //!< as opened
    bool m_everConnected{false};                              //!< an agent was there
    bool m_everLetIn{false};                                  //!< it shook hands
    std::chrono::steady_clock::time_point m_disconnectedAt{}; //!< when it left; 0: it is there
};

} // namespace slicebed

#endif // SLICEBED_ZMQ_CHANNEL_H
