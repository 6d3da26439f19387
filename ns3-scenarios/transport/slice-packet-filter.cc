// SPDX-License-Identifier: GPL-2.0-only
#include "transport/slice-packet-filter.h"

#include "transport/slice-dscp.h"

#include "ns3/ipv4-queue-disc-item.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SlicePacketFilter);

TypeId
SlicePacketFilter::GetTypeId()
{
    static TypeId tid = TypeId("ns3::SlicePacketFilter")
                            .SetParent<Ipv4PacketFilter>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<SlicePacketFilter>();
    return tid;
}

int32_t
SlicePacketFilter::DoClassify(Ptr<QueueDiscItem> item) const
{
    const auto ipv4 = StaticCast<Ipv4QueueDiscItem>(item); // Ipv4PacketFilter lets no other pass
    const auto slice = DscpToSlice(ipv4->GetHeader().GetDscp());
    return slice ? static_cast<int32_t>(*slice) : PF_NO_MATCH;
}

} // namespace ns3
