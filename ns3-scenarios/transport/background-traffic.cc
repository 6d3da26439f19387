// SPDX-License-Identifier: GPL-2.0-only
#include "transport/background-traffic.h"

#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(BackgroundTraffic);

namespace
{

constexpr uint32_t HEADERS_BYTES = 28; //!< IPv4 and UDP

} // namespace

TypeId
BackgroundTraffic::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::BackgroundTraffic")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddAttribute("MinPacketBytes",
                          "Least size of an IP packet [byte].",
                          UintegerValue(1000),
                          MakeUintegerAccessor(&BackgroundTraffic::m_minPacketBytes),
                          MakeUintegerChecker<uint32_t>(HEADERS_BYTES, 65535))
            .AddAttribute("MaxPacketBytes",
                          "Largest size of an IP packet [byte].",
                          UintegerValue(1500),
                          MakeUintegerAccessor(&BackgroundTraffic::m_maxPacketBytes),
                          MakeUintegerChecker<uint32_t>(HEADERS_BYTES, 65535))
            .AddTraceSource("Sent",
                            "A packet was handed to the IP stack: its size there [byte].",
                            MakeTraceSourceAccessor(&BackgroundTraffic::m_sentTrace),
                            "ns3::BackgroundTraffic::SentCallback");
    return tid;
}

BackgroundTraffic::BackgroundTraffic()
    : m_uniform(CreateObject<UniformRandomVariable>())
{
}

void
BackgroundTraffic::SetRemote(const Address& remote)
{
    m_remote = remote;
}

double
BackgroundTraffic::GetRateBps() const
{
    return m_rateBps;
}

uint64_t
BackgroundTraffic::GetSentBytes() const
{
    return m_sentBytes;
}

int64_t
BackgroundTraffic::AssignStreams(int64_t stream)
{
    m_uniform->SetStream(stream);
    return 1;
}

void
BackgroundTraffic::SetRateBps(double rateBps)
{
    Gather();
    m_rateBps = rateBps;
    ScheduleNext();
}

void
BackgroundTraffic::DoDispose()
{
    Simulator::Cancel(m_next);
    m_socket = nullptr;
    Application::DoDispose();
}

void
BackgroundTraffic::StartApplication()
{
    if (m_minPacketBytes > m_maxPacketBytes)
    {
        throw std::invalid_argument("MinPacketBytes is " + std::to_string(m_minPacketBytes) +
                                    "; at most MaxPacketBytes, " +
                                    std::to_string(m_maxPacketBytes) + ", is required");
    }
    m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
    m_socket->Bind();
    m_socket->Connect(m_remote);
    m_socket->ShutdownRecv();
    DrawSize();
    m_gathered = Simulator::Now();
    m_gatheredBit = 8.0 * m_packetBytes * m_uniform->GetValue(); // sources do not start in step
    Begin();
}

void
BackgroundTraffic::StopApplication()
{
    Cease();
    Simulator::Cancel(m_next);
    m_rateBps = 0;
    if (m_socket)
    {
        m_socket->Close();
    }
}

void
BackgroundTraffic::Gather()
{
    m_gatheredBit += m_rateBps * (Simulator::Now() - m_gathered).GetSeconds();
    m_gathered = Simulator::Now();
}

void
BackgroundTraffic::ScheduleNext()
{
    Simulator::Cancel(m_next);
    if (m_rateBps > 0)
    {
        const double missingBit = std::max(8.0 * m_packetBytes - m_gatheredBit, 0.0);
        m_next = Simulator::Schedule(
            Seconds(missingBit / m_rateBps), &BackgroundTraffic::SendPacket, this);
    }
}

void
BackgroundTraffic::SendPacket()
{
    Gather();
    m_gatheredBit -= 8.0 * m_packetBytes;
    m_sentBytes += m_packetBytes;
    m_sentTrace(m_packetBytes);
    m_socket->Send(Create<Packet>(m_packetBytes - HEADERS_BYTES));
    DrawSize();
    ScheduleNext();
}

void
BackgroundTraffic::DrawSize()
{
    m_packetBytes = m_uniform->GetInteger(m_minPacketBytes, m_maxPacketBytes);
}

} // namespace ns3
