// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/capacity-adaptor.h"

#include "adaptor/conservation-info.h"
#include "kpi/mos.h"
#include "kpi/packet-meter.h"

#include <algorithm>
#include <numeric>

namespace slicebed
{

using ns3::CapacityCost;
using ns3::CapacityKpi;

namespace
{

const std::string RATE = "rate";
const std::string CEILING = "prb_max";
const std::string ADMIT = "admit";
constexpr float ADMITTED_FROM = 0.5F;
constexpr double LEAST_OFFERED_BOUND_BPS = 1e6;
constexpr double INTERVAL_REAL_S = 300;

/** A figure of an interval as an observation field. */
struct KpiField
{
    const char* name;
    double (*value)(const CapacityKpi&, const CapacityCost&);
    const char* unit;
    const char* meaning;
    const char* standard;
    bool ofCell; //!< only where there is a cell
};

using K = const CapacityKpi&;
using C = const CapacityCost&;

const std::vector<KpiField> KPI_FIELDS{
    {"offered",
     [](K k, C) { return k.offeredBps; },
     "bit/s",
     "load of the applications",
     "",
     false},
    {"delivered",
     [](K k, C) { return k.deliveredBps; },
     "bit/s",
     "received by the slice's users, all of them",
     "",
     false},
    {"delivered_ratio",
     [](K k, C) { return k.deliveredRatio; },
     "fraction",
     "delivered of offered, at most 1; 1 where nothing was offered",
     "",
     false},
    {"delay_e2e",
     [](K k, C) { return k.delayS; },
     "s",
     "mean one-way delay, application to application; at its bound when nothing was delivered",
     "",
     false},
    {"delay_e2e_p95",
     [](K k, C) { return k.delayP95S; },
     "s",
     "95th percentile of delay_e2e",
     "",
     false},
    {"loss", [](K k, C) { return k.loss; }, "fraction", "packets dropped of those sent", "", false},
    {"buffer",
     [](K k, C) { return k.bufferBytes; },
     "byte",
     "that waits at the interval's end",
     "DRB.BufferSize.Qos",
     false},
    {"sla_violated",
     [](K, C c) { return c.violated ? 1.0 : 0.0; },
     "flag",
     "1 where less than 0.99 of offered was delivered or delay_e2e_p95 was above its bound",
     "",
     false},
    {"over_provisioned",
     [](K k, C) { return k.overProvisionedBytes; },
     "byte",
     "reserved and not used; a PRB not used is worth what one used carried in this slice",
     "",
     false},
    {"unused",
     [](K k, C) { return k.unused; },
     "fraction",
     "of the reservation, not used",
     "",
     false},
    {"mos",
     [](K, C c) { return c.mos; },
     "1",
     "opinion of the users, 0 to 5, by throughput and delay measured; 4.2 at best",
     "",
     false},
    {"cost_sla", [](K, C c) { return c.sla; }, "1", "of the violation, or of QoE lost", "", false},
    {"cost_over",
     [](K, C c) { return c.over; },
     "1",
     "of what was reserved and not used",
     "",
     false},
    {"revenue", [](K, C c) { return c.revenue; }, "1", "of an admitted slice", "", true},
    {"cost", [](K, C c) { return c.Total(); }, "1", "cost_sla + cost_over - revenue", "", false},
    {"admitted",
     [](K k, C) { return k.admitted; },
     "flag",
     "1 where the slice was admitted in the interval measured",
     "",
     false},
    {"prb_used_dl",
     [](K k, C) { return k.prbUsedDl; },
     "PRB",
     "PRBs used in a slot, mean",
     "RRU.PrbUsedDl",
     true},
    {"cqi",
     [](K k, C) { return k.cqi; },
     "1",
     "wideband channel quality indicator, mean",
     "CARR.WBCQIDist",
     true},
};

} // namespace

CapacityAdaptor::CapacityAdaptor(ns3::Ptr<ns3::CapacitySystem> system,
                                 CapacityUse use,
                                 const ns3::CapacityTerms& terms,
                                 uint32_t steps)
    : m_system(system)
    , m_use(use)
    , m_terms(terms)
    , m_steps(steps)
    , m_kpis(Slices())
    , m_costs(Slices())
{
}

uint32_t
CapacityAdaptor::Slices() const
{
    return m_system->GetSlices();
}

bool
CapacityAdaptor::InCell() const
{
    return m_use == CapacityUse::CELL;
}

std::vector<double>
CapacityAdaptor::MostCosts() const
{
    // All of the capacity reserved in vain, and QoE lost besides: more cannot be.
    const CapacityKpi idle{.deliveredRatio = 1,
                           .overProvisionedBytes = m_system->GetBounds().overProvisionedBytes,
                           .admitted = 1};
    const CapacityKpi lost{.offeredBps = 1, .admitted = 1};
    std::vector<double> most;
    for (const double peakBps : m_system->GetLoad().peaksBps)
    {
        most.push_back(m_system->Judge(idle, m_terms, peakBps).over +
                       m_system->Judge(lost, m_terms, peakBps).sla);
    }
    return most;
}

std::vector<double>
CapacityAdaptor::HighOf(const std::string& field) const
{
    const auto bounds = m_system->GetBounds();
    if (field == "offered")
    {
        // Beside the load, packets of flows that were begun before the window.
        return {2 * m_system->GetLoad().GetLargestPeakBps() + LEAST_OFFERED_BOUND_BPS};
    }
    if (field.starts_with("cost"))
    {
        return MostCosts();
    }
    if (field.starts_with("delay"))
    {
        return {ns3::PacketMeter::MAX_DELAY_S};
    }
    return {field == "delivered"          ? bounds.deliveredBps
            : field == "buffer"           ? bounds.bufferBytes
            : field == "over_provisioned" ? bounds.overProvisionedBytes
            : field == "prb_used_dl"      ? bounds.prbs
            : field == "cqi"              ? 15
            : field == "mos"              ? ns3::MAX_MOS
                                          : 1};
}

FieldSpec
CapacityAdaptor::Field(const std::string& name,
                       const std::vector<double>& high,
                       const std::string& unit,
                       const std::string& meaning,
                       const std::string& standard) const
{
    return {.name = name,
            .shape = {Slices()},
            .axes = {"slice"},
            .low = {0},
            .high = high,
            .unit = unit,
            .meaning = meaning,
            .standard = standard,
            .sumMax = {}};
}

std::vector<FieldSpec>
CapacityAdaptor::ObservationFields() const
{
    std::vector<FieldSpec> fields;
    for (const auto& kpi : KPI_FIELDS)
    {
        if (kpi.ofCell && !InCell())
        {
            continue;
        }
        fields.push_back(Field(kpi.name, HighOf(kpi.name), kpi.unit, kpi.meaning, kpi.standard));
        if (fields.back().name == "cost" && InCell())
        {
            fields.back().low = {-1}; // no revenue is larger
        }
    }
    fields.push_back(Field("reserved",
                           {m_system->GetBounds().reserved},
                           InCell() ? "fraction" : "Mbit/s",
                           "reservation in force at the interval's end"));
    return fields;
}

std::vector<FieldSpec>
CapacityAdaptor::ActionFields() const
{
    const double total = m_system->GetBounds().reserved;
    if (!InCell())
    {
        auto rate =
            Field(RATE, {total}, "Mbit/s", "reserved for the service on the link, with IP headers");
        rate.sumMax = total;
        return {rate};
    }
    auto ceiling = Field(CEILING,
                         {total},
                         "fraction",
                         "PRBs of the cell reserved for the slice; it gets no others",
                         "rRMPolicyMaxRatio");
    ceiling.sumMax = total;
    return {ceiling,
            Field(ADMIT,
                  {1},
                  "flag",
                  "1: the slice is admitted, 0: it is not and has no traffic; from 0.5 on it is")};
}

nlohmann::json
CapacityAdaptor::Context() const
{
    const auto& load = m_system->GetLoad();
    const auto bounds = m_system->GetBounds();
    auto slices = nlohmann::json::array();
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        slices.push_back({{"id", slice + 1},
                          {"peak_bps", load.peaksBps[slice]},
                          {"delay_bound_s", m_terms.delayBoundS}});
    }
    nlohmann::json context{{"slices", slices},
                           {"use_case", InCell() ? "cell" : "transport"},
                           {"reserved_max", bounds.reserved},
                           {"warmup_s", load.warmup.GetSeconds()},
                           {"interval_real_s", INTERVAL_REAL_S},
                           {"time_mode", "rate-preserving compression"},
                           {"mask", load.mask.GetSource()}};
    if (InCell())
    {
        context["prbs"] = bounds.prbs;
        context["qoe_penalty"] = m_terms.qoePenalty;
    }
    else
    {
        context["violation_fee"] = m_terms.violationFee;
    }
    return context;
}

Value
CapacityAdaptor::Observe()
{
    if (m_step > 0)
    {
        m_kpis = m_system->CloseInterval();
        for (uint32_t slice = 0; slice < Slices(); ++slice)
        {
            m_costs[slice] =
                m_system->Judge(m_kpis[slice], m_terms, m_system->GetLoad().peaksBps[slice]);
        }
    }
    if (m_step < m_steps)
    {
        m_system->OpenInterval(m_step);
    }
    ++m_step;
    DictValue observation;
    const auto add = [&](const std::string& name, auto&& valueOf) {
        std::vector<float> elements;
        for (uint32_t slice = 0; slice < Slices(); ++slice)
        {
            elements.push_back(static_cast<float>(valueOf(m_kpis[slice], m_costs[slice])));
        }
        observation.names.push_back(name);
        observation.elements.push_back(FloatBox({Slices()}, std::move(elements)));
    };
    for (const auto& kpi : KPI_FIELDS)
    {
        if (!kpi.ofCell || InCell())
        {
            add(kpi.name, kpi.value);
        }
    }
    add("reserved", [](K k, C) { return k.reserved; });
    return {observation};
}

double
CapacityAdaptor::Reward()
{
    return -std::accumulate(
        m_costs.begin(), m_costs.end(), 0.0, [](double sum, C cost) { return sum + cost.Total(); });
}

nlohmann::json
CapacityAdaptor::Info(bool ended)
{
    if (ended)
    {
        return ConservationInfo(m_system->CheckConservation());
    }
    // Observe() counted this border: the coming interval is the one before its number.
    std::vector<double> offered;
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        offered.push_back(m_system->GetLoad().GetOfferedBps(m_step - 1, slice));
    }
    return {{"future", {{"offered", offered}}}};
}

void
CapacityAdaptor::Apply(const Value& decision)
{
    const auto& amounts = FloatsOf(decision, InCell() ? CEILING : RATE);
    std::vector<bool> admit(Slices(), true);
    if (InCell())
    {
        const auto& wished = FloatsOf(decision, ADMIT);
        std::transform(wished.begin(), wished.end(), admit.begin(), [](float wish) {
            return wish >= ADMITTED_FROM;
        });
    }
    m_system->Reserve({amounts.begin(), amounts.end()}, admit);
}

Value
CapacityAdaptor::DefaultDecision() const
{
    const auto all = [&](double value) {
        return FloatBox({Slices()}, std::vector<float>(Slices(), static_cast<float>(value)));
    };
    const auto equal = all(m_system->GetBounds().reserved / Slices());
    if (InCell())
    {
        return {DictValue{{CEILING, ADMIT}, {equal, all(1)}}};
    }
    return {DictValue{{RATE}, {equal}}};
}

} // namespace slicebed
