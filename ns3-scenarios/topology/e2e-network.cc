// SPDX-License-Identifier: GPL-2.0-only
#include "topology/e2e-network.h"

#include "transport/root-queue-disc.h"
#include "transport/slice-dscp.h"
#include "transport/tcp-cubic-forked.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/mac48-address.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/random-variable-stream.h"
#include "ns3/string.h"
#include "ns3/traffic-control-helper.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <numbers>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(E2eNetwork);

namespace
{

const Ipv4Address UE_NETWORK("7.0.0.0");
const Ipv4Mask UE_MASK("255.0.0.0");
constexpr uint32_t FIRST_UE_OFFSET = 2;
constexpr uint16_t PORT = 80;
constexpr uint32_t SEGMENT_BYTES = 1348;       // TCP payload of a PDU session with MTU 1400
constexpr uint16_t LINK_MTU_BYTES = 1600;      // room for the tunnel's headers: no fragments
constexpr uint32_t SOCKET_BYTES = 1024 * 1024; // as today's systems grow to by themselves
constexpr double GNB_HEIGHT_M = 25;            // TR 38.901 Table 7.2-1, UMa
constexpr double UE_HEIGHT_M = 1.5;
constexpr double MIN_DISTANCE_M = 35;

// Each kind of random draw has streams of its own: see SlicedCells.
constexpr int64_t PLACE_STREAM = 1'000'000;
constexpr int64_t VIDEO_STREAM = 3'000'000;
constexpr int64_t RADIO_STREAM = 4'000'000;

Ipv4Address
UeAddress(uint32_t ue)
{
    return Ipv4Address(UE_NETWORK.Get() + FIRST_UE_OFFSET + ue);
}

uint32_t
UeAt(Ipv4Address address)
{
    return address.Get() - UE_NETWORK.Get() - FIRST_UE_OFFSET;
}

/** @return the id of the UE that a packet goes to, or comes from */
uint32_t
UeOf(const Packet& packet, bool downlink)
{
    Ipv4Header header;
    packet.PeekHeader(header);
    return UeAt(downlink ? header.GetDestination() : header.GetSource());
}

void
InstallStack(Ptr<Node> node)
{
    InternetStackHelper internet;
    internet.SetRoutingHelper(Ipv4StaticRoutingHelper());
    internet.SetIpv6StackInstall(false);
    internet.Install(node);
}

/** @return the id that a slice's packets are marked with */
uint16_t
IdOf(uint32_t slice)
{
    return static_cast<uint16_t>(FIRST_MARKED_SLICE + slice);
}

/** Gives a device its address in the UEs' network. */
void
AddUeInterface(Ptr<NetDevice> device, Ipv4Address address)
{
    auto ipv4 = device->GetNode()->GetObject<Ipv4>();
    const auto interface = ipv4->AddInterface(device);
    ipv4->AddAddress(interface, Ipv4InterfaceAddress(address, UE_MASK));
    ipv4->SetUp(interface);
}

void
SetDefaultRoute(Ptr<Node> node, Ipv4Address gateway)
{
    Ipv4StaticRoutingHelper()
        .GetStaticRouting(node->GetObject<Ipv4>())
        ->SetDefaultRoute(gateway, 1);
}

} // namespace

TypeId
E2eNetwork::GetTypeId()
{
    static TypeId tid = TypeId("ns3::E2eNetwork")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<E2eNetwork>();
    return tid;
}

void
E2eNetwork::Build(const E2eConfig& config)
{
    m_config = config;
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", TypeIdValue(TcpCubicForked::GetTypeId()));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(SEGMENT_BYTES));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(SOCKET_BYTES));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(SOCKET_BYTES));
    MakeNodes();
    MakeTransport();
    MakeCell();
    for (uint32_t slice = 0; slice < config.slices; ++slice)
    {
        for (uint32_t i = 0; i < config.usersPerSlice; ++i)
        {
            MakeUser(slice, slice * config.usersPerSlice + i);
        }
    }
}

void
E2eNetwork::MakeNodes()
{
    m_server = CreateObject<Node>();
    m_upf = CreateObject<Node>();
    m_gnb = CreateObject<Node>();
    for (const auto& node : {m_server, m_upf, m_gnb})
    {
        InstallStack(node);
    }
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", DataRateValue(m_config.linkRate));
    link.SetChannelAttribute("Delay", TimeValue(m_config.serverDelay));
    const auto devices = link.Install(m_server, m_upf);
    const auto addresses = Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
    m_serverAddress = addresses.GetAddress(0);
    SetDefaultRoute(m_server, addresses.GetAddress(1));
    for (uint32_t slice = 0; slice < m_config.slices; ++slice)
    {
        // One port a slice: a slice's video carries its mark from the server on.
        m_server->AddApplication(CreateObjectWithAttributes<VideoServer>(
            "Port", UintegerValue(PORT + slice), "Dscp", UintegerValue(SliceToDscp(IdOf(slice)))));
    }
}

void
E2eNetwork::MakeTransport()
{
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", DataRateValue(m_config.linkRate));
    link.SetChannelAttribute("Delay", TimeValue(m_config.transportDelay));
    link.SetDeviceAttribute("Mtu", UintegerValue(LINK_MTU_BYTES));
    const auto devices = link.Install(m_upf, m_gnb);
    const auto addresses = Ipv4AddressHelper("10.1.0.0", "255.255.255.0").Assign(devices);
    TrafficControlHelper().Uninstall(devices.Get(1)); // uplink is not shaped: what comes goes
    MakeShaper(devices.Get(0));
    CountOnLink(devices.Get(0));
    CountOnLink(devices.Get(1));

    const UintegerValue overlay(GtpTunnel::VXLAN_BYTES);
    m_upfEnd = CreateObjectWithAttributes<GtpTunnel>("OverlayBytes", overlay);
    m_upfEnd->Open(m_upf, addresses.GetAddress(1), MakeCallback(&E2eNetwork::ArriveAtUpf, this));
    m_gnbEnd = CreateObjectWithAttributes<GtpTunnel>("OverlayBytes", overlay);
    m_gnbEnd->Open(m_gnb, addresses.GetAddress(0), MakeCallback(&E2eNetwork::ArriveAtGnb, this));

    m_tunnelDevice = CreateObject<VirtualNetDevice>();
    m_tunnelDevice->SetAddress(Mac48Address::Allocate());
    m_tunnelDevice->SetNeedsArp(false);
    m_tunnelDevice->SetSendCallback(MakeCallback(&E2eNetwork::Forward, this));
    m_upf->AddDevice(m_tunnelDevice);
    AddUeInterface(m_tunnelDevice, Ipv4Address(UE_NETWORK.Get() + 1));
}

void
E2eNetwork::MakeShaper(Ptr<NetDevice> device)
{
    m_shaper = CreateObjectWithAttributes<SliceQueueDisc>(
        "BurstTime",
        TimeValue(m_config.burst),
        "SliceLimit",
        QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, m_config.queuePackets)),
        "Aqm",
        TypeIdValue(TypeId::LookupByName(m_config.aqm)));
    m_shaper->AddSlice(0, m_config.linkRate); // what has no mark is not limited
    for (uint32_t slice = 0; slice < m_config.slices; ++slice)
    {
        m_shaper->AddSlice(IdOf(slice), DataRate(0));
    }
    // The device keeps its queue: where one packet may wait for tokens, a second that comes while
    // the first is on the wire is not to be dropped for that.
    ReplaceRootQueueDisc(device, m_shaper);
}

void
E2eNetwork::CountOnLink(Ptr<NetDevice> device)
{
    const auto count = [&](const std::string& trace, uint64_t& counter) {
        device->TraceConnectWithoutContext(
            trace, Callback<void, Ptr<const Packet>>([&counter](Ptr<const Packet>) { ++counter; }));
    };
    count("MacTx", m_linkIn);
    count("MacTxDrop", m_linkDropped);
    count("MacRx", m_linkOut);
}

void
E2eNetwork::MakeCell()
{
    Config::SetDefault("ns3::RadioChannel::Omnidirectional", BooleanValue(true));
    m_cell = CreateObjectWithAttributes<CellNetwork>(
        "BandwidthMhz", DoubleValue(m_config.bandwidthMhz), "WorkConserving", BooleanValue(true));
    m_cell->AssignStreams(RADIO_STREAM);
    const Vector site{0, 0, GNB_HEIGHT_M};
    auto place = CreateObject<ConstantPositionMobilityModel>();
    place->SetPosition(site);
    m_gnb->AggregateObject(place);
    m_cell->AddSite(site);
    m_cell->AddCell(m_gnb, 0, 0);
    m_cell->GetGnb(0)->SetUplinkCallback(MakeCallback(&E2eNetwork::SendUp, this));
    for (uint32_t slice = 0; slice < m_config.slices; ++slice)
    {
        m_cell->AddSlice(static_cast<uint16_t>(slice));
        m_stages.push_back(CreateObjectWithAttributes<GnbProcessingStage>(
            "CpuMsPerPacket",
            DoubleValue(m_config.cpuMsPerPacket),
            "QueuePackets",
            UintegerValue(m_config.cpuQueuePackets)));
        m_stages.back()->SetDeliver([this](Ptr<Packet> packet) {
            m_cell->GetGnb(0)->EnqueueDownlink(packet, UeOf(*packet, true));
        });
    }
    m_cell->SetCeilings(0, std::vector<double>(m_config.slices, 1.0 / m_config.slices));
}

void
E2eNetwork::MakeUser(uint32_t slice, uint32_t index)
{
    auto random = CreateObject<UniformRandomVariable>();
    random->SetStream(PLACE_STREAM + index);
    // Uniform over the area: the square of the distance is uniform.
    const double distanceM = std::sqrt(
        random->GetValue(MIN_DISTANCE_M * MIN_DISTANCE_M, m_config.distanceM * m_config.distanceM));
    const double angle = random->GetValue(0, 2 * std::numbers::pi);
    auto place = CreateObject<ConstantPositionMobilityModel>();
    place->SetPosition({distanceM * std::cos(angle), distanceM * std::sin(angle), UE_HEIGHT_M});
    auto node = CreateObject<Node>();
    node->AggregateObject(place);
    auto device = m_cell->AddUe(node, 0, static_cast<uint16_t>(slice));
    InstallStack(node);
    AddUeInterface(device, UeAddress(index));
    SetDefaultRoute(node, Ipv4Address(UE_NETWORK.Get() + 1));

    auto client = CreateObjectWithAttributes<VideoClient>("SegmentDuration",
                                                          TimeValue(Seconds(m_config.segmentS)),
                                                          "BufferTarget",
                                                          TimeValue(Seconds(m_config.bufferS)),
                                                          "SizeVariation",
                                                          DoubleValue(m_config.sizeVariation),
                                                          "Dscp",
                                                          UintegerValue(SliceToDscp(IdOf(slice))));
    client->SetLadder(m_config.ladderMbps);
    client->SetRemote(InetSocketAddress(m_serverAddress, static_cast<uint16_t>(PORT + slice)));
    client->AssignStreams(VIDEO_STREAM + 10 * static_cast<int64_t>(index));
    node->AddApplication(client);
    m_clients.push_back(client);
}

void
E2eNetwork::SetTransportRate(uint32_t slice, double mbps)
{
    m_shaper->SetRate(IdOf(slice), mbps * 1e6);
}

void
E2eNetwork::SetMillicores(uint32_t slice, double millicores)
{
    m_stages.at(slice)->SetMillicores(millicores);
}

void
E2eNetwork::SetUsers(uint32_t slice, uint32_t users)
{
    for (uint32_t i = 0; i < m_config.usersPerSlice; ++i)
    {
        auto& client = m_clients.at(slice * m_config.usersPerSlice + i);
        if (i < users)
        {
            client->Watch();
        }
        else
        {
            client->Leave();
        }
    }
}

double
E2eNetwork::SumOverUsers(uint32_t slice, double (*of)(const VideoClient&)) const
{
    double sum = 0;
    for (uint32_t i = 0; i < m_config.usersPerSlice; ++i)
    {
        sum += of(*m_clients.at(slice * m_config.usersPerSlice + i));
    }
    return sum;
}

uint32_t
E2eNetwork::GetUsers(uint32_t slice) const
{
    return static_cast<uint32_t>(SumOverUsers(
        slice, [](const VideoClient& client) { return client.IsWatching() ? 1.0 : 0.0; }));
}

uint64_t
E2eNetwork::GetReceivedBytes(uint32_t slice) const
{
    return static_cast<uint64_t>(SumOverUsers(slice, [](const VideoClient& client) {
        return static_cast<double>(client.GetReceivedBytes());
    }));
}

double
E2eNetwork::GetStalledS(uint32_t slice) const
{
    return SumOverUsers(slice, [](const VideoClient& client) { return client.GetStalledS(); });
}

SliceQueueCounters
E2eNetwork::GetShaperCounters(uint32_t slice) const
{
    return m_shaper->GetCounters(IdOf(slice));
}

Ptr<GnbProcessingStage>
E2eNetwork::GetStage(uint32_t slice) const
{
    return m_stages.at(slice);
}

Ptr<CellNetwork>
E2eNetwork::GetCell() const
{
    return m_cell;
}

const E2eConfig&
E2eNetwork::GetConfig() const
{
    return m_config;
}

uint32_t
E2eNetwork::SliceOf(uint32_t ue) const
{
    return ue / m_config.usersPerSlice;
}

bool
E2eNetwork::Forward(Ptr<Packet> packet, const Address&, const Address&, uint16_t)
{
    const auto ue = UeOf(*packet, true);
    ++m_sent[0];
    return m_upfEnd->Send(packet, ue, SliceToDscp(IdOf(SliceOf(ue))));
}

void
E2eNetwork::ArriveAtGnb(Ptr<Packet> packet, uint32_t teid)
{
    ++m_arrived[0];
    m_stages.at(SliceOf(teid))->Enqueue(packet);
}

void
E2eNetwork::SendUp(Ptr<Packet> packet)
{
    const auto ue = UeOf(*packet, false);
    ++m_sent[1];
    m_gnbEnd->Send(packet, ue, SliceToDscp(IdOf(SliceOf(ue))));
}

void
E2eNetwork::ArriveAtUpf(Ptr<Packet> packet, uint32_t)
{
    ++m_arrived[1];
    m_tunnelDevice->Receive(packet,
                            Ipv4L3Protocol::PROT_NUMBER,
                            m_tunnelDevice->GetAddress(),
                            m_tunnelDevice->GetAddress(),
                            NetDevice::PACKET_HOST);
}

void
E2eNetwork::DoDispose()
{
    m_clients.clear();
    m_stages.clear();
    m_shaper = nullptr;
    m_cell = nullptr;
    m_upfEnd = nullptr;
    m_gnbEnd = nullptr;
    m_tunnelDevice = nullptr;
    m_server = nullptr;
    m_upf = nullptr;
    m_gnb = nullptr;
    Object::DoDispose();
}

} // namespace ns3
