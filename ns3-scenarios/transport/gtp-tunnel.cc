// SPDX-License-Identifier: GPL-2.0-only
#include "transport/gtp-tunnel.h"

#include "ns3/inet-socket-address.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(GtpTunnel);

namespace
{

constexpr uint8_t G_PDU = 255; // a user's packet: TS 29.281, 6.1
constexpr uint16_t MANDATORY_BYTES = 8;

} // namespace

TypeId
GtpTunnel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::GtpTunnel")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<GtpTunnel>()
                            .AddAttribute("OverlayBytes",
                                          "Headers of an overlay network [byte].",
                                          UintegerValue(0),
                                          MakeUintegerAccessor(&GtpTunnel::m_overlayBytes),
                                          MakeUintegerChecker<uint32_t>(0, 200));
    return tid;
}

void
GtpTunnel::Open(Ptr<Node> node, Ipv4Address peer, Receiver receiver)
{
    m_receiver = receiver;
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    const int bound = m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    NS_ABORT_MSG_IF(bound != 0, "UDP port " << PORT << " is taken on this node");
    m_socket->Connect(InetSocketAddress(peer, PORT));
    m_socket->SetRecvCallback(MakeCallback(&GtpTunnel::Read, this));
}

bool
GtpTunnel::Send(Ptr<Packet> packet, uint32_t teid, uint8_t dscp)
{
    GtpuHeader header;
    header.SetMessageType(G_PDU);
    header.SetTeid(teid);
    packet->AddPaddingAtEnd(TailBytes(header));
    // The length counts what follows the mandatory part: TS 29.281, 5.1.
    header.SetLength(
        static_cast<uint16_t>(packet->GetSize() + header.GetSerializedSize() - MANDATORY_BYTES));
    packet->AddHeader(header);
    m_socket->SetIpTos(static_cast<uint8_t>(dscp << 2));
    return m_socket->Send(packet) >= 0;
}

uint32_t
GtpTunnel::TailBytes(const GtpuHeader& header) const
{
    return GTP_BYTES - header.GetSerializedSize() + m_overlayBytes;
}

void
GtpTunnel::DoDispose()
{
    m_socket = nullptr;
    m_receiver = Receiver();
    Object::DoDispose();
}

void
GtpTunnel::Read(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        GtpuHeader header;
        packet->RemoveHeader(header);
        packet->RemoveAtEnd(TailBytes(header));
        m_receiver(packet, header.GetTeid());
    }
}

} // namespace ns3
