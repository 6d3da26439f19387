// SPDX-License-Identifier: GPL-2.0-only
#include "topology/cell-edge-access.h"

#include "topology/hex-grid.h"

#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/mac48-address.h"
#include "ns3/random-variable-stream.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <numbers>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellEdgeAccess);

namespace
{

const Ipv4Address NETWORK("7.0.0.0"); // 7.<edge>.0.0/16: the edge node, then its UEs
const Ipv4Mask MASK("255.255.0.0");
constexpr uint32_t FIRST_UE_OFFSET = 2;
constexpr uint32_t MOST_UES = 60'000;
constexpr uint32_t RLC_BUFFER_BYTES = 500'000; // some requests of 20 kB at a time
constexpr double GNB_HEIGHT_M = 25;            // TR 38.901 Table 7.2-1, UMa
constexpr double UE_HEIGHT_M = 1.5;
constexpr double MIN_DISTANCE_M = 35;

// Each kind of random draw has streams of its own: see SlicedCells.
constexpr int64_t PLACE_STREAM = 1'000'000;
constexpr int64_t RADIO_STREAM = 4'000'000;

Ipv4Address
AddressAt(uint32_t edge, uint32_t offset)
{
    return Ipv4Address(NETWORK.Get() + (edge << 16) + offset);
}

void
AddInterface(Ptr<NetDevice> device, Ipv4Address address)
{
    auto ipv4 = device->GetNode()->GetObject<Ipv4>();
    const auto interface = ipv4->AddInterface(device);
    ipv4->AddAddress(interface, Ipv4InterfaceAddress(address, MASK));
    ipv4->SetUp(interface);
}

} // namespace

TypeId
CellEdgeAccess::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CellEdgeAccess")
                            .SetParent<EdgeAccess>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CellEdgeAccess>()
                            .AddAttribute("UesPerEdge",
                                          "UEs of a cell.",
                                          UintegerValue(5),
                                          MakeUintegerAccessor(&CellEdgeAccess::m_uesPerEdge),
                                          MakeUintegerChecker<uint32_t>(1, MOST_UES))
                            .AddAttribute("BandwidthMhz",
                                          "Of a cell [MHz].",
                                          DoubleValue(20),
                                          MakeDoubleAccessor(&CellEdgeAccess::m_bandwidthMhz),
                                          MakeDoubleChecker<double>())
                            .AddAttribute("InterSiteDistanceM",
                                          "Between neighbours [m].",
                                          DoubleValue(3000),
                                          MakeDoubleAccessor(&CellEdgeAccess::m_interSiteDistanceM),
                                          MakeDoubleChecker<double>(2 * MIN_DISTANCE_M))
                            .AddAttribute("RadiusM",
                                          "From a site to its UEs, at most [m].",
                                          DoubleValue(150),
                                          MakeDoubleAccessor(&CellEdgeAccess::m_radiusM),
                                          MakeDoubleChecker<double>(MIN_DISTANCE_M));
    return tid;
}

std::vector<EdgeAccess::Users>
CellEdgeAccess::Build(const std::vector<Ptr<Node>>& edges)
{
    MakeCells(edges);
    std::vector<Users> all;
    for (uint32_t edge = 0; edge < edges.size(); ++edge)
    {
        MakeTunnel(edge, edges[edge]);
        Users users{{}, AddressAt(edge, 1)};
        for (uint32_t i = 0; i < m_uesPerEdge; ++i)
        {
            users.nodes.push_back(MakeUe(edge, i));
        }
        all.push_back(users);
    }
    return all;
}

void
CellEdgeAccess::MakeCells(const std::vector<Ptr<Node>>& edges)
{
    // Acknowledged: a request of many packets is lost with any one of them.
    m_network = CreateObjectWithAttributes<CellNetwork>("BandwidthMhz",
                                                        DoubleValue(m_bandwidthMhz),
                                                        "RlcMode",
                                                        EnumValue(RlcMode::ACKNOWLEDGED),
                                                        "RlcBufferBytes",
                                                        UintegerValue(RLC_BUFFER_BYTES));
    m_network->GetChannel()->SetAttribute("Omnidirectional", BooleanValue(true));
    m_network->AssignStreams(RADIO_STREAM);
    const auto edgeCount = static_cast<uint32_t>(edges.size());
    const auto sites = HexGrid(edgeCount, m_interSiteDistanceM, GNB_HEIGHT_M);
    for (uint32_t edge = 0; edge < edgeCount; ++edge)
    {
        m_network->AddCell(edges[edge], m_network->AddSite(sites[edge]), 0);
    }
    m_network->AddSlice(0);
    for (uint16_t cell = 0; cell < m_network->GetCells(); ++cell)
    {
        m_network->SetCeilings(cell, {1});
    }
}

void
CellEdgeAccess::MakeTunnel(uint32_t edge, Ptr<Node> node)
{
    auto gnb = m_network->GetGnb(static_cast<uint16_t>(edge));
    auto tunnel = CreateObject<VirtualNetDevice>();
    tunnel->SetAddress(Mac48Address::Allocate());
    tunnel->SetNeedsArp(false);
    tunnel->SetSendCallback(Callback<bool, Ptr<Packet>, const Address&, const Address&, uint16_t>(
        [this, gnb, edge](Ptr<Packet> packet, const Address&, const Address&, uint16_t) {
            Ipv4Header header;
            packet->PeekHeader(header);
            const auto offset = header.GetDestination().Get() - AddressAt(edge, 0).Get();
            gnb->EnqueueDownlink(packet, edge * m_uesPerEdge + offset - FIRST_UE_OFFSET);
            return true;
        }));
    gnb->SetUplinkCallback(Callback<void, Ptr<Packet>>([tunnel](Ptr<Packet> packet) {
        tunnel->Receive(packet,
                        Ipv4L3Protocol::PROT_NUMBER,
                        tunnel->GetAddress(),
                        tunnel->GetAddress(),
                        NetDevice::PACKET_HOST);
    }));
    node->AddDevice(tunnel);
    AddInterface(tunnel, AddressAt(edge, 1));
    m_tunnels.push_back(tunnel);
}

Ptr<Node>
CellEdgeAccess::MakeUe(uint32_t edge, uint32_t index)
{
    auto random = CreateObject<UniformRandomVariable>();
    random->SetStream(PLACE_STREAM + edge * m_uesPerEdge + index);
    // Uniform over the area: the square of the distance is uniform.
    const double distanceM =
        std::sqrt(random->GetValue(MIN_DISTANCE_M * MIN_DISTANCE_M, m_radiusM * m_radiusM));
    const double angle = random->GetValue(0, 2 * std::numbers::pi);
    const auto site = HexGrid(edge + 1, m_interSiteDistanceM, UE_HEIGHT_M).back();
    auto place = CreateObject<ConstantPositionMobilityModel>();
    place->SetPosition(
        {site.x + distanceM * std::cos(angle), site.y + distanceM * std::sin(angle), UE_HEIGHT_M});
    auto node = CreateObject<Node>();
    node->AggregateObject(place);
    auto device = m_network->AddUe(node, static_cast<uint16_t>(edge), 0);
    InternetStackHelper internet;
    internet.SetRoutingHelper(Ipv4StaticRoutingHelper());
    internet.SetIpv6StackInstall(false);
    internet.Install(node);
    AddInterface(device, AddressAt(edge, FIRST_UE_OFFSET + index));
    Ipv4StaticRoutingHelper()
        .GetStaticRouting(node->GetObject<Ipv4>())
        ->SetDefaultRoute(AddressAt(edge, 1), 1);
    return node;
}

Ptr<CellNetwork>
CellEdgeAccess::GetNetwork() const
{
    return m_network;
}

double
CellEdgeAccess::GetAirHz() const
{
    return m_bandwidthMhz * 1e6;
}

void
CellEdgeAccess::DoDispose()
{
    m_tunnels.clear();
    m_network = nullptr;
    EdgeAccess::DoDispose();
}

} // namespace ns3
