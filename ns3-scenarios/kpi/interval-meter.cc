// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/interval-meter.h"

#include "kpi/nearest-rank.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ns3
{

namespace
{

uint64_t
Dropped(const SliceCounters& counters)
{
    return std::accumulate(counters.droppedSdus.begin(), counters.droppedSdus.end(), uint64_t{0});
}

/** Mean of a difference of sums; `none` where nothing was counted. */
double
Mean(double sum, uint64_t count, double none)
{
    return count > 0 ? sum / static_cast<double>(count) : none;
}

} // namespace

void
IntervalMeter::NoteSent(uint32_t bytes)
{
    ++m_totalSent;
    ++m_sent;
    m_sentBytes += bytes;
}

void
IntervalMeter::NoteReceived(uint32_t bytes, Time delay)
{
    ++m_totalReceived;
    m_receivedBytes += bytes;
    const double delayS = delay.GetSeconds();
    m_delaySumS += delayS;
    m_delaysS.push_back(static_cast<float>(delayS));
}

void
IntervalMeter::NoteLost()
{
    ++m_totalLost;
    ++m_lost;
}

void
IntervalMeter::Begin(const SliceCounters& counters)
{
    m_base = counters;
    m_sent = 0;
    m_lost = 0;
    m_sentBytes = 0;
    m_receivedBytes = 0;
    m_delaySumS = 0;
    m_delaysS.clear();
}

SliceKpi
IntervalMeter::End(const SliceCounters& counters,
                   uint64_t bufferBytes,
                   uint32_t users,
                   double slots,
                   double windowS,
                   const QosTarget& target)
{
    const uint64_t received = m_delaysS.size();
    const uint64_t dropped = Dropped(counters) - Dropped(m_base) + m_lost;
    // A user that changes cells takes packets along: the count of one cell alone may fall below 0.
    const auto left = static_cast<int64_t>(m_totalReceived + m_totalLost + Dropped(counters));
    const auto waiting = std::max<int64_t>(static_cast<int64_t>(m_totalSent) - left, 0);
    // Offered but nothing delivered has no delay; it stands at the bound rather than at 0.
    const bool offered = m_sent > 0 || waiting > 0;
    const double noDelay = offered && received == 0 ? MAX_DELAY_S : 0;
    const double perUser = users > 0 ? 8 / windowS / users : 0;
    SliceKpi kpi{};
    kpi.thpDlBps = static_cast<double>(m_receivedBytes) * perUser;
    kpi.delayDlS = std::min(Mean(counters.delaySumS - m_base.delaySumS,
                                 counters.deliveredSdus - m_base.deliveredSdus,
                                 noDelay),
                            MAX_DELAY_S);
    kpi.delayE2eS = std::min(Mean(m_delaySumS, received, noDelay), MAX_DELAY_S);
    kpi.delayE2eP95S =
        received > 0 ? std::min<double>(NearestRank(m_delaysS, 0.95), MAX_DELAY_S) : noDelay;
    kpi.prbUsedDl = static_cast<double>(counters.prbSlots - m_base.prbSlots) / slots;
    kpi.activeUe = (counters.activeUeSeconds - m_base.activeUeSeconds) / windowS;
    kpi.cqi = Mean(static_cast<double>(counters.cqiSum - m_base.cqiSum),
                   counters.cqiCount - m_base.cqiCount,
                   0);
    kpi.offeredBps = static_cast<double>(m_sentBytes) * 8 / windowS;
    kpi.loss = dropped == 0 ? 0
                            : std::min(1.0,
                                       static_cast<double>(dropped) /
                                           static_cast<double>(std::max(m_sent, dropped)));
    kpi.bufferBytes = static_cast<double>(bufferBytes);
    const double offeredPacketsPerS = static_cast<double>(m_sent) / windowS;
    // What may rightly be on its way: as much as is sent within the delay bound, one packet a user
    // at least.
    const double mayWait = std::max<double>(users, offeredPacketsPerS * target.delayS);
    kpi.r =
        QosSatisfaction(target,
                        {.throughputBps = kpi.thpDlBps,
                         .offeredBps = static_cast<double>(m_sentBytes) * perUser,
                         .delayS = kpi.delayE2eS,
                         .delivered = received > 0,
                         .demandServed = dropped == 0 && static_cast<double>(waiting) <= mayWait});
    return kpi;
}

uint64_t
IntervalMeter::GetSentPackets() const
{
    return m_totalSent;
}

uint64_t
IntervalMeter::GetReceivedPackets() const
{
    return m_totalReceived;
}

uint64_t
IntervalMeter::GetLostPackets() const
{
    return m_totalLost;
}

} // namespace ns3
