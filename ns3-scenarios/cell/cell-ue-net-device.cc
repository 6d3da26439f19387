// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cell-ue-net-device.h"

#include "cell/cell-network.h"

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
CellUeNetDevice::Attach(CellNetwork* network, uint32_t ue, uint16_t slice)
{
    m_network = network;
    m_ue = ue;
    m_slice = slice;
}

bool
CellUeNetDevice::Send(Ptr<Packet> packet, const Address&, uint16_t)
{
    return m_network->EnqueueUplink(packet, m_ue);
}

void
CellUeNetDevice::Deliver(Ptr<Packet> packet)
{
    ReceiveUp(packet);
}

uint32_t
CellUeNetDevice::GetUeId() const
{
    return m_ue;
}

uint16_t
CellUeNetDevice::GetCellId() const
{
    return m_network->GetServingCell(m_ue);
}

uint16_t
CellUeNetDevice::GetSlice() const
{
    return m_slice;
}

} // namespace ns3
