// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_UDP_MESSAGE_SOCKET_H
#define SLICEBED_UDP_MESSAGE_SOCKET_H

#include "transport/message-socket.h"

#include "ns3/socket.h"

namespace ns3
{

/**
 * Messages as UDP datagrams. Those larger than the MTU travel as IP fragments: if one is lost, so
 * is the message.
 */
class UdpMessageSocket : public MessageSocket
{
  public:
    static constexpr uint32_t MAX_BYTES = 65'507; //!< a UDP datagram over IPv4

    static TypeId GetTypeId();

    void Listen(Ptr<Node> node, uint16_t port) override;
    void Open(Ptr<Node> node) override;
    void Send(Ptr<Packet> message, const Address& to) override;
    void EndConnections() override;
    void Close() override;
    uint32_t GetMaxBytes() const override;

  protected:
    void DoDispose() override;

  private:
    void Read(Ptr<Socket> socket);

    Ptr<Socket> m_socket; //!< while listening or open
};

} // namespace ns3

#endif // SLICEBED_UDP_MESSAGE_SOCKET_H
