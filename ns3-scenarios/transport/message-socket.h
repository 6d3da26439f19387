// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_MESSAGE_SOCKET_H
#define SLICEBED_MESSAGE_SOCKET_H

#include "ns3/address.h"
#include "ns3/node.h"
#include "ns3/object.h"
#include "ns3/packet.h"

#include <functional>

namespace ns3
{

/**
 * Carries whole messages between applications, whatever is below: datagrams or a byte stream.
 *
 * One that listens answers those who have sent to it; one that is open sends to whom it likes. A
 * message arrives whole or not at all, and the sender is not told: who needs an answer waits for it
 * and gives up in time.
 */
class MessageSocket : public Object
{
  public:
    /** @param message that came @param from who sent it: to be answered there */
    using Receiver = std::function<void(Ptr<Packet> message, const Address& from)>;

    static TypeId GetTypeId();

    /** @param type UdpMessageSocket's or TcpMessageSocket's @return a new one */
    static Ptr<MessageSocket> Make(TypeId type);

    /** Sets who takes the messages that come; before Listen() or Open(). */
    void SetReceiver(Receiver receiver);

    /** Takes messages at a port of a node; aborts if the port is taken. */
    virtual void Listen(Ptr<Node> node, uint16_t port) = 0;

    /** Gets ready to send from a node, and to take answers. */
    virtual void Open(Ptr<Node> node) = 0;

    /** Sends a message. @param to an InetSocketAddress */
    virtual void Send(Ptr<Packet> message, const Address& to) = 0;

    /** Ends all connections, if there are such things: what is on its way to here is lost. */
    virtual void EndConnections() = 0;

    /** Ends; nothing comes any more. */
    virtual void Close() = 0;

    /** @return of the largest message */
    virtual uint32_t GetMaxBytes() const = 0;

  protected:
    void DoDispose() override;

    /** Hands a message over. */
    void Deliver(Ptr<Packet> message, const Address& from);

  private:
    Receiver m_receiver; //!< of what comes
};

} // namespace ns3

#endif // SLICEBED_MESSAGE_SOCKET_H
