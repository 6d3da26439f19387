// SPDX-License-Identifier: GPL-2.0-only
#include "topology/edge-ddnn-network.h"

#include "ns3/double.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/pointer.h"
#include "ns3/string.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeDdnnNetwork);

namespace
{

constexpr uint16_t CLOUD_PORT = 9000;
constexpr double METRO_BPS = 1e9;
constexpr double METRO_DELAY_S = 1e-3;
constexpr double MEAN_BURST_S = 0.2; //!< of background traffic, not scaled

// Each kind of random draw has streams of its own: see SlicedCells.
constexpr int64_t BACKGROUND_STREAM = 8'000'000;
constexpr int64_t STREAMS_OF_A_WAY = 10;
constexpr int64_t CUT_STREAM = 8'500'000;

DataRateValue
Rate(double bps)
{
    return DataRateValue(DataRate(static_cast<uint64_t>(std::llround(bps))));
}

} // namespace

TypeId
EdgeDdnnNetwork::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeDdnnNetwork")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<EdgeDdnnNetwork>();
    return tid;
}

void
EdgeDdnnNetwork::Build(const EdgeDdnnConfig& config)
{
    m_config = config;
    m_edge = CreateObject<Node>();
    m_cloud = CreateObject<Node>();
    InternetStackHelper().Install(NodeContainer(m_edge, m_cloud));
    m_sites = CreateObject<DdnnSites>();
    m_sites->Build(config.sites, m_edge);
    MakePath();
    MakeEnds();
}

void
EdgeDdnnNetwork::MakePath()
{
    const double s = m_config.timeScale;
    const auto wanBps = static_cast<double>(m_config.wanRate.GetBitRate());
    m_path = CreateObjectWithAttributes<EdgeCloudPath>("MetroDelay",
                                                       TimeValue(Seconds(METRO_DELAY_S * s)),
                                                       "MetroRate",
                                                       Rate(METRO_BPS / s),
                                                       "WanDelay",
                                                       TimeValue(m_config.wanDelay * int64x64_t(s)),
                                                       "WanRate",
                                                       Rate(wanBps / s));
    m_path->Join(m_edge, m_cloud);
    m_metro.Watch(m_path->GetMetro());
    m_wan.Watch(m_path->GetWan());
    for (const uint32_t end : {0, 1})
    {
        AddCut(end);
        if (m_config.wanBackground > 0)
        {
            AddBackground(end);
        }
    }
}

void
EdgeDdnnNetwork::AddCut(uint32_t end)
{
    auto cut = CreateObjectWithAttributes<RateErrorModel>(
        "ErrorRate", DoubleValue(1), "ErrorUnit", StringValue("ERROR_UNIT_PACKET"));
    cut->AssignStreams(CUT_STREAM + end);
    cut->Disable();
    m_path->GetWan()->GetDevice(end)->SetAttribute("ReceiveErrorModel", PointerValue(cut));
    m_cuts.push_back(cut);
}

void
EdgeDdnnNetwork::AddBackground(uint32_t from)
{
    const auto wan = m_path->GetWan();
    const auto traffic = wan->AddBackground(from, m_config.wanBackground);
    traffic->SetAttribute("MeanBurst", TimeValue(Seconds(MEAN_BURST_S * m_config.timeScale)));
    traffic->AssignStreams(BACKGROUND_STREAM + STREAMS_OF_A_WAY * from);
    traffic->TraceConnectWithoutContext(
        "Sent", Callback<void, uint32_t>([this](uint32_t) { ++m_backgroundSent; }));
    const auto receiver = wan->GetDevice(1 - from)->GetNode();
    for (uint32_t i = 0; i < receiver->GetNApplications(); ++i)
    {
        if (auto sink = DynamicCast<PacketSink>(receiver->GetApplication(i)))
        {
            sink->TraceConnectWithoutContext(
                "Rx",
                Callback<void, Ptr<const Packet>, const Address&>(
                    [this](Ptr<const Packet>, const Address&) { ++m_backgroundReceived; }));
        }
    }
}

void
EdgeDdnnNetwork::MakeEnds()
{
    const int64x64_t s(m_config.timeScale);
    const Time compute = Max(m_config.remoteCompute * s, NanoSeconds(1));
    m_exit = CreateObjectWithAttributes<CloudExit>(
        "Port", UintegerValue(CLOUD_PORT), "ComputeTime", TimeValue(compute));
    m_cloud->AddApplication(m_exit);
    m_client = CreateObjectWithAttributes<OffloadClient>(
        "Timeout", TimeValue(m_config.timeout * s), "Retry", TimeValue(m_config.retry * s));
    m_client->SetRemote(InetSocketAddress(m_path->GetWan()->GetAddress(1), CLOUD_PORT));
    m_edge->AddApplication(m_client);
}

void
EdgeDdnnNetwork::SetWanUp(bool up)
{
    for (const auto& cut : m_cuts)
    {
        up ? cut->Disable() : cut->Enable();
    }
}

bool
EdgeDdnnNetwork::IsWanUp() const
{
    return !m_cuts.front()->IsEnabled();
}

Ptr<DdnnSites>
EdgeDdnnNetwork::GetSites() const
{
    return m_sites;
}

Ptr<OffloadClient>
EdgeDdnnNetwork::GetClient() const
{
    return m_client;
}

Ptr<CloudExit>
EdgeDdnnNetwork::GetCloud() const
{
    return m_exit;
}

Ptr<EdgeCloudPath>
EdgeDdnnNetwork::GetPath() const
{
    return m_path;
}

const EdgeDdnnConfig&
EdgeDdnnNetwork::GetConfig() const
{
    return m_config;
}

Time
EdgeDdnnNetwork::GetUnloadedRtt() const
{
    return m_path->GetUnloadedRtt(DdnnMessage::GetIpBytes(m_config.sites.sites));
}

uint64_t
EdgeDdnnNetwork::GetWanBytes() const
{
    return m_wan.GetBytes();
}

Conservation
EdgeDdnnNetwork::CheckConservation() const
{
    Conservation packets;
    m_sites->AddTo(packets);
    packets.sent += m_client->GetCounters().sent + m_exit->GetCounters().sent + m_backgroundSent;
    packets.received +=
        m_client->GetCounters().received + m_exit->GetCounters().received + m_backgroundReceived;
    packets.dropped["metro_queue"] = m_metro.GetQueueDrops();
    packets.dropped["metro"] = m_metro.GetLineDrops();
    packets.dropped["wan_queue"] = m_wan.GetQueueDrops();
    packets.dropped["wan_down"] = m_wan.GetLineDrops();
    packets.inFlight += m_metro.GetInFlight() + m_wan.GetInFlight();
    RequireConserved(packets);
    return packets;
}

TopologyDescription
EdgeDdnnNetwork::Describe() const
{
    TopologyDescription drawing;
    drawing.nodes = m_sites->Describe();
    drawing.nodes.push_back({.node = m_edge, .name = "edge", .kind = "edge", .x = 1});
    drawing.nodes.push_back({.node = m_path->GetWan()->GetDevice(0)->GetNode(),
                             .name = "gateway",
                             .kind = "gateway",
                             .x = 2});
    drawing.nodes.push_back({.node = m_cloud, .name = "cloud", .kind = "cloud", .x = 3});
    drawing.FindWires();
    return drawing;
}

void
EdgeDdnnNetwork::DoDispose()
{
    m_metro.Clear();
    m_wan.Clear();
    m_cuts.clear();
    m_exit = nullptr;
    m_client = nullptr;
    m_path = nullptr;
    m_sites = nullptr;
    m_cloud = nullptr;
    m_edge = nullptr;
    Object::DoDispose();
}

} // namespace ns3
