// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TCP_MESSAGE_SOCKET_H
#define SLICEBED_TCP_MESSAGE_SOCKET_H

#include "transport/message-framing.h"
#include "transport/message-socket.h"

#include "ns3/socket.h"

#include <deque>
#include <map>

namespace ns3
{

/**
 * Messages over TCP, each with its length in front: one connection to each peer, made for the first
 * message to it and kept for those after it, which do not wait for answers.
 *
 * A connection that ends, by either side or because the way there is gone, takes with it what it
 * had not brought there; the next message makes a new one. What a peer does not take as fast as it
 * is sent waits here, up to a limit; messages beyond are dropped, as datagrams are by a full queue.
 * A peer that sends what is no sequence of messages is left.
 */
class TcpMessageSocket : public MessageSocket
{
  public:
    static constexpr uint32_t MAX_BYTES = 16 * 1024 * 1024; //!< of a message, by our own choice

    static TypeId GetTypeId();

    void Listen(Ptr<Node> node, uint16_t port) override;
    void Open(Ptr<Node> node) override;
    void Send(Ptr<Packet> message, const Address& to) override;
    void EndConnections() override;
    void Close() override;
    uint32_t GetMaxBytes() const override;

    /** @return connections that there are */
    size_t GetConnections() const;

    /** @return messages not sent: too much waited, or the peer was gone */
    uint64_t GetDropped() const;

  protected:
    void DoDispose() override;

  private:
    /** With one peer. */
    struct Connection
    {
        Ptr<Socket> socket;
        MessageReader reader{MAX_BYTES};
        std::deque<Ptr<Packet>> waiting; //!< for room in the socket's buffer
        uint64_t waitingBytes{0};        //!< of those
    };

    Ptr<Socket> MakeSocket() const;
    void Accept(Ptr<Socket> socket, const Address& from);
    void Connect(const Address& to);
    void Attend(Ptr<Socket> socket, const Address& peer);
    // By value: a callback that is replaced while it runs takes its own copy along.
    void Read(Address peer);
    void Write(Address peer);
    void Forget(Address peer);
    static void Leave(Ptr<Socket> socket);

    uint32_t m_segmentBytes;                     //!< TCP payload of a packet
    uint32_t m_bufferBytes;                      //!< of a socket, each way
    uint32_t m_backlogBytes;                     //!< that may wait for room in it
    Ptr<Node> m_node;                            //!< while listening or open
    Ptr<Socket> m_listener;                      //!< while listening
    std::map<Address, Connection> m_connections; //!< by peer
    uint64_t m_dropped{0};                       //!< messages
};

} // namespace ns3

#endif // SLICEBED_TCP_MESSAGE_SOCKET_H
