// SPDX-License-Identifier: GPL-2.0-only
#include "compute/compute-header.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ComputeHeader);

TypeId
ComputeHeader::GetTypeId()
{
    static TypeId tid = TypeId("ns3::ComputeHeader")
                            .SetParent<Header>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<ComputeHeader>();
    return tid;
}

TypeId
ComputeHeader::GetInstanceTypeId() const
{
    return GetTypeId();
}

uint32_t
ComputeHeader::GetSerializedSize() const
{
    return BYTES;
}

void
ComputeHeader::Serialize(Buffer::Iterator start) const
{
    start.WriteU8(static_cast<uint8_t>(kind));
    start.WriteHtonU64(id);
    start.WriteHtonU64(cycles);
    start.WriteHtonU32(responseBytes);
}

uint32_t
ComputeHeader::Deserialize(Buffer::Iterator start)
{
    kind = static_cast<Kind>(start.ReadU8());
    id = start.ReadNtohU64();
    cycles = start.ReadNtohU64();
    responseBytes = start.ReadNtohU32();
    return BYTES;
}

void
ComputeHeader::Print(std::ostream& os) const
{
    os << "kind=" << static_cast<int>(kind) << " id=" << id << " cycles=" << cycles
       << " responseBytes=" << responseBytes;
}

} // namespace ns3
