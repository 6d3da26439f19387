// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cell-ue-net-device.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellUeNetDevice);

TypeId
CellUeNetDevice::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CellUeNetDevice")
                            .SetParent<CellNetDevice>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CellUeNetDevice>();
    return tid;
}

void
CellUeNetDevice::Attach(uint32_t ue, uint16_t cell, uint16_t slice)
{
    m_ue = ue;
    m_cell = cell;
    m_slice = slice;
}

void
CellUeNetDevice::Deliver(const std::vector<Ptr<Packet>>& packets)
{
    for (const auto& packet : packets)
    {
        ReceiveUp(packet);
    }
}

uint32_t
CellUeNetDevice::GetUeId() const
{
    return m_ue;
}

uint16_t
CellUeNetDevice::GetCellId() const
{
    return m_cell;
}

uint16_t
CellUeNetDevice::GetSlice() const
{
    return m_slice;
}

} // namespace ns3
