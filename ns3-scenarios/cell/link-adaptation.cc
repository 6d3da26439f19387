// SPDX-License-Identifier: GPL-2.0-only
#include "cell/link-adaptation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{

namespace
{

constexpr double BLER_TARGET = 0.1; // TS 36.213 7.2.3, TS 38.214 5.2.2.1

// Reports are kept in single precision: the mean of equal ones may come out a rounding below.
constexpr double ROUNDING = 1e-5;

double
ToDb(double linear)
{
    return 10 * std::log10(linear);
}

} // namespace

LinkAdaptation::LinkAdaptation(uint8_t maxMcs, uint32_t maxPrbs)
    : m_maxMcs(maxMcs)
    , m_maxPrbs(maxPrbs)
{
}

void
LinkAdaptation::Fill()
{
    for (uint8_t cqi = 1; cqi <= MAX_CQI; ++cqi)
    {
        m_cqiEfficiency[cqi] = CqiEfficiency(cqi);
        m_mcsOfCqi[cqi] = MapCqiToMcs(cqi);
    }
    m_cqi.Fill([this](double sinr) { return CqiBySinr(sinr); });
    m_controlError.Fill([this](double sinr) { return ControlErrorBySinr(sinr); });
    m_efficiency.Fill([this](float sinr) { return m_cqiEfficiency[m_cqi[sinr]]; });
    for (size_t direction = 0; direction < DIRECTIONS; ++direction)
    {
        m_tbs[direction].resize(m_maxMcs + 1);
        m_bler[direction].resize(m_maxMcs + 1);
        for (uint8_t mcs = 0; mcs <= m_maxMcs; ++mcs)
        {
            m_bler[direction][mcs].resize(m_maxPrbs + 1);
            m_tbs[direction][mcs].push_back(0);
            for (uint32_t prbs = 1; prbs <= m_maxPrbs; ++prbs)
            {
                m_tbs[direction][mcs].push_back(
                    BlockBytes(mcs, prbs, static_cast<Direction>(direction)));
            }
        }
    }
    for (uint8_t mcs = 0; mcs <= m_maxMcs; ++mcs)
    {
        m_modulation.push_back(ModulationOf(mcs));
        if (mcs == 0 || m_modulation[mcs] > m_modulation[mcs - 1])
        {
            m_information[m_modulation[mcs]].Fill(
                [this, mcs](double sinr) { return InformationBySinr(mcs, sinr); });
        }
    }
    FillOfEfficiency();
}

void
LinkAdaptation::FillOfEfficiency()
{
    // The SINR at which each CQI begins, and from which each MCS meets the target.
    std::array<double, MAX_CQI + 1> beginsDb{};
    for (uint8_t cqi = 0; cqi <= MAX_CQI; ++cqi)
    {
        const auto index = std::min<size_t>(m_cqi.LowerBound(cqi), SinrTable<uint8_t>::SIZE - 1);
        beginsDb[cqi] = ToDb(SinrTable<uint8_t>::SinrAt(index));
    }
    constexpr uint32_t TYPICAL_PRBS = 8;
    constexpr uint32_t RATE_PRBS = 25;
    for (uint8_t mcs = 0; mcs <= m_maxMcs; ++mcs)
    {
        size_t index = 0;
        while (index < SinrTable<float>::SIZE - 1 &&
               Bler(mcs, TYPICAL_PRBS, MutualInformation(mcs, SinrTable<float>::SinrAt(index)), 1) >
                   BLER_TARGET)
        {
            index += 4; // 0.1 dB
        }
        m_mcsThresholdDb.push_back(static_cast<float>(ToDb(SinrTable<float>::SinrAt(index))));
    }
    // A higher MCS never begins before a lower one, whatever the error curves' kinks say.
    for (uint8_t mcs = 1; mcs <= m_maxMcs; ++mcs)
    {
        m_mcsThresholdDb[mcs] = std::max(m_mcsThresholdDb[mcs], m_mcsThresholdDb[mcs - 1]);
    }
    for (size_t i = 0; i < EFFICIENCIES; ++i)
    {
        const double efficiency = (static_cast<double>(i) + 0.5) * EFFICIENCY_STEP;
        const auto above =
            std::upper_bound(m_cqiEfficiency.begin() + 1, m_cqiEfficiency.end(), efficiency);
        const auto cqi = static_cast<size_t>(above - m_cqiEfficiency.begin()) - 1;
        const double next = cqi < MAX_CQI ? m_cqiEfficiency[cqi + 1] : m_cqiEfficiency[cqi] + 1;
        const double nextDb = cqi < MAX_CQI ? beginsDb[cqi + 1] : beginsDb[cqi];
        const double part = (efficiency - m_cqiEfficiency[cqi]) / (next - m_cqiEfficiency[cqi]);
        m_dbOfEfficiency[i] = static_cast<float>(beginsDb[cqi] + part * (nextDb - beginsDb[cqi]));
        m_rateOfEfficiency[i] =
            cqi == 0 ? 0 : static_cast<float>(TbsBytes(m_mcsOfCqi[cqi], RATE_PRBS)) / RATE_PRBS;
    }
}

uint8_t
LinkAdaptation::GetMaxMcs() const
{
    return m_maxMcs;
}

uint32_t
LinkAdaptation::GetMaxPrbs() const
{
    return m_maxPrbs;
}

double
LinkAdaptation::EfficiencyOfCqi(uint8_t cqi) const
{
    return m_cqiEfficiency[cqi];
}

uint8_t
LinkAdaptation::McsOfCqi(uint8_t cqi) const
{
    return m_mcsOfCqi[cqi];
}

uint8_t
LinkAdaptation::McsOf(double efficiency, double offsetDb) const
{
    if (offsetDb == 0)
    {
        const auto above = std::upper_bound(
            m_cqiEfficiency.begin() + 1, m_cqiEfficiency.end(), efficiency + ROUNDING);
        return m_mcsOfCqi[static_cast<size_t>(above - m_cqiEfficiency.begin()) - 1];
    }
    const auto index =
        std::min(static_cast<size_t>(efficiency / EFFICIENCY_STEP), EFFICIENCIES - 1);
    const auto above = std::upper_bound(m_mcsThresholdDb.begin(),
                                        m_mcsThresholdDb.end(),
                                        m_dbOfEfficiency[index] + static_cast<float>(offsetDb));
    return static_cast<uint8_t>(std::max<std::ptrdiff_t>(above - m_mcsThresholdDb.begin() - 1, 0));
}

uint32_t
LinkAdaptation::PrbsFor(uint8_t mcs, uint64_t bytes, uint32_t most, Direction direction) const
{
    const auto& sizes = m_tbs[static_cast<size_t>(direction)][mcs];
    const auto enough = std::lower_bound(sizes.begin(), sizes.begin() + most, bytes);
    return static_cast<uint32_t>(enough - sizes.begin());
}

float
LinkAdaptation::SinrOf(uint8_t mcs, double mutualInformation) const
{
    const auto& table = m_information[m_modulation[mcs]];
    const auto index = std::min<size_t>(table.LowerBound(static_cast<float>(mutualInformation)),
                                        SinrTable<float>::SIZE - 1);
    return SinrTable<float>::SinrAt(index);
}

double
LinkAdaptation::Bler(uint8_t mcs,
                     uint32_t prbs,
                     double mutualInformation,
                     double transmissions,
                     Direction direction) const
{
    if (transmissions > 1)
    {
        // Seldom asked for, and no two alike: no table.
        return ErrorRate(mcs, TbsBytes(mcs, prbs, direction), mutualInformation, transmissions);
    }
    auto& curve = m_bler[static_cast<size_t>(direction)][mcs][prbs];
    if (curve.empty())
    {
        curve.assign(POINTS, std::numeric_limits<float>::quiet_NaN());
    }
    const double position = std::clamp(mutualInformation, 0.0, 1.0) * (POINTS - 1);
    const auto point = std::min(static_cast<size_t>(position), POINTS - 2);
    const double below = BlerAt(mcs, prbs, point, direction);
    const double above = BlerAt(mcs, prbs, point + 1, direction);
    return below + (position - static_cast<double>(point)) * (above - below);
}

double
LinkAdaptation::BlerAt(uint8_t mcs, uint32_t prbs, size_t point, Direction direction) const
{
    auto& entry = m_bler[static_cast<size_t>(direction)][mcs][prbs][point];
    if (std::isnan(entry))
    {
        const double information = static_cast<double>(point) / (POINTS - 1);
        entry = static_cast<float>(ErrorRate(mcs, TbsBytes(mcs, prbs, direction), information, 1));
    }
    return entry;
}

} // namespace ns3
