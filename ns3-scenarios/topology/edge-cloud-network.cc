// SPDX-License-Identifier: GPL-2.0-only
#include "topology/edge-cloud-network.h"

#include "compute/share-plan.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-global-routing-helper.h"
#include "ns3/simulator.h"
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
constexpr int64_t USER_STREAM = 9'000'000;

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
EdgeCloudNetwork::RequireWeights()
{
    if (m_config.weights.empty())
    {
        m_config.weights.assign(m_config.edges, 1);
    }
    const double sum = std::accumulate(m_config.weights.begin(), m_config.weights.end(), 0.0);
    if (m_config.weights.size() != m_config.edges || sum <= 0)
    {
        throw std::invalid_argument("weights has " + std::to_string(m_config.weights.size()) +
                                    " numbers of sum " + std::to_string(sum) +
                                    "; one for each of " + std::to_string(m_config.edges) +
                                    " edges, not all 0, is required");
    }
}

void
EdgeCloudNetwork::Build(const EdgeCloudConfig& config, Ptr<EdgeAccess> access)
{
    m_config = config;
    m_access = access;
    RequireWeights();
    m_work = CreateObject<ExponentialRandomVariable>();
    m_work->SetStream(WORK_STREAM);
    m_replay = CreateObject<RequestReplay>();
    m_replay->SetArrivals(config.arrivals);
    m_gateway = CreateObject<Node>();
    InternetStackHelper().Install(m_gateway);
    for (uint32_t edge = 0; edge < config.edges; ++edge)
    {
        MakeEdge(edge);
    }
    auto cloud = CreateObject<Node>();
    InternetStackHelper().Install(cloud);
    auto wan = Join(m_gateway, cloud, config.wanRate, config.wanDelay, config.edges);
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
    // Users talk to their edge alone: nobody else needs a way to them.
    const auto users = access->Build(std::vector<Ptr<Node>>(m_nodes.begin(), m_nodes.end() - 1));
    for (uint32_t edge = 0; edge < config.edges; ++edge)
    {
        MakeUsers(edge, users[edge]);
    }
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
EdgeCloudNetwork::MakeEdge(uint32_t edge)
{
    auto node = CreateObject<Node>();
    InternetStackHelper().Install(node);
    auto metro = Join(node, m_gateway, m_config.metroRate, m_config.metroDelay, edge);
    m_addresses.push_back(metro->GetAddress(0));
    m_sources.push_back(CreateObjectWithAttributes<RequestSource>("BurstPeriod",
                                                                  TimeValue(m_config.burstPeriod),
                                                                  "BurstGain",
                                                                  DoubleValue(m_config.burstGain)));
    m_sources.back()->AssignStreams(ARRIVAL_STREAM + 10 * static_cast<int64_t>(edge));
    MakeServer(node, false);
}

void
EdgeCloudNetwork::MakeUsers(uint32_t edge, const EdgeAccess::Users& users)
{
    auto all = CreateObject<EdgeUsers>();
    all->SetDoor(InetSocketAddress(users.edge, DOOR_PORT));
    all->AssignStreams(USER_STREAM + edge);
    for (const auto& node : users.nodes)
    {
        auto client =
            CreateObjectWithAttributes<RequestClient>("Transport", TypeIdValue(m_config.transport));
        node->AddApplication(client);
        all->Add(client);
    }
    m_users.push_back(all);
    m_userNodes.push_back(users.nodes);
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
    auto application = CreateObjectWithAttributes<ComputeApplication>(
        "Port", UintegerValue(SERVER_PORT), "Transport", TypeIdValue(m_config.transport));
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
    auto door = CreateObjectWithAttributes<EdgeDispatcher>(
        "Port", UintegerValue(DOOR_PORT), "Transport", TypeIdValue(m_config.transport));
    door->SetTargets(targets);
    door->AssignStreams(SHARE_STREAM + edge);
    m_nodes[edge]->AddApplication(door);
    m_doors.push_back(door);
}

void
EdgeCloudNetwork::BeginInterval(uint32_t interval)
{
    if (interval == 0)
    {
        m_started = Simulator::Now();
        m_replay->Start([this](const RequestArrival& one) { Ask(one.edge, one.cycles); });
    }
    for (uint32_t edge = 0; !m_replay->HasArrivals() && edge < m_config.edges; ++edge)
    {
        const double rateHz = MeanRateHz(edge, interval);
        if (interval == 0)
        {
            m_sources[edge]->Start(rateHz, [this, edge] { Ask(edge, DrawCycles()); });
        }
        else
        {
            m_sources[edge]->SetRate(rateHz);
        }
    }
}

double
EdgeCloudNetwork::MeanRateHz(uint32_t edge, uint32_t interval) const
{
    const auto& weights = m_config.weights;
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    return m_config.rateHz * weights[edge] / sum * m_config.mask.Get(interval, edge);
}

double
EdgeCloudNetwork::GetRateHz(uint32_t edge, Time length) const
{
    if (!m_replay->HasArrivals())
    {
        return m_sources.at(edge)->GetRateHz(Simulator::Now());
    }
    const Time from = Simulator::Now() - m_started;
    return static_cast<double>(m_replay->Count(edge, from, from + length)) / length.GetSeconds();
}

uint64_t
EdgeCloudNetwork::DrawCycles()
{
    return static_cast<uint64_t>(
        std::max(std::ceil(m_work->GetValue(m_config.meanCycles, 0)), 1.0));
}

void
EdgeCloudNetwork::Ask(uint32_t edge, uint64_t cycles)
{
    m_users[edge]->Send({.cycles = cycles,
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

Ptr<EdgeUsers>
EdgeCloudNetwork::GetUsers(uint32_t edge) const
{
    return m_users.at(edge);
}

const EdgeCloudConfig&
EdgeCloudNetwork::GetConfig() const
{
    return m_config;
}

TopologyDescription
EdgeCloudNetwork::Describe() const
{
    TopologyDescription drawing;
    const double airHz = m_access->GetAirHz();
    for (uint32_t edge = 0; edge < m_config.edges; ++edge)
    {
        const auto number = std::to_string(edge);
        const double y = RowY(edge, m_config.edges);
        const size_t index = drawing.nodes.size();
        drawing.nodes.push_back(
            {.node = m_nodes[edge], .name = "edge " + number, .kind = "edge", .x = 1, .y = y});
        const auto& users = m_userNodes[edge];
        for (size_t i = 0; i < users.size(); ++i)
        {
            const double part = RowY(i, users.size()) / static_cast<double>(users.size());
            drawing.nodes.push_back(
                airHz > 0
                    ? TopologyNode{.node = users[i],
                                   .name = "UE " + number + "." + std::to_string(i),
                                   .kind = "ue",
                                   .y = y + part}
                    : TopologyNode{
                          .node = users[i], .name = "users " + number, .kind = "users", .y = y});
            if (airHz > 0)
            {
                drawing.airs.push_back(
                    {.from = index, .to = drawing.nodes.size() - 1, .bandwidthHz = airHz});
            }
        }
    }
    drawing.nodes.push_back({.node = m_gateway, .name = "gateway", .kind = "gateway", .x = 2});
    drawing.nodes.push_back({.node = m_nodes.back(), .name = "cloud", .kind = "cloud", .x = 3});
    drawing.FindWires();
    return drawing;
}

void
EdgeCloudNetwork::DoDispose()
{
    m_replay = nullptr;
    m_sources.clear();
    m_users.clear();
    m_userNodes.clear();
    m_gateway = nullptr;
    m_access = nullptr;
    m_doors.clear();
    m_meters.clear();
    m_servers.clear();
    m_links.clear();
    m_nodes.clear();
    Object::DoDispose();
}

} // namespace ns3
