// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cqi-reporter.h"

#include <array>
#include <cmath>

namespace ns3
{

namespace
{

// Of CQI 4 (0.6 dB in LTE): from there on no scheduling decision is lost.
constexpr double WEAK_CQI_EFFICIENCY = 0.6;

} // namespace

CqiReporter::CqiReporter(Ptr<RadioChannel> channel,
                         Ptr<const LinkAdaptation> link,
                         const Settings& settings)
    : m_channel(std::move(channel))
    , m_link(std::move(link))
    , m_settings(settings)
    , m_keep(std::exp(-1.0 * settings.periodSlots * settings.slot.GetSeconds() / FILTER_S))
{
}

void
CqiReporter::AddCell()
{
    m_use.emplace_back(m_channel->GetRbgs(), 0);
    m_load.emplace_back(m_channel->GetRbgs(), 0);
}

void
CqiReporter::Advance(uint64_t slot)
{
    m_slot = slot;
    const uint64_t period = slot / m_settings.periodSlots;
    if (period == m_period)
    {
        return;
    }
    if (m_settings.interference == CqiInterference::MEASURED)
    {
        // Periods without any slot in between were silent.
        const auto silence = std::pow(m_keep, static_cast<double>(period - m_period - 1));
        for (size_t cell = 0; cell < m_use.size(); ++cell)
        {
            for (size_t rbg = 0; rbg < m_use[cell].size(); ++rbg)
            {
                const double now = static_cast<double>(m_use[cell][rbg]) / m_settings.periodSlots;
                auto& load = m_load[cell][rbg];
                load = static_cast<float>(silence * (m_keep * load + (1 - m_keep) * now));
                m_use[cell][rbg] = 0;
            }
        }
    }
    m_period = period;
}

void
CqiReporter::NoteUse(uint16_t cell, RbgMask mask)
{
    if (m_settings.interference == CqiInterference::MEASURED)
    {
        mask.ForEach([&](uint32_t rbg) { ++m_use[cell][rbg]; });
    }
}

void
CqiReporter::Report(UeContext& ue) const
{
    auto& link = ue.Link(Direction::DOWNLINK);
    if (link.reportedPeriod == m_period + 1)
    {
        return;
    }
    link.reportedPeriod = m_period + 1;
    link.efficiency.resize(m_channel->GetRbgs());
    std::array<float, RbgMask::MAX_RBGS> sinr;
    Measure(ue.id, GetAge(), sinr.data());
    double sum = 0;
    for (size_t rbg = 0; rbg < link.efficiency.size(); ++rbg)
    {
        link.efficiency[rbg] = m_link->EfficiencyOf(sinr[rbg]);
        sum += link.efficiency[rbg];
    }
    link.weak = sum < WEAK_CQI_EFFICIENCY * static_cast<double>(link.efficiency.size());
}

uint8_t
CqiReporter::Wideband(uint32_t ue) const
{
    std::array<float, RbgMask::MAX_RBGS> sinr;
    Measure(ue, Time(0), sinr.data());
    const uint8_t mcs = m_link->GetMaxMcs(); // of the largest constellation: it saturates last
    double information = 0;
    for (uint32_t rbg = 0; rbg < m_channel->GetRbgs(); ++rbg)
    {
        information += m_link->MutualInformation(mcs, sinr[rbg]);
    }
    return m_link->CqiOf(m_link->SinrOf(mcs, information / m_channel->GetRbgs()));
}

double
CqiReporter::ControlErrorRate(uint32_t ue) const
{
    std::array<float, RbgMask::MAX_RBGS> sinr;
    m_channel->GetSinrOfFullLoad(ue, Time(0), sinr.data());
    double information = 0;
    for (uint32_t rbg = 0; rbg < m_channel->GetRbgs(); ++rbg)
    {
        information += m_link->MutualInformation(0, sinr[rbg]);
    }
    return m_link->ControlErrorRate(information / m_channel->GetRbgs());
}

uint64_t
CqiReporter::GetPeriod() const
{
    return m_period;
}

Time
CqiReporter::GetAge() const
{
    const uint64_t slots = m_slot - m_period * m_settings.periodSlots + m_settings.delaySlots;
    return m_settings.slot * static_cast<int64_t>(slots);
}

void
CqiReporter::Measure(uint32_t ue, Time age, float* sinr) const
{
    if (m_settings.interference == CqiInterference::ALL)
    {
        m_channel->GetSinrOfFullLoad(ue, age, sinr);
    }
    else
    {
        m_channel->GetSinrOfLoad(ue, age, m_load, sinr);
    }
}

} // namespace ns3
