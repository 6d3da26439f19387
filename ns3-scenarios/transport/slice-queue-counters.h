// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_QUEUE_COUNTERS_H
#define SLICEBED_SLICE_QUEUE_COUNTERS_H

#include "ns3/queue-disc.h"

#include <cstdint>

namespace ns3
{

/** Packets and their bytes, as IP packets. */
struct PacketCount
{
    uint64_t packets{0};
    uint64_t bytes{0};
};

/** What became of the packets of a slice: received = sent + limitDropped + aqmDropped + queued. */
struct SliceQueueCounters
{
    PacketCount received;     //!< that came in
    PacketCount sent;         //!< that went to the device
    PacketCount limitDropped; //!< because the slice's queue was full
    PacketCount aqmDropped;   //!< by the decision of its queue management
    PacketCount queued;       //!< that wait now
};

/** @return a slice's counters, from what its queue disc counts by reasons in words */
SliceQueueCounters CountersOf(QueueDisc& queueDisc);

} // namespace ns3

#endif // SLICEBED_SLICE_QUEUE_COUNTERS_H
