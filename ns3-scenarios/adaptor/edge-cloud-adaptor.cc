// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/edge-cloud-adaptor.h"

#include "adaptor/conservation-info.h"

#include <algorithm>
#include <numeric>

namespace slicebed
{

using ns3::EdgeCloudKpi;

namespace
{

const std::string SHARE = "share";
const std::string HISTOGRAM = "latency_histogram";
constexpr double MOST_REQUESTS = 1 << 24; // float32 counts exactly as far as that
constexpr double MOST_HZ = 1e6;           // requests of an edge or through a node
constexpr double MOST_LATENCY_S = 1e4;
constexpr double MOST_W = 1e9;
constexpr double MOST_BACKLOG = 1e9;

std::vector<double>
LatencyEdgesS()
{
    return ns3::LogHistogram(ns3::LATENCY_BINS).GetEdges();
}

/** @return the bins as the description lists them */
nlohmann::json
LatencyBins()
{
    const auto edgesS = LatencyEdgesS();
    auto bins = nlohmann::json::array();
    for (size_t i = 0; i + 1 < edgesS.size(); ++i)
    {
        bins.push_back({{"id", i}, {"low_s", edgesS[i]}, {"high_s", edgesS[i + 1]}});
    }
    return bins;
}

/** One KPI as an observation field. */
struct KpiField
{
    const char* name;
    double EdgeCloudKpi::* value;
    double high;
    const char* unit;
    const char* meaning;
};

const std::vector<KpiField> KPI_FIELDS{
    {"offered", &EdgeCloudKpi::offeredHz, MOST_HZ, "1/s", "requests of the edge's users"},
    {"latency",
     &EdgeCloudKpi::latencyS,
     MOST_LATENCY_S,
     "s",
     "of the edge's users' requests: completed ones, and the age of pending ones, mean"},
    {"latency_p95",
     &EdgeCloudKpi::latencyP95S,
     MOST_LATENCY_S,
     "s",
     "of the edge's users' completed requests, 95th percentile"},
    {"loss",
     &EdgeCloudKpi::loss,
     1,
     "fraction",
     "of the edge's users' requests that ended: rejected or timed out"},
    {"processed", &EdgeCloudKpi::processedHz, MOST_HZ, "1/s", "requests completed by the node"},
    {"backlog", &EdgeCloudKpi::backlog, MOST_BACKLOG, "requests", "at the node at the end"},
    {"utilisation", &EdgeCloudKpi::utilisation, 1, "fraction", "busy over powered-on time"},
    {"power", &EdgeCloudKpi::powerW, MOST_W, "W", "drawn by the node, mean"},
    {"energy", &EdgeCloudKpi::energyJ, MOST_W, "J", "of a request completed by the node"},
};

} // namespace

EdgeCloudAdaptor::EdgeCloudAdaptor(ns3::Ptr<ns3::EdgeCloudSession> session,
                                   const EdgeCloudTerms& terms,
                                   const std::vector<NodeFailure>& failures,
                                   const OfferedLoadOrigin& load,
                                   uint32_t steps,
                                   double intervalS)
    : m_session(session)
    , m_terms(terms)
    , m_failures(failures)
    , m_load(load)
    , m_steps(steps)
    , m_intervalS(intervalS)
    , m_kpis(Nodes())
    , m_shares(Nodes(), 1.0F / static_cast<float>(Nodes()))
{
}

uint32_t
EdgeCloudAdaptor::Nodes() const
{
    return m_session->GetNetwork()->GetNodes();
}

FieldSpec
EdgeCloudAdaptor::Field(const std::string& name,
                        double high,
                        const std::string& unit,
                        const std::string& meaning) const
{
    return {.name = name,
            .shape = {Nodes()},
            .axes = {"node"},
            .low = {0},
            .high = {high},
            .unit = unit,
            .meaning = meaning,
            .standard = "",
            .sumMax = {}};
}

std::vector<FieldSpec>
EdgeCloudAdaptor::ObservationFields() const
{
    std::vector<FieldSpec> fields;
    for (const auto& kpi : KPI_FIELDS)
    {
        fields.push_back(Field(kpi.name, kpi.high, kpi.unit, kpi.meaning));
    }
    auto histogram = Field(HISTOGRAM,
                           MOST_REQUESTS,
                           "requests",
                           "of the edge's users that were completed, by latency");
    histogram.shape.push_back(static_cast<uint32_t>(LatencyEdgesS().size() - 1));
    histogram.axes.push_back("latency_bin");
    fields.push_back(histogram);
    fields.push_back(Field(SHARE, 1, "fraction", "of the workload in force at the end"));
    fields.push_back(Field("up", 1, "1", "1 where the node is up in the coming interval"));
    return fields;
}

std::vector<FieldSpec>
EdgeCloudAdaptor::ActionFields() const
{
    auto field = Field(SHARE,
                       1,
                       "fraction",
                       "of the whole workload that the node processes; what is left of 1 stays "
                       "where it comes");
    field.sumMax = 1;
    return {field};
}

nlohmann::json
EdgeCloudAdaptor::Context() const
{
    const auto& config = m_session->GetNetwork()->GetConfig();
    auto nodes = nlohmann::json::array();
    for (uint32_t node = 0; node < Nodes(); ++node)
    {
        const bool edge = node < config.edges;
        nodes.push_back({{"id", node},
                         {"kind", edge ? "edge" : "cloud"},
                         {"capacity_hz", edge ? config.edgeHz : config.cloudHz}});
    }
    return {
        {"nodes", nodes},
        {"latency_bins", LatencyBins()},
        {"edges", config.edges},
        {"cycles_mean", config.meanCycles},
        {"rate_hz", config.rateHz},
        {"interval_real_s", m_load.intervalRealS},
        {"time_mode", m_load.intervalRealS == m_intervalS ? "full" : "rate-preserving compression"},
        {"mask", m_load.source}};
}

void
EdgeCloudAdaptor::FailAndRecover(uint32_t k)
{
    for (const auto& failure : m_failures)
    {
        auto server = m_session->GetNetwork()->GetServer(failure.node);
        if (k == failure.from)
        {
            server->Fail();
        }
        if (k == failure.to)
        {
            server->Recover();
        }
    }
}

Value
EdgeCloudAdaptor::Observe()
{
    if (m_step > 0)
    {
        m_kpis = m_session->CloseInterval();
    }
    FailAndRecover(m_step);
    if (m_step < m_steps)
    {
        m_session->OpenInterval();
    }
    ++m_step;
    DictValue observation;
    const auto add = [&](const std::string& name, std::vector<float> elements) {
        observation.names.push_back(name);
        observation.elements.push_back(FloatBox({Nodes()}, std::move(elements)));
    };
    for (const auto& kpi : KPI_FIELDS)
    {
        std::vector<float> elements;
        for (const auto& ofNode : m_kpis)
        {
            elements.push_back(static_cast<float>(ofNode.*kpi.value));
        }
        add(kpi.name, elements);
    }
    observation.names.push_back(HISTOGRAM);
    observation.elements.push_back(LatencyCounts());
    add(SHARE, m_shares);
    std::vector<float> up;
    for (uint32_t node = 0; node < Nodes(); ++node)
    {
        up.push_back(m_session->GetNetwork()->GetServer(node)->IsFailed() ? 0.0F : 1.0F);
    }
    add("up", up);
    return {observation};
}

Value
EdgeCloudAdaptor::LatencyCounts() const
{
    const auto bins = static_cast<uint32_t>(LatencyEdgesS().size() - 1);
    std::vector<float> elements;
    for (const auto& ofNode : m_kpis)
    {
        // Before the first interval nothing is counted.
        auto counts = ofNode.latencyCounts;
        counts.resize(bins, 0);
        elements.insert(elements.end(), counts.begin(), counts.end());
    }
    return FloatBox({Nodes(), bins}, std::move(elements));
}

double
EdgeCloudAdaptor::Reward()
{
    const auto& totals = m_session->GetTotals();
    return -(totals.latencyS / m_terms.latencyS +
             m_terms.energyWeight * totals.energyJ / m_terms.energyJ +
             m_terms.lossWeight * totals.loss);
}

nlohmann::json
EdgeCloudAdaptor::Info(bool ended)
{
    const auto& network = *m_session->GetNetwork();
    const auto& config = network.GetConfig();
    if (ended)
    {
        // Requests, not packets: what users sent, and what became of it.
        ns3::Conservation requests;
        for (uint32_t edge = 0; edge < config.edges; ++edge)
        {
            const auto counters = network.GetUsers(edge)->GetCounters();
            requests.sent += counters.sent;
            requests.received += counters.completed;
            requests.inFlight += counters.pending;
            requests.dropped["rejected"] += counters.rejected;
            requests.dropped["timed_out"] += counters.timedOut;
        }
        return ConservationInfo(requests);
    }
    std::vector<double> offered;
    for (uint32_t edge = 0; edge < config.edges; ++edge)
    {
        offered.push_back(network.GetRateHz(edge, ns3::Seconds(m_intervalS)));
    }
    offered.push_back(0); // none comes to the cloud
    return {{"future", {{"offered", offered}}}};
}

void
EdgeCloudAdaptor::Apply(const Value& decision)
{
    m_shares = FloatsOf(decision, SHARE);
    std::vector<double> shares(m_shares.begin(), m_shares.end());
    const auto& offered = m_session->GetOfferedHz();
    const double total = std::accumulate(offered.begin(), offered.end(), 0.0);
    const double left = std::max(1 - std::accumulate(shares.begin(), shares.end(), 0.0), 0.0);
    const auto edges = static_cast<double>(offered.size());
    for (size_t edge = 0; edge < offered.size(); ++edge)
    {
        shares[edge] += left * (total > 0 ? offered[edge] / total : 1 / edges);
    }
    m_session->GetNetwork()->SetShares(offered, shares);
}

Value
EdgeCloudAdaptor::DefaultDecision() const
{
    return {DictValue{
        {SHARE},
        {FloatBox({Nodes()}, std::vector<float>(Nodes(), 1.0F / static_cast<float>(Nodes())))}}};
}

} // namespace slicebed
