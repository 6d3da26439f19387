// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/load-source.h"

#include "ns3/seq-ts-header.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LoadSource);

TypeId
LoadSource::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::LoadSource")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddAttribute("MaxPacketBytes",
                          "Largest UDP payload of one packet [byte].",
                          UintegerValue(1200),
                          MakeUintegerAccessor(&LoadSource::m_maxPacketBytes),
                          MakeUintegerChecker<uint32_t>(64, 65507))
            .AddAttribute("Tos",
                          "TOS byte of the IP header of all packets: DSCP and ECN.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&LoadSource::m_tos),
                          MakeUintegerChecker<uint8_t>())
            .AddTraceSource("Sent",
                            "A packet was handed to the IP stack: its payload [byte].",
                            MakeTraceSourceAccessor(&LoadSource::m_sentTrace),
                            "ns3::LoadSource::SentCallback")
            .AddTraceSource("Refused",
                            "The IP stack refused a packet: its payload [byte].",
                            MakeTraceSourceAccessor(&LoadSource::m_refusedTrace),
                            "ns3::LoadSource::SentCallback");
    return tid;
}

void
LoadSource::SetRemote(const Address& remote)
{
    m_remote = remote;
}

void
LoadSource::Offer(double bits, Time duration)
{
    NS_ABORT_MSG_IF(bits < 0 || !std::isfinite(bits), "offered bits " << bits << " is not >= 0");
    NS_ABORT_MSG_IF(duration <= Time(0), "an offer lasts longer than 0, not " << duration);
    DoOffer(bits, duration);
}

uint64_t
LoadSource::GetSentBytes() const
{
    return m_sentBytes;
}

uint32_t
LoadSource::LeastPacketBytes()
{
    return SeqTsHeader().GetSerializedSize();
}

uint32_t
LoadSource::GetMaxPacketBytes() const
{
    return m_maxPacketBytes;
}

void
LoadSource::DoDispose()
{
    m_socket = nullptr;
    Application::DoDispose();
}

void
LoadSource::StartApplication()
{
    m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
    m_socket->SetIpTos(m_tos);
    m_socket->Bind();
    m_socket->Connect(m_remote);
    m_socket->ShutdownRecv();
}

void
LoadSource::StopApplication()
{
    Cease();
    if (m_socket)
    {
        m_socket->Close();
    }
}

void
LoadSource::Send(uint32_t bytes)
{
    SeqTsHeader header; // its constructor stamps the time
    header.SetSeq(m_sequence++);
    auto packet = Create<Packet>(bytes - header.GetSerializedSize());
    packet->AddHeader(header);
    m_sentBytes += bytes;
    m_sentTrace(bytes);
    if (m_socket->Send(packet) < 0)
    {
        m_refusedTrace(bytes);
    }
}

} // namespace ns3
