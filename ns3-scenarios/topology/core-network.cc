// SPDX-License-Identifier: GPL-2.0-only
#include "topology/core-network.h"

#include "ns3/drop-tail-queue.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/mac48-address.h"
#include "ns3/point-to-point-channel.h"
#include "ns3/uinteger.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CoreNetwork);

namespace
{

const Ipv4Address UE_NETWORK("7.0.0.0");
const Ipv4Mask UE_MASK("255.0.0.0");
constexpr uint32_t HOST_OFFSET = 1;     //!< of the remote host in the UEs' network
constexpr uint32_t FIRST_UE_OFFSET = 2; //!< of UE 0
constexpr uint16_t UE_MTU = 1500;

Ipv4Address
AddressAt(uint32_t offset)
{
    return Ipv4Address(UE_NETWORK.Get() + offset);
}

/** Gives a device its IP interface. */
void
AddInterface(Ptr<NetDevice> device, Ipv4Address address)
{
    auto ipv4 = device->GetNode()->GetObject<Ipv4>();
    const auto interface = ipv4->AddInterface(device);
    ipv4->AddAddress(interface, Ipv4InterfaceAddress(address, UE_MASK));
    ipv4->SetUp(interface);
}

/** Installs IPv4 and UDP alone: what a packet of ours passes through. */
void
InstallStack(Ptr<Node> node)
{
    InternetStackHelper internet;
    internet.SetRoutingHelper(Ipv4StaticRoutingHelper());
    internet.SetIpv6StackInstall(false);
    internet.Install(node);
}

} // namespace

TypeId
CoreNetwork::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::CoreNetwork")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<CoreNetwork>()
            .AddAttribute("Delay",
                          "One-way delay of the link between the remote host and a gNB.",
                          TimeValue(MilliSeconds(2)),
                          MakeTimeAccessor(&CoreNetwork::m_delay),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("Rate",
                          "Rate of that link.",
                          DataRateValue(DataRate("1Gbps")),
                          MakeDataRateAccessor(&CoreNetwork::m_rate),
                          MakeDataRateChecker())
            .AddAttribute("QueuePackets",
                          "Packets that may wait at the remote host for that link.",
                          UintegerValue(1000),
                          MakeUintegerAccessor(&CoreNetwork::m_queuePackets),
                          MakeUintegerChecker<uint32_t>(1))
            .AddTraceSource("Dropped",
                            "A cell's link dropped a packet because its queue was full: its UE.",
                            MakeTraceSourceAccessor(&CoreNetwork::m_droppedTrace),
                            "ns3::CoreNetwork::DroppedCallback");
    return tid;
}

CoreNetwork::CoreNetwork()
    : m_remoteHost(CreateObject<Node>())
    , m_tunnel(CreateObject<VirtualNetDevice>())
{
    m_tunnel->SetAddress(Mac48Address::Allocate());
    m_tunnel->SetMtu(UE_MTU);
    m_tunnel->SetNeedsArp(false);
    m_tunnel->SetSendCallback(MakeCallback(&CoreNetwork::Forward, this));
    m_remoteHost->AddDevice(m_tunnel);
    InstallStack(m_remoteHost);
    AddInterface(m_tunnel, AddressAt(HOST_OFFSET));
}

Ptr<Node>
CoreNetwork::GetRemoteHost() const
{
    return m_remoteHost;
}

void
CoreNetwork::AddCell(Ptr<CellGnbNetDevice> gnb)
{
    const auto cell = static_cast<uint16_t>(m_links.size());
    NS_ABORT_MSG_IF(gnb->GetCellId() != cell, "cells are added in the order of their ids");
    auto channel = CreateObject<PointToPointChannel>();
    channel->SetAttribute("Delay", TimeValue(m_delay));
    auto make = [&](Ptr<Node> node) {
        auto device = CreateObject<PointToPointNetDevice>();
        auto queue = CreateObject<DropTailQueue<Packet>>();
        queue->SetMaxSize(QueueSize(QueueSizeUnit::PACKETS, m_queuePackets));
        device->SetQueue(queue);
        device->SetDataRate(m_rate);
        device->SetAddress(Mac48Address::Allocate());
        node->AddDevice(device);
        device->Attach(channel);
        return device;
    };
    m_links.push_back({.gnb = gnb, .hostDevice = make(m_remoteHost)});
    auto gnbDevice = make(gnb->GetNode());

    m_links.back().hostDevice->TraceConnectWithoutContext(
        "PhyTxBegin", Callback<void, Ptr<const Packet>>([this, cell](Ptr<const Packet>) {
            ++m_links[cell].onWire;
        }));
    gnb->GetNode()->RegisterProtocolHandler(
        Node::ProtocolHandler([this, cell](Ptr<NetDevice>,
                                           Ptr<const Packet> packet,
                                           uint16_t,
                                           const Address&,
                                           const Address&,
                                           NetDevice::PacketType) { Arrive(cell, packet); }),
        Ipv4L3Protocol::PROT_NUMBER,
        gnbDevice);
}

Ipv4Address
CoreNetwork::AddUe(Ptr<CellUeNetDevice> ue)
{
    NS_ABORT_MSG_IF(ue->GetUeId() != m_ues.size(), "UEs are added in the order of their ids");
    m_ues.push_back(ue);
    const auto address = AddressAt(FIRST_UE_OFFSET + ue->GetUeId());
    InstallStack(ue->GetNode());
    AddInterface(ue, address);
    return address;
}

uint64_t
CoreNetwork::GetInFlight(uint16_t cell) const
{
    const auto& link = m_links.at(cell);
    return link.hostDevice->GetQueue()->GetNPackets() + link.onWire - link.arrived;
}

void
CoreNetwork::DoDispose()
{
    m_links.clear();
    m_ues.clear();
    m_tunnel = nullptr;
    m_remoteHost = nullptr;
    Object::DoDispose();
}

bool
CoreNetwork::Forward(Ptr<Packet> packet, const Address&, const Address&, uint16_t protocol)
{
    const auto ue = UeOf(*packet);
    const auto cell = m_ues.at(ue)->GetCellId();
    const bool queued =
        m_links[cell].hostDevice->Send(packet, Mac48Address::GetBroadcast(), protocol);
    if (!queued)
    {
        m_droppedTrace(ue);
    }
    return queued;
}

void
CoreNetwork::Arrive(uint16_t cell, Ptr<const Packet> packet)
{
    ++m_links[cell].arrived;
    m_links[cell].gnb->EnqueueDownlink(packet->Copy(), UeOf(*packet));
}

uint32_t
CoreNetwork::UeOf(const Packet& packet) const
{
    Ipv4Header header;
    packet.PeekHeader(header);
    return header.GetDestination().Get() - UE_NETWORK.Get() - FIRST_UE_OFFSET;
}

} // namespace ns3
