// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_PACKET_FILTER_H
#define SLICEBED_SLICE_PACKET_FILTER_H

#include "ns3/ipv4-packet-filter.h"

namespace ns3
{

/** Classifies IPv4 packets by their DSCP: the slice id, or no match if they are in no slice. */
class SlicePacketFilter : public Ipv4PacketFilter
{
  public:
    static TypeId GetTypeId();

  private:
    int32_t DoClassify(Ptr<QueueDiscItem> item) const override;
};

} // namespace ns3

#endif // SLICEBED_SLICE_PACKET_FILTER_H
