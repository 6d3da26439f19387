// SPDX-License-Identifier: GPL-2.0-only
#include "cell/nr-link-adaptation.h"

#include "cell/block-error-curves.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

namespace
{

constexpr double BLER_TARGET = 0.1;            // TS 38.214, 5.2.2.1
constexpr uint32_t MAX_CODE_BLOCK_BITS = 8448; // TS 38.212, 5.2.2, base graph 1
constexpr double LOW_DB = -25;
constexpr double STEP_DB = 0.5;
constexpr size_t STEPS = 140; // to 45 dB

} // namespace

NrLinkAdaptation::NrLinkAdaptation(NrMcsTable table, uint32_t rbgPrbs)
    : LinkAdaptation(GetNrMaxMcs(table), MAX_PRBS)
    , m_table(table)
    , m_rbgPrbs(rbgPrbs)
{
    for (size_t i = 0; i < m_byHalfDb.size(); ++i)
    {
        for (size_t step = 0; step <= STEPS; ++step)
        {
            const double sinr = std::pow(10, (LOW_DB + static_cast<double>(step) * STEP_DB) / 10);
            m_byHalfDb[i].push_back(BicmMutualInformation(static_cast<uint8_t>(2 * (i + 1)), sinr));
        }
    }
    Fill();
}

double
NrLinkAdaptation::Information(uint8_t order, double sinr) const
{
    const auto& table = m_byHalfDb[order / 2 - 1];
    const double position =
        std::clamp((10 * std::log10(sinr) - LOW_DB) / STEP_DB, 0.0, STEPS - 0.001);
    const auto step = static_cast<size_t>(position);
    return table[step] + (position - static_cast<double>(step)) * (table[step + 1] - table[step]);
}

uint8_t
NrLinkAdaptation::CqiBySinr(double sinr) const
{
    for (uint8_t cqi = MAX_CQI; cqi > 0; --cqi)
    {
        const auto mcs = GetNrCqi(m_table, cqi);
        const double bler = BlockErrorRate(static_cast<uint8_t>(std::min(mcs.order / 2 - 1, 2)),
                                           mcs.codeRate,
                                           CurveChoice::NEAREST,
                                           NrBlockBits(mcs, m_rbgPrbs),
                                           MAX_CODE_BLOCK_BITS,
                                           Information(mcs.order, sinr));
        if (bler <= BLER_TARGET)
        {
            return cqi;
        }
    }
    return 0;
}

double
NrLinkAdaptation::InformationBySinr(uint8_t mcs, double sinr) const
{
    return Information(GetNrMcs(m_table, mcs).order, sinr);
}

uint8_t
NrLinkAdaptation::ModulationOf(uint8_t mcs) const
{
    return GetNrMcs(m_table, mcs).order / 2 - 1;
}

uint32_t
NrLinkAdaptation::BlockBytes(uint8_t mcs, uint32_t prbs, Direction) const
{
    return NrBlockBits(GetNrMcs(m_table, mcs), prbs) / 8;
}

double
NrLinkAdaptation::CqiEfficiency(uint8_t cqi) const
{
    return GetNrCqi(m_table, cqi).Efficiency();
}

uint8_t
NrLinkAdaptation::MapCqiToMcs(uint8_t cqi) const
{
    uint8_t mcs = GetNrMaxMcs(m_table);
    while (mcs > 0 && GetNrMcs(m_table, mcs).Efficiency() > CqiEfficiency(cqi) + 1e-9)
    {
        --mcs;
    }
    return mcs;
}

double
NrLinkAdaptation::ControlErrorBySinr(double) const
{
    return 0;
}

double
NrLinkAdaptation::ErrorRate(uint8_t mcs,
                            uint32_t blockBytes,
                            double mutualInformation,
                            double transmissions) const
{
    return BlockErrorRate(std::min<uint8_t>(ModulationOf(mcs), 2),
                          GetNrMcs(m_table, mcs).codeRate / transmissions,
                          CurveChoice::NEAREST,
                          blockBytes * 8,
                          MAX_CODE_BLOCK_BITS,
                          mutualInformation);
}

} // namespace ns3
