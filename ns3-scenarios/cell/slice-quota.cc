// SPDX-License-Identifier: GPL-2.0-only
#include "cell/slice-quota.h"

#include "ns3/assert.h"

#include <algorithm>
#include <cmath>

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
    }
    auto& share = m_shares[slice];
    share.fraction = fraction;
    share.micro = static_cast<uint64_t>(std::llround(fraction * m_prbs * PRB));
    if (share.micro == 0)
    {
        share.credit = 0; // nothing is nothing: not even what was saved
    }
}

double
SliceQuota::GetCeiling(uint16_t slice) const
{
    return m_shares.at(slice).fraction;
}

uint32_t
SliceQuota::Accrue(uint16_t slice)
{
    auto& share = m_shares[slice];
    share.credit += share.micro;
    return static_cast<uint32_t>(share.credit / PRB);
}

void
SliceQuota::Settle(uint16_t slice, uint32_t usedPrbs, uint32_t keepPrbs)
{
    auto& share = m_shares[slice];
    NS_ASSERT(usedPrbs * PRB <= share.credit);
    share.credit = std::min(share.credit - usedPrbs * PRB, keepPrbs * PRB);
}

} // namespace ns3
