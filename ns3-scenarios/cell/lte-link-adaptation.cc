// SPDX-License-Identifier: GPL-2.0-only
#include "cell/lte-link-adaptation.h"

#include "cell/block-error-curves.h"

#include "ns3/lte-mi-error-model.h"
#include "ns3/spectrum-value.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ns3
{

namespace
{

// Code rates of ns-3's MCSs, as LteMiErrorModel has them, which does not tell.
constexpr std::array<double, 29> MCS_RATE{
    0.08, 0.1, 0.11, 0.15, 0.19, 0.24, 0.3, 0.37, 0.44, 0.51, 0.3, 0.33, 0.37, 0.42, 0.48,
    0.54, 0.6, 0.43, 0.45, 0.5,  0.55, 0.6, 0.65, 0.7,  0.75, 0.8, 0.85, 0.89, 0.92};
constexpr std::array<uint8_t, 3> FIRST_MCS{0, 10, 17}; // TS 36.213 Table 7.1.7.1-1

constexpr uint32_t MAX_CODE_BLOCK_BITS = 6144; // TS 36.212, 5.1.2

/** @return a spectrum with the same SINR everywhere */
SpectrumValue
Flat(Ptr<const SpectrumModel> model, double sinr)
{
    SpectrumValue value(model);
    value = sinr;
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

LteLinkAdaptation::LteLinkAdaptation(uint32_t rbgPrbs)
    : LinkAdaptation(MAX_MCS, MAX_PRBS)
    , m_rbgPrbs(rbgPrbs)
    , m_amc(CreateObject<LteAmc>())
    , m_oneBand(MakeBands(2)) // ns-3 makes no model of a single band; only the first is looked at
    , m_rbgBands(MakeBands(std::max(rbgPrbs, 2U)))
{
    Fill();
}

uint8_t
LteLinkAdaptation::CqiBySinr(double sinr) const
{
    return static_cast<uint8_t>(
        m_amc->CreateCqiFeedbacks(Flat(m_rbgBands, sinr), static_cast<uint8_t>(m_rbgPrbs)).front());
}

double
LteLinkAdaptation::InformationBySinr(uint8_t mcs, double sinr) const
{
    return LteMiErrorModel::Mib(Flat(m_oneBand, sinr), {0}, mcs);
}

uint8_t
LteLinkAdaptation::ModulationOf(uint8_t mcs) const
{
    return mcs < FIRST_MCS[1] ? 0 : (mcs < FIRST_MCS[2] ? 1 : 2);
}

uint32_t
LteLinkAdaptation::BlockBytes(uint8_t mcs, uint32_t prbs, Direction direction) const
{
    const int bits = direction == Direction::DOWNLINK
                         ? m_amc->GetDlTbSizeFromMcs(mcs, static_cast<int>(prbs))
                         : m_amc->GetUlTbSizeFromMcs(mcs, static_cast<int>(prbs));
    return static_cast<uint32_t>(bits) / 8;
}

double
LteLinkAdaptation::CqiEfficiency(uint8_t cqi) const
{
    return m_amc->GetSpectralEfficiencyFromCqi(cqi);
}

uint8_t
LteLinkAdaptation::MapCqiToMcs(uint8_t cqi) const
{
    return static_cast<uint8_t>(m_amc->GetMcsFromCqi(cqi));
}

double
LteLinkAdaptation::ControlErrorBySinr(double sinr) const
{
    return LteMiErrorModel::GetPcfichPdcchError(Flat(m_oneBand, sinr));
}

double
LteLinkAdaptation::ErrorRate(uint8_t mcs,
                             uint32_t blockBytes,
                             double mutualInformation,
                             double transmissions) const
{
    return BlockErrorRate(ModulationOf(mcs),
                          MCS_RATE[mcs] / transmissions,
                          CurveChoice::BELOW,
                          blockBytes * 8,
                          MAX_CODE_BLOCK_BITS,
                          mutualInformation);
}

} // namespace ns3
