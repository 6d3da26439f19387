// SPDX-License-Identifier: GPL-2.0-only
#include "cell/link-adaptation.h"

#include "ns3/lte-harq-phy.h"
#include "ns3/lte-mi-error-model.h"
#include "ns3/spectrum-value.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{

namespace
{

constexpr uint32_t SUB_BAND_PRBS = 8; // TS 36.213 Table 7.2.1-3 for 20 MHz
// First MCS of each modulation, TS 36.213 Table 7.1.7.1-1.
constexpr std::array<uint8_t, 3> FIRST_MCS{0, 10, 17};

/** @return a spectrum with the same SINR everywhere */
SpectrumValue
Flat(Ptr<const SpectrumModel> model, double sinrDb)
{
    SpectrumValue value(model);
    value = std::pow(10.0, sinrDb / 10);
    return value;
}

Ptr<SpectrumModel>
MakeBands(uint32_t count)
{
    std::vector<double> centersHz;
    for (uint32_t i = 0; i < count; ++i)
    {
        centersHz.push_back(2.6e9 + i * 180e3);
    }
    return Create<SpectrumModel>(centersHz);
}

} // namespace

LinkAdaptation::LinkAdaptation()
    : m_oneBand(MakeBands(2))
    , // ns-3 makes no model of a single band; only the first is looked at
    m_bler(MAX_MCS + 1)
{
    auto amc = CreateObject<LteAmc>();
    const auto subBand = MakeBands(SUB_BAND_PRBS);
    for (size_t point = 0; point < POINTS; ++point)
    {
        const double sinrDb = LOW_DB + static_cast<double>(point) * STEP_DB;
        m_cqi[point] = amc->CreateCqiFeedbacks(Flat(subBand, sinrDb), SUB_BAND_PRBS).front();
        for (size_t modulation = 0; modulation < FIRST_MCS.size(); ++modulation)
        {
            m_information[modulation][point] = static_cast<float>(
                LteMiErrorModel::Mib(Flat(m_oneBand, sinrDb), {0}, FIRST_MCS[modulation]));
        }
    }
    for (uint8_t cqi = 1; cqi <= MAX_CQI; ++cqi)
    {
        m_mcs[cqi] = static_cast<uint8_t>(amc->GetMcsFromCqi(cqi));
        m_efficiency[cqi] = amc->GetSpectralEfficiencyFromCqi(cqi);
    }
    m_tbs.resize(MAX_MCS + 1);
    for (uint8_t mcs = 0; mcs <= MAX_MCS; ++mcs)
    {
        for (uint32_t prbs = 1; prbs <= MAX_PRBS; ++prbs)
        {
            m_tbs[mcs][prbs] = amc->GetDlTbSizeFromMcs(mcs, static_cast<int>(prbs)) / 8;
        }
        m_bler[mcs].resize(MAX_PRBS + 1);
    }
}

uint8_t
LinkAdaptation::CqiFromSinrDb(double sinrDb) const
{
    const double point = std::clamp((sinrDb - LOW_DB) / STEP_DB, 0.0, POINTS - 1.0);
    return m_cqi[static_cast<size_t>(point)];
}

uint8_t
LinkAdaptation::McsFromCqi(uint8_t cqi) const
{
    return m_mcs[cqi];
}

double
LinkAdaptation::EfficiencyOfCqi(uint8_t cqi) const
{
    return m_efficiency[cqi];
}

uint8_t
LinkAdaptation::CqiFromEfficiency(double efficiency) const
{
    // Reports are kept in single precision: the mean of equal ones may come out a rounding below.
    constexpr double ROUNDING = 1e-5;
    const auto above =
        std::upper_bound(m_efficiency.begin(), m_efficiency.end(), efficiency + ROUNDING);
    return static_cast<uint8_t>(above - m_efficiency.begin() - 1);
}

uint32_t
LinkAdaptation::TbsBytes(uint8_t mcs, uint32_t prbs) const
{
    return m_tbs[mcs][prbs];
}

uint32_t
LinkAdaptation::PrbsFor(uint8_t mcs, uint32_t bytes, uint32_t most) const
{
    const auto& sizes = m_tbs[mcs];
    const auto enough = std::lower_bound(sizes.begin(), sizes.begin() + most, bytes);
    return static_cast<uint32_t>(enough - sizes.begin());
}

double
LinkAdaptation::MutualInformation(uint8_t mcs, double sinrDb) const
{
    return Interpolate(m_information[Modulation(mcs)], sinrDb);
}

double
LinkAdaptation::SinrDbFromMutualInformation(uint8_t mcs, double mutualInformation) const
{
    const auto& table = m_information[Modulation(mcs)];
    const auto above = std::lower_bound(table.begin(), table.end(), mutualInformation);
    if (above == table.begin())
    {
        return LOW_DB;
    }
    if (above == table.end())
    {
        return HIGH_DB;
    }
    const double part = (mutualInformation - *(above - 1)) / (*above - *(above - 1));
    return LOW_DB + (static_cast<double>(above - table.begin()) - 1 + part) * STEP_DB;
}

double
LinkAdaptation::Bler(uint8_t mcs, uint32_t prbs, double sinrDb) const
{
    auto& rows = m_bler[mcs];
    auto& table = rows[prbs];
    if (table[0] == 0)
    {
        // A fresh row: at LOW_DB no block is ever decoded, so 0 there means "not asked yet".
        table.fill(std::numeric_limits<float>::quiet_NaN());
        table[0] = 1;
    }
    const double position = std::clamp((sinrDb - LOW_DB) / STEP_DB, 0.0, POINTS - 1.001);
    const auto point = static_cast<size_t>(position);
    const double below = BlerAt(mcs, prbs, point);
    const double above = BlerAt(mcs, prbs, point + 1);
    return below + (position - static_cast<double>(point)) * (above - below);
}

double
LinkAdaptation::BlerAt(uint8_t mcs, uint32_t prbs, size_t point) const
{
    auto& entry = m_bler[mcs][prbs][point];
    if (std::isnan(entry))
    {
        const double sinrDb = LOW_DB + static_cast<double>(point) * STEP_DB;
        entry = static_cast<float>(
            LteMiErrorModel::GetTbDecodificationStats(Flat(m_oneBand, sinrDb),
                                                      {0},
                                                      static_cast<uint16_t>(TbsBytes(mcs, prbs)),
                                                      mcs,
                                                      HarqProcessInfoList_t())
                .tbler);
    }
    return entry;
}

double
LinkAdaptation::Interpolate(const Table& table, double sinrDb)
{
    const double position = std::clamp((sinrDb - LOW_DB) / STEP_DB, 0.0, POINTS - 1.001);
    const auto point = static_cast<size_t>(position);
    const double part = position - static_cast<double>(point);
    return table[point] + part * (table[point + 1] - table[point]);
}

size_t
LinkAdaptation::Modulation(uint8_t mcs)
{
    return mcs < FIRST_MCS[1] ? 0 : (mcs < FIRST_MCS[2] ? 1 : 2);
}

} // namespace ns3
