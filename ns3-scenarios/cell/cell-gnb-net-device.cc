// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cell-gnb-net-device.h"

#include "cell/cell-network.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellGnbNetDevice);

TypeId
CellGnbNetDevice::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CellGnbNetDevice")
                            .SetParent<CellNetDevice>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CellGnbNetDevice>();
    return tid;
}

void
CellGnbNetDevice::Attach(CellNetwork* network, uint16_t cell)
{
    m_network = network;
    m_cell = cell;
}

void
CellGnbNetDevice::EnqueueDownlink(Ptr<Packet> packet, uint32_t ue)
{
    m_network->EnqueueDownlink(m_cell, packet, ue);
}

void
CellGnbNetDevice::SetUplinkCallback(Callback<void, Ptr<Packet>> callback)
{
    m_uplinkCallback = callback;
}

void
CellGnbNetDevice::Deliver(Ptr<Packet> packet)
{
    if (!m_uplinkCallback.IsNull())
    {
        m_uplinkCallback(packet);
    }
}

uint16_t
CellGnbNetDevice::GetCellId() const
{
    return m_cell;
}

} // namespace ns3
