// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/offered-load-source.h"

#include "ns3/simulator.h"

#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(OfferedLoadSource);

TypeId
OfferedLoadSource::GetTypeId()
{
    static TypeId tid = TypeId("ns3::OfferedLoadSource")
                            .SetParent<LoadSource>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<OfferedLoadSource>();
    return tid;
}

OfferedLoadSource::OfferedLoadSource()
    : m_jitter(CreateObject<UniformRandomVariable>())
{
}

void
OfferedLoadSource::DoOffer(double bits, Time duration)
{
    Simulator::Cancel(m_next);
    m_carryBytes += bits / 8;
    m_packets = static_cast<uint32_t>(std::ceil(m_carryBytes / GetMaxPacketBytes()));
    if (m_packets == 0)
    {
        return;
    }
    const auto whole = static_cast<uint32_t>(m_carryBytes / m_packets);
    if (whole < LeastPacketBytes())
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
    LoadSource::DoDispose();
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
    ++m_sentPackets;
    Send(m_packetBytes);
    ScheduleNext();
}

} // namespace ns3
