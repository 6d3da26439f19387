// SPDX-License-Identifier: GPL-2.0-only
#include "transport/slice-queue-counters.h"

#include "ns3/codel-queue-disc.h"
#include "ns3/fifo-queue-disc.h"

#include <algorithm>
#include <string>

namespace ns3
{

namespace
{

/** @return whether a queue disc means by this reason that its queue is full */
bool
MeansFull(const std::string& reason)
{
    // What FIFO, CoDel (FQ-CoDel says the same) and RED say; parents put words before it.
    static const std::string FULL[] = {FifoQueueDisc::LIMIT_EXCEEDED_DROP,
                                       CoDelQueueDisc::OVERLIMIT_DROP,
                                       QueueDisc::INTERNAL_QUEUE_DROP};
    return std::any_of(std::begin(FULL), std::end(FULL), [&reason](const auto& said) {
        return reason.ends_with(said);
    });
}

/** Adds what a queue disc counts by reason: packets and bytes. */
void
AddDrops(SliceQueueCounters& counters, const auto& packets, const auto& bytes)
{
    for (const auto& [reason, dropped] : packets)
    {
        auto& count = MeansFull(reason) ? counters.limitDropped : counters.aqmDropped;
        count.packets += dropped;
        count.bytes += bytes.at(reason);
    }
}

} // namespace

SliceQueueCounters
CountersOf(QueueDisc& queueDisc)
{
    const auto& stats = queueDisc.GetStats();
    SliceQueueCounters counters;
    counters.received = {stats.nTotalReceivedPackets, stats.nTotalReceivedBytes};
    counters.sent = {stats.nTotalSentPackets, stats.nTotalSentBytes};
    counters.queued = {queueDisc.GetNPackets(), queueDisc.GetNBytes()};
    AddDrops(counters, stats.nDroppedPacketsBeforeEnqueue, stats.nDroppedBytesBeforeEnqueue);
    AddDrops(counters, stats.nDroppedPacketsAfterDequeue, stats.nDroppedBytesAfterDequeue);
    return counters;
}

} // namespace ns3
