// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/cells-adaptor.h"

#include "adaptor/conservation-info.h"

#include <algorithm>
#include <cmath>

namespace slicebed
{

using ns3::IntervalMeter;
using ns3::SliceKpi;

namespace
{

const std::vector<std::string> AXES{"cell", "slice"};
const std::string CEILING = "prb_max";

/** One KPI as an observation field. */
struct KpiField
{
    const char* name;
    double SliceKpi::* value;
    const char* unit;
    const char* meaning;
    const char* standard;
};

const std::vector<KpiField> KPI_FIELDS{
    {"thp_dl", &SliceKpi::thpDlBps, "bit/s", "mean user throughput", "DRB.UEThpDl"},
    {"delay_dl",
     &SliceKpi::delayDlS,
     "s",
     "mean delay in the radio, RLC entry to delivery; at its bound when nothing was delivered",
     "DRB.RlcSduDelayDl"},
    {"delay_e2e",
     &SliceKpi::delayE2eS,
     "s",
     "mean one-way delay, application to application; at its bound when nothing was delivered",
     ""},
    {"delay_e2e_p95", &SliceKpi::delayE2eP95S, "s", "95th percentile of delay_e2e", ""},
    {"prb_used_dl", &SliceKpi::prbUsedDl, "PRB", "PRBs used in a slot, mean", "RRU.PrbUsedDl"},
    {"active_ue",
     &SliceKpi::activeUe,
     "UE",
     "users with data waiting for the radio, mean",
     "DRB.MeanActiveUeDl"},
    {"cqi", &SliceKpi::cqi, "1", "wideband channel quality indicator, mean", "CARR.WBCQIDist"},
    {"offered", &SliceKpi::offeredBps, "bit/s", "load offered by the applications, all users", ""},
    {"loss", &SliceKpi::loss, "fraction", "packets dropped of those sent", ""},
    {"buffer",
     &SliceKpi::bufferBytes,
     "byte",
     "data waiting for the radio at the interval's end",
     "DRB.BufferSize.Qos"},
    {"thp_ul", &SliceKpi::thpUlBps, "bit/s", "mean user throughput, uplink", "DRB.UEThpUl"},
    {"delay_e2e_ul",
     &SliceKpi::delayE2eUlS,
     "s",
     "uplink mean one-way delay, application to application; at its bound when nothing was "
     "delivered",
     ""},
    {"prb_used_ul",
     &SliceKpi::prbUsedUl,
     "PRB",
     "uplink PRBs used in a slot, mean",
     "RRU.PrbUsedUl"},
    {"offered_ul",
     &SliceKpi::offeredUlBps,
     "bit/s",
     "uplink load offered by the users, all of them",
     ""},
    {"r", &SliceKpi::r, "1", "QoS satisfaction min(phi / phi*, d* / d, 1)", ""},
};

} // namespace

CellsAdaptor::CellsAdaptor(ns3::Ptr<ns3::SlicedCells> cells,
                           uint32_t steps,
                           const std::string& maskSource)
    : m_cells(cells)
    , m_steps(steps)
    , m_maskSource(maskSource)
{
    const auto& network = *m_cells->GetRadio();
    m_measured.assign(Slices(), false);
    m_kpis.assign(network.GetCells(), std::vector<SliceKpi>(Slices(), SliceKpi{}));
}

uint32_t
CellsAdaptor::Slices() const
{
    return static_cast<uint32_t>(m_cells->GetConfig().services.size());
}

double
CellsAdaptor::HighOf(const std::string& field) const
{
    const auto& config = m_cells->GetConfig();
    const auto& network = *m_cells->GetRadio();
    if (field == "thp_dl" || field == "thp_ul")
    {
        return network.MaxRateBps();
    }
    if (field == "offered" || field == "offered_ul")
    {
        const double load = field == "offered" ? config.load : config.uplinkLoad;
        double targetBps = 0;
        for (const auto& service : config.services)
        {
            targetBps = std::max(targetBps, service.target.throughputBps);
        }
        // Packets are whole: one more a user than the load may fall into the window.
        return m_cells->MaxUsers() *
               (targetBps * load +
                config.packetBytes * 8 / (config.interval - config.warmup).GetSeconds());
    }
    if (field == "buffer")
    {
        return static_cast<double>(m_cells->MaxUsers()) * network.GetMaxBufferBytes();
    }
    if (field.starts_with("prb_used"))
    {
        return network.GetPrbs();
    }
    if (field == "active_ue")
    {
        return m_cells->MaxUsers();
    }
    if (field == "cqi")
    {
        return 15;
    }
    return field.starts_with("delay") ? IntervalMeter::MAX_DELAY_S : 1;
}

FieldSpec
CellsAdaptor::Field(const std::string& name,
                    const std::string& unit,
                    const std::string& meaning,
                    const std::string& standard) const
{
    return {.name = name,
            .shape = {m_cells->GetRadio()->GetCells(), Slices()},
            .axes = AXES,
            .low = {0},
            .high = {HighOf(name)},
            .unit = unit,
            .meaning = meaning,
            .standard = standard,
            .sumMax = {}};
}

std::vector<FieldSpec>
CellsAdaptor::ObservationFields() const
{
    std::vector<FieldSpec> fields;
    for (const auto& kpi : KPI_FIELDS)
    {
        fields.push_back(Field(kpi.name, kpi.unit, kpi.meaning, kpi.standard));
    }
    fields.push_back(
        Field(CEILING, "fraction", "ceiling in force at the interval's end", "rRMPolicyMaxRatio"));
    fields.push_back(
        Field("slice_active", "1", "1 where the slice was present in the interval measured", ""));
    fields.push_back(
        Field("slice_present", "1", "1 where the slice is present in the coming interval", ""));
    return fields;
}

std::vector<FieldSpec>
CellsAdaptor::ActionFields() const
{
    auto field = Field(CEILING,
                       "fraction",
                       "most PRBs of the cell that the slice may use in the coming interval",
                       "rRMPolicyMaxRatio");
    field.sumMax = 1;
    return {field};
}

nlohmann::json
CellsAdaptor::Context() const
{
    const auto& config = m_cells->GetConfig();
    auto cells = nlohmann::json::array();
    for (uint16_t cell = 0; cell < m_cells->GetRadio()->GetCells(); ++cell)
    {
        cells.push_back({{"id", cell}, {"site", cell / config.sectors}});
    }
    auto slices = nlohmann::json::array();
    for (const auto& service : config.services)
    {
        slices.push_back({{"id", service.id},
                          {"target_bps", service.target.throughputBps},
                          {"delay_bound_s", service.target.delayS}});
    }
    return {{"cells", cells},
            {"slices", slices},
            {"prbs", m_cells->GetRadio()->GetPrbs()},
            {"ues_per_slice", config.uesPerSlice},
            {"warmup_s", config.warmup.GetSeconds()},
            {"interval_real_s", 900},
            {"time_mode", "rate-preserving compression"},
            {"mask", m_maskSource}};
}

Value
CellsAdaptor::Observe()
{
    if (m_step > 0)
    {
        m_kpis = m_cells->CloseInterval();
        for (uint32_t slice = 0; slice < Slices(); ++slice)
        {
            m_measured[slice] = m_cells->IsPresent(slice);
        }
    }
    std::vector<std::vector<double>> ceilings(m_kpis.size());
    for (uint16_t cell = 0; cell < m_kpis.size(); ++cell)
    {
        for (uint32_t slice = 0; slice < Slices(); ++slice)
        {
            ceilings[cell].push_back(m_cells->GetRadio()->GetCeiling(cell, slice));
        }
    }
    if (m_step < m_steps)
    {
        m_cells->OpenInterval(m_step);
    }
    ++m_step;

    DictValue observation;
    auto add = [&](const std::string& name, auto&& valueOf) {
        std::vector<float> elements;
        const auto high = static_cast<float>(HighOf(name));
        for (uint16_t cell = 0; cell < m_kpis.size(); ++cell)
        {
            for (uint32_t slice = 0; slice < Slices(); ++slice)
            {
                elements.push_back(static_cast<float>(valueOf(cell, slice)));
                NS_ABORT_MSG_UNLESS(elements.back() >= 0 && elements.back() <= high,
                                    name << "[" << cell << "," << slice << "] is "
                                         << elements.back() << ", not within 0 and " << high);
            }
        }
        observation.names.push_back(name);
        observation.elements.push_back(
            FloatBox({static_cast<uint32_t>(m_kpis.size()), Slices()}, std::move(elements)));
    };
    for (const auto& kpi : KPI_FIELDS)
    {
        add(kpi.name,
            [&](uint16_t cell, uint32_t slice) { return m_kpis[cell][slice].*kpi.value; });
    }
    add(CEILING, [&](uint16_t cell, uint32_t slice) { return ceilings[cell][slice]; });
    add("slice_active", [&](uint16_t, uint32_t slice) { return m_measured[slice] ? 1 : 0; });
    add("slice_present",
        [&](uint16_t, uint32_t slice) { return m_cells->IsPresent(slice) ? 1 : 0; });
    return {observation};
}

double
CellsAdaptor::Reward()
{
    // U of paper 001, eq. 5, divided by the number of its terms.
    double sum = 0;
    uint32_t terms = 0;
    for (const auto& ofCell : m_kpis)
    {
        for (uint32_t slice = 0; slice < Slices(); ++slice)
        {
            if (m_measured[slice])
            {
                sum += std::log(1 + ofCell[slice].r);
                ++terms;
            }
        }
    }
    return terms > 0 ? sum / terms : 0;
}

nlohmann::json
CellsAdaptor::Info(bool ended)
{
    if (ended)
    {
        return ConservationInfo(m_cells->CheckConservation());
    }
    // The border's number was counted up by Observe(): the coming interval is the one before it.
    std::vector<double> offered;
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        offered.push_back(m_cells->IsPresent(slice) ? m_cells->GetOfferedBps(m_step - 1, slice)
                                                    : 0);
    }
    return {{"future", {{"offered", std::vector(m_kpis.size(), offered)}}}};
}

void
CellsAdaptor::Apply(const Value& decision)
{
    const auto& shares = FloatsOf(decision, CEILING);
    for (uint16_t cell = 0; cell < m_kpis.size(); ++cell)
    {
        const auto first = shares.begin() + static_cast<std::ptrdiff_t>(cell) * Slices();
        m_cells->SetCeilings(cell, std::vector<double>(first, first + Slices()));
    }
}

bool
CellsAdaptor::CanDrawAnew() const
{
    return true;
}

void
CellsAdaptor::DrawAnew()
{
    m_cells->DrawAnew();
}

Value
CellsAdaptor::DefaultDecision() const
{
    std::vector<float> shares;
    uint32_t present = 0;
    for (uint32_t slice = 0; slice < Slices(); ++slice)
    {
        present += m_cells->IsPresent(slice) ? 1 : 0;
    }
    for (size_t i = 0; i < m_kpis.size() * Slices(); ++i)
    {
        shares.push_back(m_cells->IsPresent(i % Slices()) ? 1.0F / present : 0.0F);
    }
    return {
        DictValue{{CEILING}, {FloatBox({static_cast<uint32_t>(m_kpis.size()), Slices()}, shares)}}};
}

} // namespace slicebed
