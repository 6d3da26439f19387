// SPDX-License-Identifier: GPL-2.0-only
#include "cell/rlc-queue.h"

#include <algorithm>

namespace ns3
{

RlcQueue::RlcQueue(const Settings& settings)
    : m_settings(&settings)
{
}

bool
RlcQueue::Enqueue(Ptr<Packet> sdu, Time now)
{
    const uint32_t size = sdu->GetSize();
    if (m_unsentBytes + size > m_settings->limitBytes)
    {
        return false;
    }
    m_sdus.push_back({.packet = std::move(sdu), .enqueued = now, .size = size});
    m_unsentBytes += size;
    return true;
}

uint64_t
RlcQueue::GetDemandBytes(Time now) const
{
    const uint64_t waiting = m_first + m_sdus.size() - m_nextToSend;
    uint64_t demand = m_unsentBytes + waiting * HEADER_BYTES;
    for (auto again = m_again.begin(); again != m_again.end() && again->due <= now; ++again)
    {
        demand += again->segment.bytes + HEADER_BYTES;
    }
    return demand;
}

std::optional<Time>
RlcQueue::GetNextRetransmission() const
{
    return m_again.empty() ? std::nullopt : std::optional(m_again.front().due);
}

std::vector<RlcSegment>
RlcQueue::Send(uint32_t blockBytes, Time now)
{
    std::vector<RlcSegment> segments;
    blockBytes = SendAgain(blockBytes, now, segments);
    while (blockBytes > HEADER_BYTES && m_nextToSend < m_first + m_sdus.size())
    {
        auto& sdu = m_sdus[m_nextToSend - m_first];
        const uint32_t bytes = std::min(sdu.size - sdu.sent, blockBytes - HEADER_BYTES);
        segments.push_back({m_nextToSend, bytes});
        sdu.sent += bytes;
        ++sdu.onAir;
        m_unsentBytes -= bytes;
        blockBytes -= bytes + HEADER_BYTES;
        SkipSent();
    }
    return segments;
}

void
RlcQueue::SkipSent()
{
    m_nextToSend = std::max(m_nextToSend, m_first);
    while (m_nextToSend < m_first + m_sdus.size() &&
           m_sdus[m_nextToSend - m_first].sent == m_sdus[m_nextToSend - m_first].size)
    {
        ++m_nextToSend;
    }
}

uint32_t
RlcQueue::SendAgain(uint32_t blockBytes, Time now, std::vector<RlcSegment>& segments)
{
    while (!m_again.empty() && m_again.front().due <= now && blockBytes > HEADER_BYTES)
    {
        auto& again = m_again.front().segment;
        const uint32_t bytes = std::min(again.bytes, blockBytes - HEADER_BYTES);
        segments.push_back({again.sequence, bytes});
        blockBytes -= bytes + HEADER_BYTES;
        again.bytes -= bytes;
        if (again.bytes == 0)
        {
            m_again.erase(m_again.begin());
        }
        else
        {
            ++m_sdus[again.sequence - m_first].onAir; // cut in two
        }
    }
    return blockBytes;
}

std::vector<RlcQueue::Departure>
RlcQueue::Settle(const std::vector<RlcSegment>& segments, bool arrived, Time now)
{
    for (const auto& segment : segments)
    {
        if (segment.sequence < m_first)
        {
            continue; // flushed since
        }
        auto& sdu = m_sdus[segment.sequence - m_first];
        const bool again = !arrived && !sdu.lost && m_settings->mode == RlcMode::ACKNOWLEDGED &&
                           sdu.retransmissions < m_settings->maxRetransmissions;
        if (again)
        {
            ++sdu.retransmissions;
            m_again.push_back({now + m_settings->statusDelay, segment});
            continue;
        }
        --sdu.onAir;
        if (!arrived && !sdu.lost)
        {
            Lose(sdu);
            std::erase_if(m_again, [&](const auto& other) {
                const bool its = other.segment.sequence == segment.sequence;
                sdu.onAir -= its ? 1 : 0;
                return its;
            });
        }
    }
    return TakeSettled();
}

void
RlcQueue::Lose(Sdu& sdu)
{
    // What is left of it is of no use to anybody.
    sdu.lost = true;
    m_unsentBytes -= sdu.size - sdu.sent;
    sdu.sent = sdu.size;
    SkipSent();
}

std::vector<RlcQueue::Departure>
RlcQueue::TakeSettled()
{
    std::vector<Departure> departures;
    while (!m_sdus.empty() && IsSettled(m_sdus.front()))
    {
        auto& sdu = m_sdus.front();
        departures.push_back({std::move(sdu.packet), sdu.enqueued, !sdu.lost});
        m_sdus.pop_front();
        ++m_first;
    }
    SkipSent();
    return departures;
}

void
RlcQueue::Rewind()
{
    m_again.clear();
    m_unsentBytes = 0;
    m_nextToSend = m_first + m_sdus.size();
    for (size_t i = m_sdus.size(); i-- > 0;)
    {
        auto& sdu = m_sdus[i];
        if (IsSettled(sdu))
        {
            continue; // it is there, and waits for those before it
        }
        sdu.sent = 0;
        sdu.onAir = 0;
        sdu.lost = false;
        m_unsentBytes += sdu.size;
        m_nextToSend = m_first + i;
    }
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
    m_again.clear();
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
