// SPDX-License-Identifier: GPL-2.0-only
#include "cell/radio-channel.h"

#include "ns3/angles.h"
#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/node.h"
#include "ns3/parabolic-antenna-model.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RadioChannel);

namespace
{

constexpr double PRB_HZ = 180e3;
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
    return static_cast<uint16_t>(m_sites.size() - 1);
}

uint16_t
RadioChannel::AddCell(uint16_t site, double bearingDeg)
{
    NS_ABORT_MSG_IF(!m_ues.empty(), "cells are added before UEs");
    const double wrapped = std::remainder(bearingDeg, 360); // the model takes -180 to 180
    auto antenna =
        CreateObjectWithAttributes<ParabolicAntennaModel>("Beamwidth",
                                                          DoubleValue(m_beamwidthDeg),
                                                          "Orientation",
                                                          DoubleValue(wrapped),
                                                          "MaxAttenuation",
                                                          DoubleValue(m_maxAttenuationDb));
    m_cells.push_back({site, antenna});
    return static_cast<uint16_t>(m_cells.size() - 1);
}

uint32_t
RadioChannel::AddUe(Ptr<MobilityModel> place, uint16_t cell)
{
    Ue ue;
    ue.place = place;
    ue.cell = cell;
    ue.power.resize(m_cells.size());
    ue.fading.resize(m_cells.size());
    for (size_t i = 0; i < m_cells.size(); ++i)
    {
        ue.start.push_back(static_cast<float>(m_random->GetValue(0, FadingProcess::CYCLES)));
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
RadioChannel::SetCarrier(uint32_t prbs, uint32_t subBandPrbs, double frequencyHz, double txPowerDbm)
{
    m_frequencyHz = frequencyHz;
    m_powerPerPrbDbm = txPowerDbm - ToDb(prbs);
    m_noiseW = FromDb(NOISE_DBM_PER_HZ + ToDb(PRB_HZ) + m_noiseFigureDb - 30);
    m_subBands = (prbs + subBandPrbs - 1) / subBandPrbs;
    m_subBandHz = subBandPrbs * PRB_HZ;
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
        FadingProcess::TdlA(), m_delaySpreadNlosS, m_subBands, m_subBandHz, m_random);
    m_los = std::make_unique<FadingProcess>(
        FadingProcess::TdlD(), m_delaySpreadLosS, m_subBands, m_subBandHz, m_random);
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
    std::vector<double> siteGainDb;
    for (const auto& site : m_sites)
    {
        siteGainDb.push_back(m_loss->CalcRxPower(0, site, place));
    }
    std::vector<double> gainsDb;
    const auto position = place->GetPosition();
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
    const auto gainsDb = GainsDb(ue.place);
    for (size_t cell = 0; cell < m_cells.size(); ++cell)
    {
        ue.power[cell] = static_cast<float>(FromDb(m_powerPerPrbDbm + gainsDb[cell] - 30));
        if (m_fadingOn)
        {
            const auto& site = m_sites[m_cells[cell].site];
            const bool los = m_condition->GetChannelCondition(site, ue.place)->IsLos();
            ue.fading[cell] = los ? m_los.get() : m_nlos.get();
        }
    }
    ue.cycles += ue.dopplerHz * (Simulator::Now() - ue.since).GetSeconds();
    ue.since = Simulator::Now();
    ue.dopplerHz = ue.place->GetVelocity().GetLength() * m_frequencyHz / LIGHT_MPS;
}

void
RadioChannel::SetFixedSinrDb(uint32_t ue, double sinrDb)
{
    m_ues.at(ue).fixedSinr = FromDb(sinrDb);
}

double
RadioChannel::GetSinr(uint32_t ueId, uint32_t subBand, const std::vector<float>& load) const
{
    const auto& ue = m_ues[ueId];
    if (ue.fixedSinr)
    {
        return *ue.fixedSinr;
    }
    const double cycles = ue.cycles + ue.dopplerHz * (Simulator::Now() - ue.since).GetSeconds();
    auto received = [&](size_t cell) {
        return m_fadingOn ? ue.power[cell] * ue.fading[cell]->Gain(cycles + ue.start[cell], subBand)
                          : ue.power[cell];
    };
    double disturbanceW = m_noiseW;
    for (size_t cell = 0; cell < load.size(); ++cell)
    {
        if (cell != ue.cell && load[cell] > 0)
        {
            disturbanceW += load[cell] * received(cell);
        }
    }
    return received(ue.cell) / disturbanceW;
}

double
RadioChannel::GetWidebandSinrDb(uint32_t ueId) const
{
    const auto& ue = m_ues.at(ueId);
    if (ue.fixedSinr)
    {
        return ToDb(*ue.fixedSinr);
    }
    const double all = std::accumulate(ue.power.begin(), ue.power.end(), 0.0);
    const double own = ue.power[ue.cell];
    return ToDb(own / (m_noiseW + all - own));
}

double
RadioChannel::GetGainDb(uint32_t ue, uint16_t cell) const
{
    return ToDb(m_ues.at(ue).power.at(cell)) + 30 - m_powerPerPrbDbm;
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
        for (const auto& site : m_sites)
        {
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
RadioChannel::GetSubBands() const
{
    return m_subBands;
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
