// SPDX-License-Identifier: GPL-2.0-only
#include "cell/rlc-queue.h"

#include <algorithm>

namespace ns3
{

RlcQueue::RlcQueue(uint32_t limitBytes)
    : m_limitBytes(limitBytes)
{
}

bool
RlcQueue::Enqueue(Ptr<Packet> sdu, Time now)
{
    const uint32_t size = sdu->GetSize();
    if (m_unsentBytes + size > m_limitBytes)
    {
        return false;
    }
    m_sdus.push_back({.packet = std::move(sdu), .enqueued = now, .size = size});
    m_unsentBytes += size;
    return true;
}

uint64_t
RlcQueue::GetDemandBytes() const
{
    const uint64_t waiting = m_first + m_sdus.size() - m_nextToSend;
    return m_unsentBytes + waiting * HEADER_BYTES;
}

std::vector<RlcSegment>
RlcQueue::Send(uint32_t blockBytes)
{
    std::vector<RlcSegment> segments;
    while (blockBytes > HEADER_BYTES && m_nextToSend < m_first + m_sdus.size())
    {
        auto& sdu = m_sdus[m_nextToSend - m_first];
        const uint32_t bytes = std::min(sdu.size - sdu.sent, blockBytes - HEADER_BYTES);
        segments.push_back({m_nextToSend, bytes});
        sdu.sent += bytes;
        ++sdu.onAir;
        m_unsentBytes -= bytes;
        blockBytes -= bytes + HEADER_BYTES;
        if (sdu.sent == sdu.size)
        {
            ++m_nextToSend;
        }
    }
    return segments;
}

std::vector<RlcQueue::Departure>
RlcQueue::Settle(const std::vector<RlcSegment>& segments, bool arrived)
{
    for (const auto& segment : segments)
    {
        if (segment.sequence < m_first)
        {
            continue; // flushed since
        }
        auto& sdu = m_sdus[segment.sequence - m_first];
        --sdu.onAir;
        if (!arrived && !sdu.lost)
        {
            sdu.lost = true;
            // What is left of it is of no use to anybody.
            m_unsentBytes -= sdu.size - sdu.sent;
            if (sdu.sent < sdu.size)
            {
                sdu.sent = sdu.size;
                ++m_nextToSend;
            }
        }
    }
    std::vector<Departure> departures;
    while (!m_sdus.empty() && IsSettled(m_sdus.front()))
    {
        auto& sdu = m_sdus.front();
        departures.push_back({std::move(sdu.packet), sdu.enqueued, !sdu.lost});
        m_sdus.pop_front();
        ++m_first;
    }
    return departures;
}

std::vector<RlcQueue::Departure>
RlcQueue::Flush()
{
    std::vector<Departure> departures;
    departures.reserve(m_sdus.size());
    for (auto& sdu : m_sdus)
    {
        departures.push_back({std::move(sdu.packet), sdu.enqueued, false});
    }
    m_first += m_sdus.size();
    m_nextToSend = m_first;
    m_sdus.clear();
    m_unsentBytes = 0;
    return departures;
}

uint64_t
RlcQueue::GetBytes() const
{
    return m_unsentBytes;
}

uint64_t
RlcQueue::GetSdus() const
{
    return m_sdus.size();
}

bool
RlcQueue::IsSettled(const Sdu& sdu) const
{
    return sdu.sent == sdu.size && sdu.onAir == 0;
}

} // namespace ns3
