// SPDX-License-Identifier: GPL-2.0-only
#include "cell/slice-quota.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ns3
{

namespace
{

constexpr uint64_t PRB = 1'000'000; // in millionths

} // namespace

SliceQuota::SliceQuota(uint32_t prbs)
    : m_prbs(prbs)
{
}

void
SliceQuota::SetCeiling(uint16_t slice, double fraction)
{
    if (slice >= m_shares.size())
    {
        m_shares.resize(slice + 1);
        m_grants.resize(slice + 1);
    }
    m_shares[slice].fraction = fraction;
    m_shares[slice].micro = static_cast<uint64_t>(std::llround(fraction * m_prbs * PRB));
}

double
SliceQuota::GetCeiling(uint16_t slice) const
{
    return m_shares.at(slice).fraction;
}

const std::vector<uint32_t>&
SliceQuota::Grant(uint64_t slot, const std::vector<bool>& backlogged)
{
    uint32_t left = m_prbs;
    for (size_t slice = 0; slice < m_shares.size(); ++slice)
    {
        auto& share = m_shares[slice];
        m_grants[slice] = 0;
        if (backlogged[slice])
        {
            m_grants[slice] = std::min(static_cast<uint32_t>(share.micro / PRB), left);
            share.carry += share.micro % PRB;
            left -= m_grants[slice];
        }
    }
    for (size_t turn = 0; turn < m_shares.size(); ++turn)
    {
        const size_t slice = (slot + turn) % m_shares.size();
        auto& share = m_shares[slice];
        if (backlogged[slice] && share.carry >= PRB && left > 0)
        {
            share.carry -= PRB;
            ++m_grants[slice];
            --left;
        }
        share.carry = std::min(share.carry, PRB);
    }
    return m_grants;
}

} // namespace ns3
