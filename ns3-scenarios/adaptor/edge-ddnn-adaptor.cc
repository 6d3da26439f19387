// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/edge-ddnn-adaptor.h"

#include "adaptor/conservation-info.h"

#include <algorithm>
#include <numeric>

namespace slicebed
{

using ns3::EdgeDdnnKpi;
using ns3::SiteKpi;

namespace
{

const std::string LOCAL = "local";
const std::string REMOTE = "remote";
const std::string OFFLOAD = "offload";
constexpr float OFFLOADED_FROM = 0.5F;
constexpr double MOST_COUNT = 1 << 24; // float32 counts exactly as far as that
constexpr double MOST_BYTES = 1e15;    // also a scaled WAN carries less in an interval of an hour
constexpr double MOST_S = 1e4;

/** What is measured of a site, as an observation field. */
struct SiteField
{
    const char* name;
    double (*value)(const SiteKpi&);
    const char* unit;
    const char* meaning;
};

using S = const SiteKpi&;

const std::vector<SiteField> SITE_FIELDS{
    {"offered", [](S s) { return s.offeredBps; }, "bit/s", "load of the site's users"},
    {"delivered", [](S s) { return s.deliveredBps; }, "bit/s", "that came to the edge"},
    {"under_provisioned",
     [](S s) { return s.GetUnderBytes(); },
     "byte",
     "dropped where the site's queue was full, or delivered after the delay bound"},
    {"over_provisioned", [](S s) { return s.overBytes; }, "byte", "allocated and not used"},
    {"dropped", [](S s) { return s.droppedBytes; }, "byte", "where the site's queue was full"},
    {"late", [](S s) { return s.lateBytes; }, "byte", "delivered after the delay bound"},
    {"buffer", [](S s) { return s.bufferBytes; }, "byte", "that waits at the interval's end"},
    {"delay_p95", [](S s) { return s.delayP95S; }, "s", "one way, 95th percentile"},
    {"allocated",
     [](S s) { return s.allocatedBps; },
     "bit/s",
     "allocation in force at the interval's end"},
    {"allocated_mean",
     [](S s) { return s.allocatedMeanBps; },
     "bit/s",
     "allocation in force, mean over the interval"},
};

/** What is measured of the decision and of the way to the cloud, likewise. */
struct EdgeField
{
    const char* name;
    double EdgeDdnnKpi::* value;
    double high;
    const char* unit;
    const char* meaning;
};

const std::vector<EdgeField> EDGE_FIELDS{
    {"offloaded", &EdgeDdnnKpi::offloaded, 1, "flag", "1 where the remote exit was asked"},
    {"answered",
     &EdgeDdnnKpi::answered,
     1,
     "flag",
     "1 where the interval's question, or its probe, was answered in time"},
    {"staleness",
     &EdgeDdnnKpi::stalenessS,
     MOST_S,
     "s",
     "from the border until the interval's allocation was in force"},
    {"rtt",
     &EdgeDdnnKpi::rttS,
     MOST_S,
     "s",
     "edge to cloud and back without the time at the cloud, last known; 0 before the first"},
    {"rtt_smoothed", &EdgeDdnnKpi::rttSmoothedS, MOST_S, "s", "rtt, smoothed as in RFC 6298"},
    {"cloud_time",
     &EdgeDdnnKpi::cloudS,
     MOST_S,
     "s",
     "that the last answer took at the cloud; 0 without one in the interval"},
    {"lost",
     &EdgeDdnnKpi::lost,
     MOST_COUNT,
     "messages",
     "questions and probes without an answer in time"},
    {"late_answers",
     &EdgeDdnnKpi::late,
     MOST_COUNT,
     "messages",
     "answers after the time-out: not put in force"},
    {"duplicates",
     &EdgeDdnnKpi::duplicate,
     MOST_COUNT,
     "messages",
     "answers that came again: not put in force"},
    {"message_bytes",
     &EdgeDdnnKpi::messageBytes,
     MOST_BYTES,
     "byte",
     "of questions, probes and answers as IP packets"},
    {"wan_bytes",
     &EdgeDdnnKpi::wanBytes,
     MOST_BYTES,
     "byte",
     "given to the WAN both ways, with link headers, others' too"},
    {"cloud_queue",
     &EdgeDdnnKpi::cloudQueue,
     MOST_COUNT,
     "messages",
     "signals at the cloud at the interval's end"},
};

FieldSpec
OfEdge(const std::string& name, double high, const std::string& unit, const std::string& meaning)
{
    return {.name = name,
            .shape = {1},
            .axes = {"edge"},
            .low = {0},
            .high = {high},
            .unit = unit,
            .meaning = meaning,
            .standard = "",
            .sumMax = {}};
}

} // namespace

EdgeDdnnAdaptor::EdgeDdnnAdaptor(ns3::Ptr<ns3::EdgeDdnnSession> session, EdgeDdnnRun run)
    : m_session(session)
    , m_run(std::move(run))
    , m_kpis(Sites())
    , m_costs(Sites())
{
}

const ns3::DdnnSitesConfig&
EdgeDdnnAdaptor::SitesConfig() const
{
    return m_session->GetNetwork()->GetConfig().sites;
}

uint32_t
EdgeDdnnAdaptor::Sites() const
{
    return SitesConfig().sites;
}

double
EdgeDdnnAdaptor::BytesOfPeak() const
{
    return SitesConfig().peakBps / 8 * SitesConfig().interval.GetSeconds();
}

double
EdgeDdnnAdaptor::HighOf(const std::string& field) const
{
    if (field.starts_with("allocated"))
    {
        return SitesConfig().mostBps;
    }
    if (field == "delay_p95")
    {
        return ns3::PacketMeter::MAX_DELAY_S;
    }
    // What a link carries; no queue of a site holds more than its packets.
    const auto linkBps = static_cast<double>(SitesConfig().linkRate.GetBitRate());
    return field == "offered" || field == "delivered"
               ? linkBps
               : linkBps / 8 * SitesConfig().interval.GetSeconds() + MOST_COUNT;
}

FieldSpec
EdgeDdnnAdaptor::OfSite(const std::string& name,
                        double high,
                        const std::string& unit,
                        const std::string& meaning) const
{
    auto field = OfEdge(name, high, unit, meaning);
    field.shape = {Sites()};
    field.axes = {"site"};
    return field;
}

std::vector<FieldSpec>
EdgeDdnnAdaptor::ObservationFields() const
{
    std::vector<FieldSpec> fields;
    for (const auto& field : SITE_FIELDS)
    {
        fields.push_back(OfSite(field.name, HighOf(field.name), field.unit, field.meaning));
    }
    // All bytes late or dropped, and all of the allocation unused besides: more cannot be.
    const double mostCost = ns3::ProvisioningCost(m_run.terms,
                                                  HighOf("under_provisioned") / BytesOfPeak(),
                                                  SitesConfig().mostBps / SitesConfig().peakBps);
    fields.push_back(OfSite("cost",
                            mostCost,
                            "1",
                            "under_cost (under_provisioned / peak)^2 + over_cost "
                            "over_provisioned / peak"));
    for (const auto& field : EDGE_FIELDS)
    {
        fields.push_back(OfEdge(field.name, field.high, field.unit, field.meaning));
    }
    return fields;
}

std::vector<FieldSpec>
EdgeDdnnAdaptor::ActionFields() const
{
    const double most = SitesConfig().mostBps;
    auto local = OfSite(LOCAL, most, "bit/s", "allocation of the local exit, with IP headers");
    auto remote = OfSite(
        REMOTE, most, "bit/s", "allocation that the remote exit makes of this border's signal");
    local.sumMax = remote.sumMax = most * Sites();
    return {
        local,
        OfEdge(OFFLOAD, 1, "flag", "1: ask the remote exit, 0: do not; from 0.5 on it is asked"),
        remote};
}

nlohmann::json
EdgeDdnnAdaptor::Context() const
{
    const auto& network = *m_session->GetNetwork();
    const auto& config = network.GetConfig();
    auto sites = nlohmann::json::array();
    for (uint32_t site = 0; site < Sites(); ++site)
    {
        sites.push_back({{"id", site}, {"peak_bps", SitesConfig().peakBps}});
    }
    return {{"sites", sites},
            {"most_bps", SitesConfig().mostBps},
            {"delay_bound_s", SitesConfig().delayBound.GetSeconds()},
            {"mask", SitesConfig().mask.GetSource()},
            {"interval_real_s", m_run.intervalRealS},
            // In one mode times to the cloud are those of reality while the interval is not; in
            // the other both shrink alike. Figures of the two are never to be compared.
            {"time_mode", m_run.timeMode},
            {"time_scale", config.timeScale},
            {"unloaded_rtt_s", network.GetUnloadedRtt().GetSeconds()},
            {"local_compute_s", m_run.localComputeS},
            {"remote_compute_s", config.remoteCompute.GetSeconds() * config.timeScale},
            {"timeout_s", config.timeout.GetSeconds() * config.timeScale},
            {"while_waiting", m_run.waiting},
            {"message_bytes", ns3::DdnnMessage::GetIpBytes(Sites())}};
}

Value
EdgeDdnnAdaptor::Observe()
{
    if (m_step > 0)
    {
        m_kpis = m_session->CloseInterval();
        Judge();
    }
    m_session->GetNetwork()->SetWanUp(
        std::none_of(m_run.failures.begin(), m_run.failures.end(), [this](const auto& failure) {
            return failure.from <= m_step && m_step < failure.to;
        }));
    if (m_step < m_run.steps)
    {
        m_session->OpenInterval(m_step);
    }
    ++m_step;
    DictValue observation;
    const auto add = [&](const std::string& name, std::vector<float> elements) {
        const auto length = static_cast<uint32_t>(elements.size());
        observation.names.push_back(name);
        observation.elements.push_back(FloatBox({length}, std::move(elements)));
    };
    for (const auto& field : SITE_FIELDS)
    {
        std::vector<float> elements;
        for (const auto& ofSite : m_kpis)
        {
            elements.push_back(static_cast<float>(field.value(ofSite)));
        }
        add(field.name, std::move(elements));
    }
    add("cost", {m_costs.begin(), m_costs.end()});
    for (const auto& field : EDGE_FIELDS)
    {
        add(field.name, {static_cast<float>(m_session->GetKpi().*field.value)});
    }
    return {observation};
}

void
EdgeDdnnAdaptor::Judge()
{
    std::transform(m_kpis.begin(), m_kpis.end(), m_costs.begin(), [this](const SiteKpi& kpi) {
        return ns3::ProvisioningCost(
            m_run.terms, kpi.GetUnderBytes() / BytesOfPeak(), kpi.overBytes / BytesOfPeak());
    });
}

double
EdgeDdnnAdaptor::Reward()
{
    return -std::accumulate(m_costs.begin(), m_costs.end(), 0.0);
}

nlohmann::json
EdgeDdnnAdaptor::Info(bool ended)
{
    const auto& network = *m_session->GetNetwork();
    if (ended)
    {
        return ConservationInfo(network.CheckConservation());
    }
    // Observe() counted this border: the coming interval is the one before its number.
    std::vector<double> offered;
    for (uint32_t site = 0; site < Sites(); ++site)
    {
        offered.push_back(network.GetSites()->GetOfferedBps(m_step - 1, site));
    }
    return {{"future", {{"offered", offered}}}};
}

void
EdgeDdnnAdaptor::Apply(const Value& decision)
{
    const auto& local = FloatsOf(decision, LOCAL);
    m_session->Decide({.localBps = {local.begin(), local.end()},
                       .offload = FloatsOf(decision, OFFLOAD).front() >= OFFLOADED_FROM,
                       .remoteBps = FloatsOf(decision, REMOTE)});
}

Value
EdgeDdnnAdaptor::DefaultDecision() const
{
    const auto most =
        FloatBox({Sites()}, std::vector<float>(Sites(), static_cast<float>(SitesConfig().mostBps)));
    return {DictValue{{LOCAL, OFFLOAD, REMOTE}, {most, FloatBox({1}, {1.0F}), most}}};
}

} // namespace slicebed
