// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cqi-reporter.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

namespace
{

// UEs filter the interference that they measure: 50 ms at a period of 5 ms. The last period alone
// would tell a UE of silence before each burst of its neighbours.
constexpr double KEEP = 0.9;

} // namespace

CqiReporter::CqiReporter(Ptr<RadioChannel> channel,
                         Ptr<const LinkAdaptation> link,
                         const std::vector<PrbMask>& subBandMasks,
                         uint32_t periodSlots)
    : m_channel(std::move(channel))
    , m_link(std::move(link))
    , m_masks(subBandMasks)
    , m_periodSlots(periodSlots)
    , m_use(subBandMasks.size())
    , m_load(subBandMasks.size())
{
}

void
CqiReporter::AddCell()
{
    ++m_cells;
    for (size_t band = 0; band < m_masks.size(); ++band)
    {
        m_use[band].push_back(0);
        m_load[band].push_back(0);
    }
}

void
CqiReporter::Advance(uint64_t slot)
{
    const uint64_t period = slot / m_periodSlots;
    if (period == m_period)
    {
        return;
    }
    // Periods without any slot in between were silent.
    const auto silence = std::pow(KEEP, static_cast<double>(period - m_period - 1));
    for (size_t band = 0; band < m_masks.size(); ++band)
    {
        const double full = m_masks[band].Count() * m_periodSlots;
        for (size_t cell = 0; cell < m_cells; ++cell)
        {
            const double now = m_use[band][cell] / full;
            m_load[band][cell] =
                static_cast<float>(silence * (KEEP * m_load[band][cell] + (1 - KEEP) * now));
            m_use[band][cell] = 0;
        }
    }
    m_period = period;
}

void
CqiReporter::NoteUse(uint16_t cell, const PrbMask& mask)
{
    for (size_t band = 0; band < m_masks.size(); ++band)
    {
        m_use[band][cell] += (mask & m_masks[band]).Count();
    }
}

void
CqiReporter::Report(UeContext& ue) const
{
    if (ue.reportedPeriod == m_period + 1)
    {
        return;
    }
    ue.reportedPeriod = m_period + 1;
    ue.efficiency.resize(m_masks.size());
    for (uint32_t band = 0; band < m_masks.size(); ++band)
    {
        const double sinrDb = 10 * std::log10(m_channel->GetSinr(ue.id, band, m_load[band]));
        ue.efficiency[band] =
            static_cast<float>(m_link->EfficiencyOfCqi(m_link->CqiFromSinrDb(sinrDb)));
    }
}

uint8_t
CqiReporter::Wideband(uint32_t ue) const
{
    double information = 0;
    for (uint32_t band = 0; band < m_masks.size(); ++band)
    {
        const double sinrDb = 10 * std::log10(m_channel->GetSinr(ue, band, m_load[band]));
        information += m_link->MutualInformation(LinkAdaptation::MAX_MCS, sinrDb);
    }
    information /= static_cast<double>(m_masks.size());
    return m_link->CqiFromSinrDb(
        m_link->SinrDbFromMutualInformation(LinkAdaptation::MAX_MCS, information));
}

} // namespace ns3
