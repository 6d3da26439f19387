// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/offered-load-source.h"

#include "ns3/seq-ts-header.h"
#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(OfferedLoadSource);

TypeId
OfferedLoadSource::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::OfferedLoadSource")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddConstructor<OfferedLoadSource>()
            .AddAttribute("MaxPacketBytes",
                          "Largest UDP payload of one packet [byte].",
                          UintegerValue(1200),
                          MakeUintegerAccessor(&OfferedLoadSource::m_maxPacketBytes),
                          MakeUintegerChecker<uint32_t>(64, 65507))
            .AddTraceSource("Sent",
                            "A packet was handed to the IP stack: its payload [byte].",
                            MakeTraceSourceAccessor(&OfferedLoadSource::m_sentTrace),
                            "ns3::OfferedLoadSource::SentCallback")
            .AddTraceSource("Refused",
                            "The IP stack refused a packet: its payload [byte].",
                            MakeTraceSourceAccessor(&OfferedLoadSource::m_refusedTrace),
                            "ns3::OfferedLoadSource::SentCallback");
    return tid;
}

OfferedLoadSource::OfferedLoadSource()
    : m_jitter(CreateObject<UniformRandomVariable>())
{
}

void
OfferedLoadSource::SetRemote(const Address& remote)
{
    m_remote = remote;
}

void
OfferedLoadSource::Offer(double bits, Time duration)
{
    NS_ABORT_MSG_IF(bits < 0 || !std::isfinite(bits), "offered bits " << bits << " is not >= 0");
    NS_ABORT_MSG_IF(duration <= Time(0), "an offer lasts longer than 0, not " << duration);
    Simulator::Cancel(m_next);
    m_carryBytes += bits / 8;
    m_packets = static_cast<uint32_t>(std::ceil(m_carryBytes / m_maxPacketBytes));
    if (m_packets == 0)
    {
        return;
    }
    const auto whole = static_cast<uint32_t>(m_carryBytes / m_packets);
    if (whole < SeqTsHeader().GetSerializedSize())
    {
        m_packets = 0; // less than a header: it waits for the next offer
        return;
    }
    m_packetBytes = whole;
    m_carryBytes -= static_cast<double>(m_packets) * whole;
    m_sentPackets = 0;
    m_offerStart = Simulator::Now();
    m_offerDuration = duration;
    ScheduleNext();
}

void
OfferedLoadSource::Cease()
{
    Simulator::Cancel(m_next);
    m_carryBytes = 0;
}

uint64_t
OfferedLoadSource::GetSentBytes() const
{
    return m_sentBytes;
}

int64_t
OfferedLoadSource::AssignStreams(int64_t stream)
{
    m_jitter->SetStream(stream);
    return 1;
}

void
OfferedLoadSource::DoDispose()
{
    Simulator::Cancel(m_next);
    m_socket = nullptr;
    Application::DoDispose();
}

void
OfferedLoadSource::StartApplication()
{
    m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
    m_socket->Bind();
    m_socket->Connect(m_remote);
    m_socket->ShutdownRecv();
}

void
OfferedLoadSource::StopApplication()
{
    Cease();
    if (m_socket)
    {
        m_socket->Close();
    }
}

void
OfferedLoadSource::ScheduleNext()
{
    if (m_sentPackets == m_packets)
    {
        return;
    }
    const double part = (m_sentPackets + m_jitter->GetValue()) / m_packets;
    const Time at = m_offerStart + Seconds(part * m_offerDuration.GetSeconds());
    m_next = Simulator::Schedule(
        Max(at - Simulator::Now(), Time(0)), &OfferedLoadSource::SendPacket, this);
}

void
OfferedLoadSource::SendPacket()
{
    SeqTsHeader header; // its constructor stamps the time
    header.SetSeq(m_sequence++);
    auto packet = Create<Packet>(m_packetBytes - header.GetSerializedSize());
    packet->AddHeader(header);
    ++m_sentPackets;
    m_sentBytes += m_packetBytes;
    m_sentTrace(m_packetBytes);
    if (m_socket->Send(packet) < 0)
    {
        m_refusedTrace(m_packetBytes);
    }
    ScheduleNext();
}

} // namespace ns3
