// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/adaptive-spin.h"

#include <sched.h>

namespace slicebed
{

namespace
{

constexpr uint32_t VAIN_AT_MOST = 4;
constexpr uint32_t TRY_AGAIN_AFTER = 64;

bool
MayRunOnTwo()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    // Fails where there are more processors than the set has room for.
    return sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) > 1;
}

} // namespace

AdaptiveSpin::AdaptiveSpin(std::chrono::microseconds atMost)
    : m_atMost(atMost)
    , m_mayRunOnTwo(MayRunOnTwo())
{
}

bool
AdaptiveSpin::IsWorthwhile()
{
    if (!m_mayRunOnTwo)
    {
        return false;
    }
    if (m_vain < VAIN_AT_MOST || ++m_without >= TRY_AGAIN_AFTER)
    {
        m_without = 0;
        return true;
    }
    return false;
}

} // namespace slicebed
