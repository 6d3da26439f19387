// SPDX-License-Identifier: GPL-2.0-only
#include "topology/edge-cloud-session.h"

#include "kpi/nearest-rank.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeCloudSession);

namespace
{

/** @return a / b, 0 if there is nothing to divide by */
double
Ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/** @return the nearest-rank 95th percentile; 0 of nothing */
double
Percentile95(std::vector<double> values)
{
    if (values.empty())
    {
        return 0;
    }
    return NearestRank(values, 0.95);
}

/** @return values by bin of LATENCY_BINS */
std::vector<uint64_t>
CountByBin(const std::vector<double>& latenciesS)
{
    LogHistogram histogram(LATENCY_BINS);
    for (const double latencyS : latenciesS)
    {
        histogram.Add(latencyS);
    }
    return histogram.GetCounts();
}

double
Total(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

} // namespace

TypeId
EdgeCloudSession::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeCloudSession")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<EdgeCloudSession>();
    return tid;
}

void
EdgeCloudSession::Attach(Ptr<EdgeCloudNetwork> network)
{
    m_network = network;
    const auto& config = network->GetConfig();
    m_latencies.assign(config.edges, {});
    const double sum = Total(config.weights);
    for (uint32_t edge = 0; edge < config.edges; ++edge)
    {
        m_offeredHz.push_back(config.rateHz * config.weights[edge] / sum);
        network->GetUsers(edge)->TraceConnectWithoutContext(
            "Completed", Callback<void, uint64_t, Time>([this, edge](uint64_t, Time latency) {
                m_latencies[edge].push_back(latency.GetSeconds());
            }));
    }
}

void
EdgeCloudSession::OpenInterval()
{
    m_network->BeginInterval(m_interval++);
    m_opened = Simulator::Now();
    m_atStart.clear();
    for (uint32_t node = 0; node < m_network->GetNodes(); ++node)
    {
        m_atStart.push_back(Read(node));
    }
    for (auto& ofEdge : m_latencies)
    {
        ofEdge.clear();
    }
}

std::vector<EdgeCloudKpi>
EdgeCloudSession::CloseInterval()
{
    const double passedS = (Simulator::Now() - m_opened).GetSeconds();
    std::vector<EdgeCloudKpi> kpis;
    for (uint32_t node = 0; node < m_network->GetNodes(); ++node)
    {
        kpis.push_back(Measure(node, passedS));
    }
    Sum();
    return kpis;
}

EdgeCloudSession::Marks
EdgeCloudSession::Read(uint32_t node) const
{
    const auto& meter = *m_network->GetMeter(node);
    const bool edge = node < m_network->GetConfig().edges;
    return {.requests = edge ? m_network->GetUsers(node)->GetCounters() : RequestClient::Counters{},
            .completed = m_network->GetServer(node)->GetCounters().completed,
            .joules = meter.GetJoules(),
            .poweredOnS = meter.GetPoweredOnS(),
            .busyS = meter.GetBusyS()};
}

EdgeCloudKpi
EdgeCloudSession::Measure(uint32_t node, double passedS)
{
    const auto& before = m_atStart[node];
    const auto now = Read(node);
    const auto& server = *m_network->GetServer(node);
    const bool edge = node < m_latencies.size();
    const auto since = [](auto end, auto start) {
        return static_cast<double>(end - start);
    };
    const double processed = since(now.completed, before.completed);
    EdgeCloudKpi kpi;
    kpi.processedHz = processed / passedS;
    kpi.backlog = static_cast<double>(server.GetInService() + server.GetQueued());
    kpi.utilisation = Ratio(now.busyS - before.busyS, now.poweredOnS - before.poweredOnS);
    kpi.powerW = (now.joules - before.joules) / passedS;
    kpi.energyJ = Ratio(now.joules - before.joules, processed);
    kpi.latencyCounts = CountByBin(edge ? m_latencies[node] : std::vector<double>{});
    if (edge)
    {
        const auto& latencies = m_latencies[node];
        const auto completed = static_cast<double>(latencies.size());
        const double lost = since(now.requests.rejected, before.requests.rejected) +
                            since(now.requests.timedOut, before.requests.timedOut);
        kpi.offeredHz = since(now.requests.sent, before.requests.sent) / passedS;
        kpi.latencyS = Ratio(Total(latencies) + m_network->GetUsers(node)->GetPendingAgeS(),
                             completed + static_cast<double>(now.requests.pending));
        kpi.latencyP95S = Percentile95(latencies);
        kpi.loss = Ratio(lost, lost + completed);
        m_offeredHz[node] = kpi.offeredHz;
    }
    return kpi;
}

void
EdgeCloudSession::Sum()
{
    double waitedS = 0;
    double waiting = 0;
    double completed = 0;
    double lost = 0;
    double joules = 0;
    double processed = 0;
    for (uint32_t node = 0; node < m_network->GetNodes(); ++node)
    {
        const auto& before = m_atStart[node];
        const auto now = Read(node);
        joules += now.joules - before.joules;
        processed += static_cast<double>(now.completed - before.completed);
        if (node < m_latencies.size())
        {
            waitedS += Total(m_latencies[node]) + m_network->GetUsers(node)->GetPendingAgeS();
            waiting += static_cast<double>(now.requests.pending);
            completed += static_cast<double>(m_latencies[node].size());
            lost += static_cast<double>(now.requests.rejected - before.requests.rejected +
                                        now.requests.timedOut - before.requests.timedOut);
        }
    }
    m_totals = {.latencyS = Ratio(waitedS, completed + waiting),
                .loss = Ratio(lost, lost + completed),
                .energyJ = Ratio(joules, processed)};
}

const EdgeCloudSession::Totals&
EdgeCloudSession::GetTotals() const
{
    return m_totals;
}

const std::vector<double>&
EdgeCloudSession::GetOfferedHz() const
{
    return m_offeredHz;
}

Ptr<EdgeCloudNetwork>
EdgeCloudSession::GetNetwork() const
{
    return m_network;
}

void
EdgeCloudSession::DoDispose()
{
    m_network = nullptr;
    Object::DoDispose();
}

} // namespace ns3
