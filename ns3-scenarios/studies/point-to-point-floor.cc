// SPDX-License-Identifier: GPL-2.0-only
#include "studies/point-to-point-floor.h"

#include "traffic/measuring-sink.h"

#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

namespace ns3
{

namespace
{

constexpr uint16_t PORT = 9;
constexpr uint32_t PACKET_BYTES = 1200;
constexpr uint32_t FIRST_UE_NETWORK = 0x0b000000; // 11.0.0.0: a /24 for each UE

/** Installs ns-3's IPv4 stack with static routes. */
void
InstallStack(Ptr<Node> node)
{
    InternetStackHelper internet;
    internet.SetRoutingHelper(Ipv4StaticRoutingHelper());
    internet.SetIpv6StackInstall(false);
    internet.Install(node);
}

/** Joins two nodes. @return their interfaces */
Ipv4InterfaceContainer
Join(Ptr<Node> a, Ptr<Node> b, const std::string& delay, Ipv4Address network)
{
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", StringValue("1Gbps"));
    link.SetChannelAttribute("Delay", StringValue(delay));
    const auto devices = link.Install(a, b);
    Ipv4AddressHelper addresses(network, "255.255.255.0");
    return addresses.Assign(devices);
}

Ptr<Ipv4StaticRouting>
RoutesOf(Ptr<Node> node)
{
    return Ipv4StaticRoutingHelper().GetStaticRouting(node->GetObject<Ipv4>());
}

} // namespace

PointToPointFloor::PointToPointFloor(uint32_t cells, uint32_t ues)
    : m_host(CreateObject<Node>())
{
    InstallStack(m_host);
    for (uint32_t cell = 0; cell < cells; ++cell)
    {
        AddCell(cell, ues);
    }
}

void
PointToPointFloor::AddCell(uint32_t cell, uint32_t ues)
{
    auto router = CreateObject<Node>();
    InstallStack(router);
    m_nodes.Add(router);
    const Ipv4Address network(0x0a000000 + (cell << 8)); // 10.0.x.0
    const auto interfaces = Join(m_host, router, "2ms", network);
    const auto first = static_cast<uint32_t>(m_sources.size());
    for (uint32_t i = 0; i < ues; ++i)
    {
        // One route a UE: what a user's script would have, too.
        const Ipv4Address ueNetwork(FIRST_UE_NETWORK + ((first + i) << 8));
        RoutesOf(m_host)->AddNetworkRouteTo(ueNetwork,
                                            Ipv4Mask("255.255.255.0"),
                                            interfaces.GetAddress(1),
                                            interfaces.Get(0).second);
        AddUe(router, first + i);
    }
}

void
PointToPointFloor::AddUe(Ptr<Node> router, uint32_t index)
{
    auto ue = CreateObject<Node>();
    InstallStack(ue);
    m_nodes.Add(ue);
    const auto interfaces = Join(router, ue, "0ms", Ipv4Address(FIRST_UE_NETWORK + (index << 8)));
    auto source = CreateObjectWithAttributes<OfferedLoadSource>("MaxPacketBytes",
                                                                UintegerValue(PACKET_BYTES));
    source->SetRemote(InetSocketAddress(interfaces.GetAddress(1), PORT));
    source->AssignStreams(index);
    source->TraceConnectWithoutContext("Sent",
                                       Callback<void, uint32_t>([this](uint32_t) { ++m_sent; }));
    m_host->AddApplication(source);
    m_sources.push_back(source);
    auto sink = CreateObjectWithAttributes<MeasuringSink>("Port", UintegerValue(PORT));
    sink->TraceConnectWithoutContext("Received",
                                     Callback<void, uint32_t, Time, const Address&>(
                                         [this](uint32_t, Time, const Address&) { ++m_received; }));
    ue->AddApplication(sink);
}

void
PointToPointFloor::Offer(double bps, Time duration)
{
    for (auto& source : m_sources)
    {
        source->Offer(bps * duration.GetSeconds(), duration);
    }
}

uint64_t
PointToPointFloor::GetSent() const
{
    return m_sent;
}

uint64_t
PointToPointFloor::GetReceived() const
{
    return m_received;
}

} // namespace ns3
