// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/conservation.h"

#include "ns3/abort.h"

namespace ns3
{

void
RequireConserved(const Conservation& packets)
{
    uint64_t accounted = packets.received + packets.inFlight;
    for (const auto& [cause, count] : packets.dropped)
    {
        accounted += count;
    }
    NS_ABORT_MSG_IF(accounted != packets.sent,
                    "packets are not conserved: " << packets.sent << " sent, " << accounted
                                                  << " received, dropped or in flight");
}

} // namespace ns3
