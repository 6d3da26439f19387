// SPDX-License-Identifier: GPL-2.0-only
#include "cell/uplink-channel.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ns3
{

namespace
{

constexpr double NOISE_DBM_PER_HZ = -174; // thermal noise at 290 K
constexpr float KEEP = 0.95F;             // of the disturbance from block to block

double
FromDbm(double dbm)
{
    return std::pow(10.0, (dbm - 30) / 10);
}

} // namespace

UplinkChannel::UplinkChannel(Ptr<RadioChannel> channel,
                             Ptr<const LinkAdaptation> link,
                             const Settings& settings)
    : m_channel(std::move(channel))
    , m_link(std::move(link))
    , m_targetW(FromDbm(settings.p0Dbm))
    , m_alpha(settings.alpha)
    , m_maxPowerW(FromDbm(settings.maxPowerDbm))
    , m_rbgPrbs(settings.rbgPrbs)
    , m_noiseW(FromDbm(NOISE_DBM_PER_HZ + settings.noiseFigureDb) * settings.prbHz)
{
}

void
UplinkChannel::AddCell()
{
    m_disturbanceW.push_back(static_cast<float>(m_noiseW));
}

void
UplinkChannel::ControlPower(const UeContext& ue)
{
    if (ue.id >= m_powerW.size())
    {
        m_powerW.resize(ue.id + 1);
    }
    const double wantedW = m_targetW / std::pow(m_channel->GetGain(ue.id, ue.cell), m_alpha);
    m_powerW[ue.id] = static_cast<float>(std::min(wantedW, m_maxPowerW / m_rbgPrbs));
}

uint32_t
UplinkChannel::GetMaxRbgs(uint32_t ue) const
{
    // Rounding must not cost a UE at its power's limit its only group.
    const double rbgs = m_maxPowerW / (m_powerW[ue] * m_rbgPrbs) * (1 + 1e-6);
    return static_cast<uint32_t>(std::clamp(rbgs, 1.0, static_cast<double>(RbgMask::MAX_RBGS)));
}

void
UplinkChannel::GetSinr(const Transmission& transmission,
                       const std::vector<std::vector<Transmission>>& onAir,
                       const std::vector<RbgMask>& masks,
                       float* sinr)
{
    const auto& ue = *transmission.ue;
    if (const auto fixed = m_channel->GetFixedSinr(ue.id))
    {
        transmission.mask.ForEach([&](uint32_t rbg) { sinr[rbg] = static_cast<float>(*fixed); });
        return;
    }
    std::array<float, RbgMask::MAX_RBGS> disturbanceW;
    disturbanceW.fill(static_cast<float>(m_noiseW));
    for (uint16_t cell = 0; cell < onAir.size(); ++cell)
    {
        if (cell == ue.cell || (masks[cell] & transmission.mask).Empty())
        {
            continue;
        }
        for (const auto& other : onAir[cell])
        {
            const auto common = other.mask & transmission.mask;
            if (common.Empty())
            {
                continue;
            }
            const auto receivedW = static_cast<float>(m_powerW[other.ue->id] *
                                                      m_channel->GetGain(other.ue->id, ue.cell));
            const auto gains =
                m_channel->GetFadingGains(other.ue->id, ue.cell, Direction::UPLINK, Time(0));
            common.ForEach(
                [&](uint32_t rbg) { disturbanceW[rbg] += receivedW * (gains ? gains[rbg] : 1); });
        }
    }
    const auto ownW = static_cast<float>(m_powerW[ue.id] * m_channel->GetGain(ue.id, ue.cell));
    const auto gains = m_channel->GetFadingGains(ue.id, ue.cell, Direction::UPLINK, Time(0));
    float sumW = 0;
    transmission.mask.ForEach([&](uint32_t rbg) {
        sinr[rbg] = ownW * (gains ? gains[rbg] : 1) / disturbanceW[rbg];
        sumW += disturbanceW[rbg];
    });
    auto& filteredW = m_disturbanceW[ue.cell];
    filteredW =
        KEEP * filteredW + (1 - KEEP) * sumW / static_cast<float>(transmission.mask.Count());
}

void
UplinkChannel::Estimate(UeContext& ue, uint64_t period, Time age) const
{
    auto& link = ue.Link(Direction::UPLINK);
    if (link.reportedPeriod == period + 1)
    {
        return;
    }
    link.reportedPeriod = period + 1;
    const uint32_t rbgs = m_channel->GetRbgs();
    double sum = 0;
    if (const auto fixed = m_channel->GetFixedSinr(ue.id))
    {
        sum = m_link->EfficiencyOf(static_cast<float>(*fixed)) * rbgs;
    }
    else
    {
        const auto flat = static_cast<float>(m_powerW[ue.id] * m_channel->GetGain(ue.id, ue.cell) /
                                             m_disturbanceW[ue.cell]);
        const auto gains = m_channel->GetFadingGains(ue.id, ue.cell, Direction::UPLINK, age);
        for (uint32_t rbg = 0; rbg < rbgs; ++rbg)
        {
            sum += m_link->EfficiencyOf(flat * (gains ? gains[rbg] : 1));
        }
    }
    // The same for all groups: so a UE's groups lie side by side, as SC-FDMA wants them. Never
    // nothing: a UE that has asked is heard.
    const double least = m_link->EfficiencyOfCqi(1);
    link.efficiency.assign(rbgs, static_cast<float>(std::max(sum / rbgs, least)));
}

} // namespace ns3
