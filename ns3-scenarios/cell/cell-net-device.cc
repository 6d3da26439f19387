// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cell-net-device.h"

#include "ns3/channel.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellNetDevice);

namespace
{

constexpr uint16_t IPV4 = 0x0800;

} // namespace

TypeId
CellNetDevice::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CellNetDevice")
                            .SetParent<NetDevice>()
                            .SetGroupName("Slicebed")
                            .AddTraceSource("MacTxDrop",
                                            "A packet was given to send where nothing can be sent.",
                                            MakeTraceSourceAccessor(&CellNetDevice::m_txDropTrace),
                                            "ns3::Packet::TracedCallback");
    return tid;
}

CellNetDevice::CellNetDevice()
    : m_address(Mac48Address::Allocate())
{
}

void
CellNetDevice::SetIfIndex(uint32_t index)
{
    m_index = index;
}

uint32_t
CellNetDevice::GetIfIndex() const
{
    return m_index;
}

Ptr<Channel>
CellNetDevice::GetChannel() const
{
    return nullptr; // the air joins many devices of two kinds: it is no ns3::Channel
}

void
CellNetDevice::SetAddress(Address address)
{
    m_address = Mac48Address::ConvertFrom(address);
}

Address
CellNetDevice::GetAddress() const
{
    return m_address;
}

bool
CellNetDevice::SetMtu(uint16_t mtu)
{
    m_mtu = mtu;
    return true;
}

uint16_t
CellNetDevice::GetMtu() const
{
    return m_mtu;
}

bool
CellNetDevice::IsLinkUp() const
{
    return true;
}

void
CellNetDevice::AddLinkChangeCallback(Callback<void>)
{
    // The link never changes: there is nothing to call back for.
}

bool
CellNetDevice::IsBroadcast() const
{
    return false;
}

Address
CellNetDevice::GetBroadcast() const
{
    return Mac48Address::GetBroadcast();
}

bool
CellNetDevice::IsMulticast() const
{
    return false;
}

Address
CellNetDevice::GetMulticast(Ipv4Address group) const
{
    return Mac48Address::GetMulticast(group);
}

Address
CellNetDevice::GetMulticast(Ipv6Address group) const
{
    return Mac48Address::GetMulticast(group);
}

bool
CellNetDevice::IsBridge() const
{
    return false;
}

bool
CellNetDevice::IsPointToPoint() const
{
    return true;
}

bool
CellNetDevice::Send(Ptr<Packet> packet, const Address&, uint16_t)
{
    m_txDropTrace(packet);
    return false;
}

bool
CellNetDevice::SendFrom(Ptr<Packet> packet, const Address&, const Address& dest, uint16_t protocol)
{
    return Send(packet, dest, protocol);
}

Ptr<Node>
CellNetDevice::GetNode() const
{
    return m_node;
}

void
CellNetDevice::SetNode(Ptr<Node> node)
{
    m_node = node;
}

bool
CellNetDevice::NeedsArp() const
{
    return false;
}

void
CellNetDevice::SetReceiveCallback(ReceiveCallback callback)
{
    m_receive = callback;
}

void
CellNetDevice::SetPromiscReceiveCallback(PromiscReceiveCallback)
{
    // Every packet that comes here is for this node: there is nothing to overhear.
}

bool
CellNetDevice::SupportsSendFrom() const
{
    return false;
}

void
CellNetDevice::DoDispose()
{
    m_node = nullptr;
    m_receive.Nullify();
    NetDevice::DoDispose();
}

void
CellNetDevice::ReceiveUp(Ptr<Packet> packet)
{
    if (!m_receive.IsNull())
    {
        m_receive(this, packet, IPV4, m_address);
    }
}

} // namespace ns3
