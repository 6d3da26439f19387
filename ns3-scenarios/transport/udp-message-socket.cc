// SPDX-License-Identifier: GPL-2.0-only
#include "transport/udp-message-socket.h"

#include "ns3/inet-socket-address.h"
#include "ns3/udp-socket-factory.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(UdpMessageSocket);

TypeId
UdpMessageSocket::GetTypeId()
{
    static TypeId tid = TypeId("ns3::UdpMessageSocket")
                            .SetParent<MessageSocket>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<UdpMessageSocket>();
    return tid;
}

void
UdpMessageSocket::Listen(Ptr<Node> node, uint16_t port)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    const int bound = m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    NS_ABORT_MSG_IF(bound != 0, "UDP port " << port << " is taken on this node");
    m_socket->SetRecvCallback(MakeCallback(&UdpMessageSocket::Read, this));
}

void
UdpMessageSocket::Open(Ptr<Node> node)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind();
    m_socket->SetRecvCallback(MakeCallback(&UdpMessageSocket::Read, this));
}

void
UdpMessageSocket::Send(Ptr<Packet> message, const Address& to)
{
    if (m_socket)
    {
        m_socket->SendTo(message, 0, to);
    }
}

void
UdpMessageSocket::EndConnections()
{
    // Datagrams know of none.
}

void
UdpMessageSocket::Close()
{
    if (m_socket)
    {
        m_socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
        m_socket->Close();
        m_socket = nullptr;
    }
}

uint32_t
UdpMessageSocket::GetMaxBytes() const
{
    return MAX_BYTES;
}

void
UdpMessageSocket::DoDispose()
{
    m_socket = nullptr;
    MessageSocket::DoDispose();
}

void
UdpMessageSocket::Read(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> message = socket->RecvFrom(from))
    {
        Deliver(message, from);
    }
}

} // namespace ns3
