// SPDX-License-Identifier: GPL-2.0-only
#include "cell/radio-channel.h"

#include "ns3/angles.h"
#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/isotropic-antenna-model.h"
#include "ns3/node.h"
#include "ns3/parabolic-antenna-model.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RadioChannel);

namespace
{

// Cells that together bring less than this share of noise and full interference enter by their
// mean.
constexpr double FAR_SHARE = 0.05;
constexpr double REFRESH_M = 1; // shadowing's correlation distance is 37 m (TR 38.901 Table 7.5-6)
constexpr double UPLINK_CYCLES =
    FadingProcess::CYCLES / 2.0;          // FDD: the other band fades on its own
constexpr double NOISE_DBM_PER_HZ = -174; // thermal noise at 290 K
constexpr double LIGHT_MPS = 299'792'458;

double
FromDb(double db)
{
    return std::pow(10.0, db / 10);
}

double
ToDb(double linear)
{
    return 10 * std::log10(linear);
}

Ptr<MobilityModel>
MakeFixed(const Vector& position)
{
    auto place = CreateObject<ConstantPositionMobilityModel>();
    place->SetPosition(position);
    // ns-3's channel models tell links apart by the nodes at their ends.
    CreateObject<Node>()->AggregateObject(place);
    return place;
}

/** Line-of-sight probability of TR 38.901 Table 7.4.2-1, UMa, UE below 13 m. */
double
LosProbability(double distance2dM)
{
    if (distance2dM <= 18)
    {
        return 1;
    }
    const double near = 18 / distance2dM;
    return near + std::exp(-distance2dM / 63) * (1 - near);
}

} // namespace

TypeId
RadioChannel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::RadioChannel")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<RadioChannel>()
            .AddAttribute("AntennaGainDbi",
                          "Gain of a sector antenna on its boresight [dBi].",
                          DoubleValue(14),
                          MakeDoubleAccessor(&RadioChannel::m_antennaGainDbi),
                          MakeDoubleChecker<double>())
            .AddAttribute("BeamwidthDeg",
                          "3 dB beamwidth of a sector antenna [degree] (TR 38.901 Table 7.3-1).",
                          DoubleValue(65),
                          MakeDoubleAccessor(&RadioChannel::m_beamwidthDeg),
                          MakeDoubleChecker<double>(1, 180))
            .AddAttribute("MaxAttenuationDb",
                          "Front-to-back ratio of a sector antenna [dB] (same table).",
                          DoubleValue(30),
                          MakeDoubleAccessor(&RadioChannel::m_maxAttenuationDb),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("Omnidirectional",
                          "Whether antennas radiate evenly, with their gain on boresight.",
                          BooleanValue(false),
                          MakeBooleanAccessor(&RadioChannel::m_omnidirectional),
                          MakeBooleanChecker())
            .AddAttribute("NoiseFigureDb",
                          "Noise figure of a UE [dB].",
                          DoubleValue(9),
                          MakeDoubleAccessor(&RadioChannel::m_noiseFigureDb),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("DelaySpreadNlosS",
                          "rms delay spread without line of sight [s] (TR 38.901 Table 7.7.3-2).",
                          DoubleValue(363e-9),
                          MakeDoubleAccessor(&RadioChannel::m_delaySpreadNlosS),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("DelaySpreadLosS",
                          "rms delay spread with line of sight [s] (same table, short).",
                          DoubleValue(93e-9),
                          MakeDoubleAccessor(&RadioChannel::m_delaySpreadLosS),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("Fading",
                          "Whether there is small-scale fading.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&RadioChannel::m_fadingOn),
                          MakeBooleanChecker())
            .AddAttribute("Shadowing",
                          "Whether there is shadowing.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&RadioChannel::m_shadowingOn),
                          MakeBooleanChecker());
    return tid;
}

RadioChannel::RadioChannel()
    : m_condition(CreateObject<ThreeGppUmaChannelConditionModel>())
    , m_random(CreateObject<UniformRandomVariable>())
{
}

uint16_t
RadioChannel::AddSite(const Vector& position)
{
    m_sites.push_back(MakeFixed(position));
    m_positions.push_back(position);
    return static_cast<uint16_t>(m_sites.size() - 1);
}

uint16_t
RadioChannel::AddCell(uint16_t site, double bearingDeg)
{
    NS_ABORT_MSG_IF(!m_ues.empty(), "cells are added before UEs");
    Ptr<AntennaModel> antenna;
    if (m_omnidirectional)
    {
        antenna = CreateObject<IsotropicAntennaModel>();
    }
    else
    {
        const double wrapped = std::remainder(bearingDeg, 360); // the model takes -180 to 180
        antenna =
            CreateObjectWithAttributes<ParabolicAntennaModel>("Beamwidth",
                                                              DoubleValue(m_beamwidthDeg),
                                                              "Orientation",
                                                              DoubleValue(wrapped),
                                                              "MaxAttenuation",
                                                              DoubleValue(m_maxAttenuationDb));
    }
    m_cells.push_back({site, antenna});
    return static_cast<uint16_t>(m_cells.size() - 1);
}

uint32_t
RadioChannel::AddUe(Ptr<MobilityModel> place, uint16_t cell)
{
    Ue ue;
    ue.place = place;
    ue.cell = cell;
    for (uint16_t i = 0; i < m_cells.size(); ++i)
    {
        ue.links.push_back({.power = 0, .start = DrawFadingStart(), .cell = i, .los = false});
    }
    ue.since = Simulator::Now();
    m_ues.push_back(std::move(ue));
    if (!m_nlos && m_fadingOn)
    {
        MakeFading();
    }
    RefreshUe(m_ues.back());
    return static_cast<uint32_t>(m_ues.size() - 1);
}

void
RadioChannel::SetGrid(const Grid& grid)
{
    m_frequencyHz = grid.frequencyHz;
    m_powerPerPrbDbm = grid.txPowerDbm - ToDb(grid.prbs);
    m_powerPerPrbW = FromDb(m_powerPerPrbDbm - 30);
    m_noiseW = FromDb(NOISE_DBM_PER_HZ + ToDb(grid.prbHz) + m_noiseFigureDb - 30);
    m_rbgs = (grid.prbs + grid.rbgPrbs - 1) / grid.rbgPrbs;
    m_rbgHz = grid.rbgPrbs * grid.prbHz;
    m_loss = MakeLoss(m_condition, m_shadowingOn);
}

Ptr<ThreeGppPropagationLossModel>
RadioChannel::MakeLoss(Ptr<ChannelConditionModel> condition, bool shadowing) const
{
    auto loss = CreateObject<ThreeGppUmaPropagationLossModel>();
    loss->SetAttribute("Frequency", DoubleValue(m_frequencyHz));
    loss->SetAttribute("ShadowingEnabled", BooleanValue(shadowing));
    loss->SetChannelConditionModel(condition);
    return loss;
}

void
RadioChannel::MakeFading()
{
    m_nlos = std::make_unique<FadingProcess>(
        FadingProcess::TdlA(), m_delaySpreadNlosS, m_rbgs, m_rbgHz, m_random);
    m_los = std::make_unique<FadingProcess>(
        FadingProcess::TdlD(), m_delaySpreadLosS, m_rbgs, m_rbgHz, m_random);
}

void
RadioChannel::SetWrapAround(const std::vector<Vector>& shifts)
{
    m_shifts = shifts;
}

void
RadioChannel::BringNear(size_t site, const Vector& place) const
{
    if (m_shifts.size() == 1)
    {
        return;
    }
    const auto distanceM = [&](const Vector& shift) {
        return CalculateDistance(m_positions[site] + shift, place);
    };
    const auto nearest =
        std::min_element(m_shifts.begin(), m_shifts.end(), [&](const auto& a, const auto& b) {
            return distanceM(a) < distanceM(b);
        });
    m_sites[site]->SetPosition(m_positions[site] + *nearest);
}

double
RadioChannel::AntennaGainDb(const Cell& cell, const Vector& from) const
{
    return m_antennaGainDbi +
           cell.antenna->GetGainDb(Angles(from, m_sites[cell.site]->GetPosition()));
}

std::vector<double>
RadioChannel::GainsDb(Ptr<MobilityModel> place) const
{
    const auto position = place->GetPosition();
    std::vector<double> siteGainDb;
    for (size_t site = 0; site < m_sites.size(); ++site)
    {
        BringNear(site, position);
        siteGainDb.push_back(m_loss->CalcRxPower(0, m_sites[site], place));
    }
    std::vector<double> gainsDb;
    for (const auto& cell : m_cells)
    {
        gainsDb.push_back(siteGainDb[cell.site] + AntennaGainDb(cell, position));
    }
    return gainsDb;
}

uint16_t
RadioChannel::StrongestCell(Ptr<MobilityModel> place)
{
    const auto gainsDb = GainsDb(place);
    return static_cast<uint16_t>(std::max_element(gainsDb.begin(), gainsDb.end()) -
                                 gainsDb.begin());
}

std::pair<uint16_t, double>
RadioChannel::FindStrongerCell(uint32_t ueId) const
{
    const auto& ue = m_ues[ueId];
    const auto& best = ue.near.front();
    return {best.cell, ToDb(best.power / ue.own.power)};
}

void
RadioChannel::SetServingCell(uint32_t ue, uint16_t cell)
{
    m_ues.at(ue).cell = cell;
    m_ues[ue].own = m_ues[ue].links.at(cell);
}

void
RadioChannel::SetActivity(const std::vector<float>& activity)
{
    m_activity = activity;
}

void
RadioChannel::Refresh()
{
    for (auto& ue : m_ues)
    {
        RefreshUe(ue);
    }
}

void
RadioChannel::RefreshUe(Ue& ue)
{
    ue.cycles += ue.dopplerHz * (Simulator::Now() - ue.since).GetSeconds();
    ue.since = Simulator::Now();
    ue.dopplerHz = ue.place->GetVelocity().GetLength() * m_frequencyHz / LIGHT_MPS;
    if (ue.near.empty() || CalculateDistance(ue.place->GetPosition(), ue.at) >= REFRESH_M)
    {
        RefreshPower(ue);
    }
    ue.farMeanW = 0;
    if (ue.farW > 0 && !m_activity.empty())
    {
        for (const auto& link : ue.links)
        {
            ue.farMeanW += link.power * m_activity[link.cell];
        }
        for (const auto& link : ue.near)
        {
            ue.farMeanW -= link.power * m_activity[link.cell];
        }
        ue.farMeanW = std::max(ue.farMeanW, 0.0); // what rounding leaves
    }
}

void
RadioChannel::RefreshPower(Ue& ue)
{
    const auto gainsDb = GainsDb(ue.place);
    ue.at = ue.place->GetPosition();
    for (auto& link : ue.links)
    {
        link.power = static_cast<float>(FromDb(m_powerPerPrbDbm + gainsDb[link.cell] - 30));
        const auto& site = m_sites[m_cells[link.cell].site];
        link.los = m_fadingOn && m_condition->GetChannelCondition(site, ue.place)->IsLos();
    }
    ue.own = ue.links[ue.cell];
    FindNear(ue);
}

void
RadioChannel::FindNear(Ue& ue)
{
    ue.near = ue.links;
    std::stable_sort(ue.near.begin(), ue.near.end(), [](const auto& a, const auto& b) {
        return a.power > b.power;
    });
    double all = m_noiseW;
    for (const auto& link : ue.near)
    {
        all += link.power;
    }
    const double most = FAR_SHARE * (all - ue.near.front().power);
    ue.farW = 0;
    while (ue.near.size() > 1 && ue.farW + ue.near.back().power <= most)
    {
        ue.farW += ue.near.back().power;
        ue.near.pop_back();
    }
    ue.near.shrink_to_fit();
}

void
RadioChannel::SetFixedSinrDb(uint32_t ue, double sinrDb)
{
    m_ues.at(ue).fixedSinr = FromDb(sinrDb);
}

double
RadioChannel::CyclesOf(const Ue& ue, Time age) const
{
    // Another table's length on top: what lies before the start is there, too.
    return ue.cycles + ue.dopplerHz * (Simulator::Now() - age - ue.since).GetSeconds() +
           FadingProcess::CYCLES;
}

FadingGains
RadioChannel::FadingOf(const Link& link, double cycles) const
{
    return (link.los ? m_los : m_nlos)->Gains(cycles + link.start);
}

void
RadioChannel::GetSinr(uint32_t ueId,
                      RbgMask wanted,
                      const std::vector<RbgMask>& onAir,
                      float* sinr) const
{
    const auto& ue = m_ues[ueId];
    if (ue.fixedSinr)
    {
        wanted.ForEach([&](uint32_t rbg) { sinr[rbg] = static_cast<float>(*ue.fixedSinr); });
        return;
    }
    std::array<float, RbgMask::MAX_RBGS> disturbanceW;
    const auto floorW = static_cast<float>(m_noiseW + ue.farMeanW);
    wanted.ForEach([&](uint32_t rbg) { disturbanceW[rbg] = floorW; });
    const double cycles = CyclesOf(ue, Time(0));
    for (const auto& link : ue.near)
    {
        const auto common = onAir[link.cell] & wanted;
        if (link.cell == ue.cell || common.Empty())
        {
            continue;
        }
        const float power = link.power;
        if (m_fadingOn)
        {
            const auto gains = FadingOf(link, cycles);
            common.ForEach([&](uint32_t rbg) { disturbanceW[rbg] += power * gains[rbg]; });
        }
        else
        {
            common.ForEach([&](uint32_t rbg) { disturbanceW[rbg] += power; });
        }
    }
    const float own = ue.own.power;
    const auto gains = m_fadingOn ? FadingOf(ue.own, cycles) : FadingGains();
    wanted.ForEach(
        [&](uint32_t rbg) { sinr[rbg] = own * (gains ? gains[rbg] : 1) / disturbanceW[rbg]; });
}

template <typename LoadOf>
void
RadioChannel::FillSinr(const Ue& ue, Time age, double farW, LoadOf loadOf, float* sinr) const
{
    if (ue.fixedSinr)
    {
        std::fill_n(sinr, m_rbgs, static_cast<float>(*ue.fixedSinr));
        return;
    }
    std::array<float, RbgMask::MAX_RBGS> disturbanceW;
    std::fill_n(disturbanceW.begin(), m_rbgs, static_cast<float>(m_noiseW + farW));
    const double cycles = CyclesOf(ue, age);
    static const std::vector<uint16_t> ONES(RbgMask::MAX_RBGS, FadingGains::Pack(1));
    const auto gainsOf = [&](const Link& link) {
        return m_fadingOn ? FadingOf(link, cycles) : FadingGains(ONES.data());
    };
    for (const auto& link : ue.near)
    {
        const uint16_t cell = link.cell;
        if (cell == ue.cell)
        {
            continue;
        }
        const float power = link.power;
        const auto gains = gainsOf(link);
        for (uint32_t rbg = 0; rbg < m_rbgs; ++rbg)
        {
            disturbanceW[rbg] += power * gains[rbg] * loadOf(cell, rbg);
        }
    }
    const float own = ue.own.power;
    const auto gains = gainsOf(ue.own);
    for (uint32_t rbg = 0; rbg < m_rbgs; ++rbg)
    {
        sinr[rbg] = own * gains[rbg] / disturbanceW[rbg];
    }
}

void
RadioChannel::GetSinrOfFullLoad(uint32_t ueId, Time age, float* sinr) const
{
    const auto& ue = m_ues[ueId];
    FillSinr(ue, age, ue.farW, [](uint16_t, uint32_t) { return 1.0F; }, sinr);
}

void
RadioChannel::GetSinrOfLoad(uint32_t ueId,
                            Time age,
                            const std::vector<std::vector<float>>& load,
                            float* sinr) const
{
    const auto& ue = m_ues[ueId];
    FillSinr(
        ue, age, ue.farMeanW, [&](uint16_t cell, uint32_t rbg) { return load[cell][rbg]; }, sinr);
}

double
RadioChannel::GetFadingGain(uint32_t ue, uint16_t cell, uint32_t rbg, Direction direction) const
{
    return m_fadingOn ? GetFadingGains(ue, cell, direction, Time(0))[rbg] : 1;
}

FadingGains
RadioChannel::GetFadingGains(uint32_t ueId, uint16_t cell, Direction direction, Time age) const
{
    if (!m_fadingOn)
    {
        return {};
    }
    const auto& ue = m_ues[ueId];
    const double shift = direction == Direction::UPLINK ? UPLINK_CYCLES : 0;
    return FadingOf(ue.links[cell], CyclesOf(ue, age) + shift);
}

double
RadioChannel::GetWidebandSinrDb(uint32_t ueId) const
{
    const auto& ue = m_ues.at(ueId);
    if (ue.fixedSinr)
    {
        return ToDb(*ue.fixedSinr);
    }
    double disturbanceW = m_noiseW;
    for (const auto& link : ue.links)
    {
        disturbanceW += link.cell == ue.cell ? 0 : link.power;
    }
    return ToDb(ue.own.power / disturbanceW);
}

double
RadioChannel::GetGainDb(uint32_t ue, uint16_t cell) const
{
    return ToDb(m_ues.at(ue).links.at(cell).power) + 30 - m_powerPerPrbDbm;
}

std::vector<double>
RadioChannel::MeanSinrMapDb(const std::vector<Vector>& points) const
{
    // Models of their own, without random draws: asking for a map does not change a run.
    const auto los = MakeLoss(CreateObject<AlwaysLosChannelConditionModel>(), false);
    const auto nlos = MakeLoss(CreateObject<NeverLosChannelConditionModel>(), false);
    const auto place = MakeFixed({0, 0, 0});
    std::vector<double> sinrDb;
    sinrDb.reserve(points.size());
    for (const auto& point : points)
    {
        place->SetPosition(point);
        std::vector<double> path; // by site
        for (size_t i = 0; i < m_sites.size(); ++i)
        {
            BringNear(i, point);
            const auto& site = m_sites[i];
            const auto from = site->GetPosition();
            const double p = LosProbability(std::hypot(point.x - from.x, point.y - from.y));
            path.push_back(p * FromDb(los->CalcRxPower(0, site, place)) +
                           (1 - p) * FromDb(nlos->CalcRxPower(0, site, place)));
        }
        double best = 0;
        double all = 0;
        for (const auto& cell : m_cells)
        {
            const double power =
                path[cell.site] * FromDb(m_powerPerPrbDbm + AntennaGainDb(cell, point) - 30);
            best = std::max(best, power);
            all += power;
        }
        sinrDb.push_back(ToDb(best / (m_noiseW + all - best)));
    }
    return sinrDb;
}

uint32_t
RadioChannel::GetRbgs() const
{
    return m_rbgs;
}

int64_t
RadioChannel::AssignStreams(int64_t stream)
{
    int64_t used = m_condition->AssignStreams(stream);
    used += m_loss->AssignStreams(stream + used);
    m_random->SetStream(stream + used);
    return used + 1;
}

void
RadioChannel::DrawFadingAnew()
{
    for (auto& ue : m_ues)
    {
        for (auto& link : ue.links)
        {
            link.start = DrawFadingStart();
        }
        ue.own = ue.links[ue.cell];
        FindNear(ue);
    }
}

float
RadioChannel::DrawFadingStart()
{
    return static_cast<float>(m_random->GetValue(0, FadingProcess::CYCLES));
}

void
RadioChannel::DoDispose()
{
    m_ues.clear();
    m_cells.clear();
    m_sites.clear();
    m_loss = nullptr;
    m_condition = nullptr;
    Object::DoDispose();
}

} // namespace ns3
