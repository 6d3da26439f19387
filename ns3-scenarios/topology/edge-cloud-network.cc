// SPDX-License-Identifier: GPL-2.0-only
#include "topology/edge-cloud-network.h"

#include "compute/share-plan.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-global-routing-helper.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeCloudNetwork);

namespace
{

constexpr uint16_t DOOR_PORT = 8000;
constexpr uint16_t SERVER_PORT = 8080;

// Each kind of random draw has streams of its own: see SlicedCells.
constexpr int64_t ARRIVAL_STREAM = 3'000'000;
constexpr int64_t WORK_STREAM = 3'500'000;
constexpr int64_t SHARE_STREAM = 7'000'000;
constexpr int64_t BACKGROUND_STREAM = 8'000'000;

} // namespace

TypeId
EdgeCloudNetwork::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeCloudNetwork")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<EdgeCloudNetwork>();
    return tid;
}

void
EdgeCloudNetwork::Build(const EdgeCloudConfig& config)
{
    m_config = config;
    if (m_config.weights.empty())
    {
        m_config.weights.assign(config.edges, 1);
    }
    const double sum = std::accumulate(m_config.weights.begin(), m_config.weights.end(), 0.0);
    if (m_config.weights.size() != config.edges || sum <= 0)
    {
        throw std::invalid_argument("weights has " + std::to_string(m_config.weights.size()) +
                                    " numbers of sum " + std::to_string(sum) +
                                    "; one for each of " + std::to_string(config.edges) +
                                    " edges, not all 0, is required");
    }
    m_work = CreateObject<ExponentialRandomVariable>();
    m_work->SetStream(WORK_STREAM);
    auto gateway = CreateObject<Node>();
    InternetStackHelper().Install(gateway);
    for (uint32_t edge = 0; edge < config.edges; ++edge)
    {
        MakeEdge(edge, gateway);
    }
    auto cloud = CreateObject<Node>();
    InternetStackHelper().Install(cloud);
    auto wan = Join(gateway, cloud, config.wanRate, config.wanDelay, 2 * config.edges);
    if (config.wanBackground > 0)
    {
        wan->AddBackground(0, config.wanBackground)->AssignStreams(BACKGROUND_STREAM);
    }
    m_addresses.push_back(wan->GetAddress(1));
    MakeServer(cloud, true);
    for (uint32_t edge = 0; edge < config.edges; ++edge)
    {
        MakeDoor(edge);
    }
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    SetShares(std::vector<double>(config.edges, 1),
              std::vector<double>(GetNodes(), 1.0 / GetNodes()));
}

Ptr<WanLink>
EdgeCloudNetwork::Join(Ptr<Node> a, Ptr<Node> b, DataRate rate, Time delay, uint32_t number)
{
    auto link =
        CreateObjectWithAttributes<WanLink>("Rate", DataRateValue(rate), "Delay", TimeValue(delay));
    link->Join(a, b, Ipv4Address(0x0a000000 + (number << 2))); // 10.0.x.x, four addresses each
    m_links.push_back(link);
    return link;
}

void
EdgeCloudNetwork::MakeEdge(uint32_t edge, Ptr<Node> gateway)
{
    auto users = CreateObject<Node>();
    auto node = CreateObject<Node>();
    InternetStackHelper().Install(NodeContainer(users, node));
    auto access = Join(users, node, m_config.accessRate, m_config.accessDelay, 2 * edge);
    auto metro = Join(node, gateway, m_config.metroRate, m_config.metroDelay, 2 * edge + 1);
    m_addresses.push_back(metro->GetAddress(0));
    m_doorAddresses.push_back(InetSocketAddress(access->GetAddress(1), DOOR_PORT));
    m_clients.push_back(CreateObject<RequestClient>());
    users->AddApplication(m_clients.back());
    m_sources.push_back(CreateObjectWithAttributes<RequestSource>("BurstPeriod",
                                                                  TimeValue(m_config.burstPeriod),
                                                                  "BurstGain",
                                                                  DoubleValue(m_config.burstGain)));
    m_sources.back()->AssignStreams(ARRIVAL_STREAM + 10 * static_cast<int64_t>(edge));
    MakeServer(node, false);
}

void
EdgeCloudNetwork::MakeServer(Ptr<Node> node, bool cloud)
{
    m_nodes.push_back(node);
    m_servers.push_back(CreateObjectWithAttributes<ComputeServer>(
        "Capacity",
        DoubleValue(cloud ? m_config.cloudHz : m_config.edgeHz),
        "Cores",
        UintegerValue(cloud ? m_config.cloudCores : 1),
        "Discipline",
        EnumValue(m_config.discipline),
        "QueueLimit",
        UintegerValue(m_config.queueLimit)));
    // The cloud is as many machines as its capacity is edges.
    const double machines = cloud ? m_config.cloudHz / m_config.edgeHz : 1;
    const auto times = [&](double watts) {
        return DoubleValue(watts * machines);
    };
    m_meters.push_back(CreateObjectWithAttributes<PowerMeter>(
        "IdlePower", times(60), "MaxPower", times(180), "SleepPower", times(10)));
    m_meters.back()->Attach(m_servers.back());
    auto application =
        CreateObjectWithAttributes<ComputeApplication>("Port", UintegerValue(SERVER_PORT));
    application->SetServer(m_servers.back());
    node->AddApplication(application);
}

void
EdgeCloudNetwork::MakeDoor(uint32_t edge)
{
    std::vector<Address> targets;
    for (uint32_t node = 0; node < GetNodes(); ++node)
    {
        targets.push_back(InetSocketAddress(
            node == edge ? Ipv4Address::GetLoopback() : m_addresses[node], SERVER_PORT));
    }
    auto door = CreateObjectWithAttributes<EdgeDispatcher>("Port", UintegerValue(DOOR_PORT));
    door->SetTargets(targets);
    door->AssignStreams(SHARE_STREAM + edge);
    m_nodes[edge]->AddApplication(door);
    m_doors.push_back(door);
}

void
EdgeCloudNetwork::Start()
{
    const auto& weights = m_config.weights;
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (uint32_t edge = 0; edge < m_config.edges; ++edge)
    {
        m_sources[edge]->Start(m_config.rateHz * weights[edge] / sum, [this, edge] { Ask(edge); });
    }
}

void
EdgeCloudNetwork::Ask(uint32_t edge)
{
    const double cycles = std::ceil(m_work->GetValue(m_config.meanCycles, 0));
    m_clients[edge]->Send(m_doorAddresses[edge],
                          {.cycles = static_cast<uint64_t>(std::max(cycles, 1.0)),
                           .requestBytes = m_config.requestBytes,
                           .responseBytes = m_config.responseBytes});
}

void
EdgeCloudNetwork::SetShares(const std::vector<double>& offered, const std::vector<double>& shares)
{
    const auto plan = PlanShares(offered, shares);
    for (uint32_t edge = 0; edge < m_config.edges; ++edge)
    {
        m_doors[edge]->SetShares(plan[edge]);
    }
}

uint32_t
EdgeCloudNetwork::GetNodes() const
{
    return m_config.edges + 1;
}

Ptr<ComputeServer>
EdgeCloudNetwork::GetServer(uint32_t node) const
{
    return m_servers.at(node);
}

Ptr<PowerMeter>
EdgeCloudNetwork::GetMeter(uint32_t node) const
{
    return m_meters.at(node);
}

Ptr<RequestClient>
EdgeCloudNetwork::GetClient(uint32_t edge) const
{
    return m_clients.at(edge);
}

Ptr<RequestSource>
EdgeCloudNetwork::GetSource(uint32_t edge) const
{
    return m_sources.at(edge);
}

const EdgeCloudConfig&
EdgeCloudNetwork::GetConfig() const
{
    return m_config;
}

TopologyDescription
EdgeCloudNetwork::Describe() const
{
    // In this order they were joined: access and metro of each edge, then the WAN.
    const auto first = [this](size_t link) {
        return m_links.at(link)->GetDevice(0)->GetNode();
    };
    TopologyDescription drawing;
    for (uint32_t edge = 0; edge < m_config.edges; ++edge)
    {
        const auto number = std::to_string(edge);
        const double y = RowY(edge, m_config.edges);
        drawing.nodes.push_back(
            {.node = first(2 * edge), .name = "users " + number, .kind = "users", .y = y});
        drawing.nodes.push_back(
            {.node = m_nodes[edge], .name = "edge " + number, .kind = "edge", .x = 1, .y = y});
    }
    drawing.nodes.push_back(
        {.node = first(m_links.size() - 1), .name = "gateway", .kind = "gateway", .x = 2});
    drawing.nodes.push_back({.node = m_nodes.back(), .name = "cloud", .kind = "cloud", .x = 3});
    drawing.FindWires();
    return drawing;
}

void
EdgeCloudNetwork::DoDispose()
{
    m_sources.clear();
    m_clients.clear();
    m_doors.clear();
    m_meters.clear();
    m_servers.clear();
    m_links.clear();
    m_nodes.clear();
    Object::DoDispose();
}

} // namespace ns3
