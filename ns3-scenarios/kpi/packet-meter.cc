// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/packet-meter.h"

#include "kpi/nearest-rank.h"

namespace ns3
{

void
PacketMeter::NoteSent(uint32_t bytes)
{
    ++m_totalSent;
    ++m_sent;
    m_sentBytes += bytes;
}

void
PacketMeter::NoteReceived(uint32_t bytes, Time delay)
{
    ++m_totalReceived;
    m_receivedBytes += bytes;
    m_delaySumS += delay.GetSeconds();
    m_delaysS.push_back(static_cast<float>(delay.GetSeconds()));
}

void
PacketMeter::NoteDropped()
{
    ++m_totalDropped;
    ++m_dropped;
}

void
PacketMeter::Begin()
{
    m_sent = 0;
    m_dropped = 0;
    m_sentBytes = 0;
    m_receivedBytes = 0;
    m_delaySumS = 0;
    m_delaysS.clear();
}

PacketMeter::Reading
PacketMeter::Get() const
{
    Reading reading{.sentBytes = m_sentBytes,
                    .receivedBytes = m_receivedBytes,
                    .delayS = 0,
                    .delayP95S = 0,
                    .loss = 0};
    const bool waiting = m_totalSent > m_totalReceived + m_totalDropped;
    if (!m_delaysS.empty())
    {
        const double meanS = m_delaySumS / static_cast<double>(m_delaysS.size());
        auto delaysS = m_delaysS;
        reading.delayS = std::min(meanS, MAX_DELAY_S);
        reading.delayP95S = std::min<double>(NearestRank(delaysS, 0.95), MAX_DELAY_S);
    }
    else if (m_sent > 0 || waiting)
    {
        reading.delayS = MAX_DELAY_S;
        reading.delayP95S = MAX_DELAY_S;
    }
    if (m_dropped > 0)
    {
        // What is dropped may have been sent before the window.
        reading.loss =
            static_cast<double>(m_dropped) / static_cast<double>(std::max(m_sent, m_dropped));
    }
    return reading;
}

uint64_t
PacketMeter::GetSentPackets() const
{
    return m_totalSent;
}

uint64_t
PacketMeter::GetReceivedPackets() const
{
    return m_totalReceived;
}

} // namespace ns3
