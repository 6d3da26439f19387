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

#include <numeric>

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

/** @return the id of the UE with an address */
uint32_t
UeAt(Ipv4Address address)
{
    return address.Get() - UE_NETWORK.Get() - FIRST_UE_OFFSET;
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
                            "A cell's link dropped a packet because its queue was full: its UE and "
                            "direction.",
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
    m_links.push_back(
        {.gnb = gnb, .hostDevice = make(m_remoteHost), .gnbDevice = make(gnb->GetNode())});
    const auto listen = [](Ptr<PointToPointNetDevice> device, auto arrive) {
        device->GetNode()->RegisterProtocolHandler(
            Node::ProtocolHandler([arrive](Ptr<NetDevice>,
                                           Ptr<const Packet> packet,
                                           uint16_t,
                                           const Address&,
                                           const Address&,
                                           NetDevice::PacketType) { arrive(packet); }),
            Ipv4L3Protocol::PROT_NUMBER,
            device);
    };
    listen(m_links.back().gnbDevice,
           [this, cell](Ptr<const Packet> packet) { ArriveAtGnb(cell, packet); });
    listen(m_links.back().hostDevice,
           [this, cell](Ptr<const Packet> packet) { ArriveAtHost(cell, packet); });
    gnb->SetUplinkCallback(
        Callback<void, Ptr<Packet>>([this, cell](Ptr<Packet> packet) { SendUp(cell, packet); }));
}

void
CoreNetwork::SetRouting(std::function<uint16_t(uint32_t)> cellOf)
{
    m_cellOf = std::move(cellOf);
}

Ipv4Address
CoreNetwork::AddUe(Ptr<CellUeNetDevice> ue)
{
    NS_ABORT_MSG_IF(ue->GetUeId() != m_ues, "UEs are added in the order of their ids");
    ++m_ues;
    const auto address = AddressAt(FIRST_UE_OFFSET + ue->GetUeId());
    InstallStack(ue->GetNode());
    AddInterface(ue, address);
    return address;
}

Ipv4Address
CoreNetwork::GetRemoteAddress() const
{
    return AddressAt(HOST_OFFSET);
}

Ipv4Address
CoreNetwork::GetUeAddress(uint32_t ue) const
{
    return AddressAt(FIRST_UE_OFFSET + ue);
}

uint64_t
CoreNetwork::GetInFlight() const
{
    return std::accumulate(m_links.begin(),
                           m_links.end(),
                           uint64_t{0},
                           [](uint64_t sum, const auto& link) { return sum + link.inFlight; });
}

void
CoreNetwork::DoDispose()
{
    m_links.clear();
    m_cellOf = nullptr;
    m_tunnel = nullptr;
    m_remoteHost = nullptr;
    Object::DoDispose();
}

bool
CoreNetwork::Forward(Ptr<Packet> packet, const Address&, const Address&, uint16_t)
{
    Ipv4Header header;
    packet->PeekHeader(header);
    const auto ue = UeAt(header.GetDestination());
    auto& link = m_links[m_cellOf(ue)];
    return SendInto(link, *link.hostDevice, packet, ue, Direction::DOWNLINK);
}

void
CoreNetwork::SendUp(uint16_t cell, Ptr<Packet> packet)
{
    Ipv4Header header;
    packet->PeekHeader(header);
    auto& link = m_links[cell];
    SendInto(link, *link.gnbDevice, packet, UeAt(header.GetSource()), Direction::UPLINK);
}

bool
CoreNetwork::SendInto(Link& link,
                      PointToPointNetDevice& device,
                      Ptr<Packet> packet,
                      uint32_t ue,
                      Direction direction)
{
    const bool queued =
        device.Send(packet, Mac48Address::GetBroadcast(), Ipv4L3Protocol::PROT_NUMBER);
    if (queued)
    {
        ++link.inFlight;
    }
    else
    {
        m_droppedTrace(ue, direction);
    }
    return queued;
}

void
CoreNetwork::ArriveAtGnb(uint16_t cell, Ptr<const Packet> packet)
{
    --m_links[cell].inFlight;
    Ipv4Header header;
    packet->PeekHeader(header);
    m_links[cell].gnb->EnqueueDownlink(packet->Copy(), UeAt(header.GetDestination()));
}

void
CoreNetwork::ArriveAtHost(uint16_t cell, Ptr<const Packet> packet)
{
    --m_links[cell].inFlight;
    m_tunnel->Receive(packet->Copy(),
                      Ipv4L3Protocol::PROT_NUMBER,
                      m_tunnel->GetAddress(),
                      m_tunnel->GetAddress(),
                      NetDevice::PACKET_HOST);
}

} // namespace ns3
