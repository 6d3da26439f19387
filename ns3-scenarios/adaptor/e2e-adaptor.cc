// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/e2e-adaptor.h"

#include "adaptor/conservation-info.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace slicebed
{

using ns3::E2eKpi;

namespace
{

const std::string RATE = "rate";
const std::string CPU = "cpu";

/** A KPI of an interval as an observation field. */
struct KpiField
{
    const char* name;
    double E2eKpi::* value;
    const char* unit;
    const char* meaning;
    const char* standard;
};

const std::vector<KpiField> KPI_FIELDS{
    {"thp_dl",
     &E2eKpi::throughputBps,
     "bit/s",
     "throughput of a viewer, TCP payload, mean",
     "DRB.UEThpDl"},
    {"degradation",
     &E2eKpi::degradation,
     "fraction",
     "user-weighted share of slots with q_dl at most its threshold (beta)",
     ""},
    {"rate_used", &E2eKpi::transportBps, "bit/s", "sent over the transport link, with headers", ""},
    {"rate_loss", &E2eKpi::transportLoss, "fraction", "packets dropped before that link", ""},
    {"cpu_used", &E2eKpi::cpuMillicores, "millicore", "spent at the gNB, mean", ""},
    {"cpu_loss", &E2eKpi::cpuLoss, "fraction", "packets dropped before the gNB's CPU", ""},
    {"stalled", &E2eKpi::stalled, "fraction", "of viewing time spent waiting for video", ""},
};

} // namespace

E2eAdaptor::E2eAdaptor(ns3::Ptr<ns3::E2eSession> session, const E2eTerms& terms, uint32_t steps)
    : m_session(session)
    , m_terms(terms)
    , m_steps(steps)
    , m_rates(Slices(), 0)
    , m_millicores(Slices(), 0)
{
    E2eKpi none;
    none.users.assign(m_session->GetSlots(), 0);
    none.qosBps.assign(m_session->GetSlots(), 0);
    m_kpis.assign(Slices(), none);
}

uint32_t
E2eAdaptor::Slices() const
{
    return m_session->GetNetwork()->GetConfig().slices;
}

double
E2eAdaptor::MaxBps() const
{
    return static_cast<double>(m_session->GetNetwork()->GetConfig().linkRate.GetBitRate());
}

FieldSpec
E2eAdaptor::Field(const std::string& name,
                  bool bySlot,
                  double high,
                  const std::string& unit,
                  const std::string& meaning,
                  const std::string& standard) const
{
    FieldSpec field{.name = name,
                    .shape = {Slices()},
                    .axes = {"slice"},
                    .low = {0},
                    .high = {high},
                    .unit = unit,
                    .meaning = meaning,
                    .standard = standard,
                    .sumMax = {}};
    if (bySlot)
    {
        field.shape.push_back(m_session->GetSlots());
        field.axes.push_back("slot");
    }
    return field;
}

std::vector<FieldSpec>
E2eAdaptor::ObservationFields() const
{
    std::vector<FieldSpec> fields;
    for (const auto& kpi : KPI_FIELDS)
    {
        const std::string unit = kpi.unit;
        const double high = unit == "bit/s"       ? MaxBps()
                            : unit == "millicore" ? m_terms.millicores
                                                  : 1;
        fields.push_back(Field(kpi.name, false, high, unit, kpi.meaning, kpi.standard));
    }
    fields.push_back(
        Field(RATE, false, m_terms.rateMbps, "Mbit/s", "granted at the interval's end"));
    fields.push_back(
        Field(CPU, false, m_terms.millicores, "millicore", "granted at the interval's end"));
    fields.push_back(Field("users",
                           true,
                           m_session->GetNetwork()->GetConfig().usersPerSlice,
                           "users",
                           "viewers at the slot's end (x)"));
    fields.push_back(Field("q_dl",
                           true,
                           MaxBps(),
                           "bit/s",
                           "throughput of a viewer in the slot, mean; 0 without viewers (q)"));
    return fields;
}

std::vector<FieldSpec>
E2eAdaptor::ActionFields() const
{
    auto rate = Field(RATE,
                      false,
                      m_terms.rateMbps,
                      "Mbit/s",
                      "of the slice on the transport link, with headers");
    rate.sumMax = m_terms.rateMbps;
    auto cpu = Field(CPU, false, m_terms.millicores, "millicore", "of the slice at the gNB");
    cpu.sumMax = m_terms.millicores;
    return {rate, cpu};
}

nlohmann::json
E2eAdaptor::Context() const
{
    const auto& config = m_session->GetConfig();
    const auto& network = m_session->GetNetwork()->GetConfig();
    auto slices = nlohmann::json::array();
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        slices.push_back({{"id", slice + 1},
                          {"target_bps", config.qosThresholdBps},
                          {"max_degradation", m_terms.maxDegradation}});
    }
    return {{"slices", slices},
            {"users_max", network.usersPerSlice},
            {"slot_s", config.slot.GetSeconds()},
            {"rate_max_mbps", m_terms.rateMbps},
            {"cpu_max_millicores", m_terms.millicores},
            {"video_mbps", network.ladderMbps},
            {"interval_real_s", config.interval.GetSeconds()},
            {"time_mode", "full"},
            {"mask", config.mask.GetSource()}};
}

Value
E2eAdaptor::Observe()
{
    if (m_step > 0)
    {
        m_kpis = m_session->CloseInterval();
    }
    if (m_step < m_steps)
    {
        m_session->OpenInterval(m_step);
    }
    ++m_step;
    DictValue observation;
    const auto fields = ObservationFields();
    const auto add = [&](const std::string& name, std::vector<float> elements) {
        const auto& field = fields.at(observation.names.size());
        NS_ABORT_MSG_UNLESS(field.name == name, "fields are told in their declared order");
        observation.names.push_back(name);
        observation.elements.push_back(FloatBox(field.shape, std::move(elements)));
    };
    for (const auto& kpi : KPI_FIELDS)
    {
        std::vector<float> elements;
        for (const auto& ofSlice : m_kpis)
        {
            elements.push_back(static_cast<float>(ofSlice.*kpi.value));
        }
        add(kpi.name, elements);
    }
    add(RATE, m_rates);
    add(CPU, m_millicores);
    const auto bySlot = [&](std::vector<double> E2eKpi::* series) {
        std::vector<float> elements;
        for (const auto& ofSlice : m_kpis)
        {
            elements.insert(elements.end(), (ofSlice.*series).begin(), (ofSlice.*series).end());
        }
        return elements;
    };
    add("users", bySlot(&E2eKpi::users));
    add("q_dl", bySlot(&E2eKpi::qosBps));
    return {observation};
}

double
E2eAdaptor::Reward()
{
    // Minus the cost eta^T r of paper 002, eq. 2, minus what the constraint on beta is missed by.
    double reward = 0;
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        reward -= m_rates[slice] / m_terms.rateMbps + m_millicores[slice] / m_terms.millicores;
        reward -= m_terms.violationWeight *
                  std::max(m_kpis[slice].degradation - m_terms.maxDegradation, 0.0);
    }
    return reward;
}

nlohmann::json
E2eAdaptor::Info(bool ended)
{
    if (ended)
    {
        return ConservationInfo(m_session->GetNetwork()->CheckConservation());
    }
    // Observe() counted this border: the coming interval is the one before its number.
    const double videoBps = m_session->GetNetwork()->GetConfig().ladderMbps.back() * 1e6;
    std::vector<double> offered;
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        offered.push_back(m_session->GetMeanUsers(m_step - 1, slice) * videoBps);
    }
    return {{"future", {{"offered", offered}}}};
}

void
E2eAdaptor::Apply(const Value& decision)
{
    m_rates = FloatsOf(decision, RATE);
    m_millicores = FloatsOf(decision, CPU);
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        m_session->GetNetwork()->SetTransportRate(slice, m_rates[slice]);
        m_session->GetNetwork()->SetMillicores(slice, m_millicores[slice]);
    }
}

Value
E2eAdaptor::DefaultDecision() const
{
    const auto equal = [&](double total) {
        return FloatBox({Slices()},
                        std::vector<float>(Slices(), static_cast<float>(total / Slices())));
    };
    return {DictValue{{RATE, CPU}, {equal(m_terms.rateMbps), equal(m_terms.millicores)}}};
}

} // namespace slicebed
