// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/daily-profile.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ns3
{

namespace
{

#include "traffic/daily-profile-coefficients.inc"

constexpr uint32_t WORKING_DAYS = 5;

} // namespace

double
DailyProfile(uint32_t serviceClass, double intervalOfWeek)
{
    const double ofWeek = std::fmod(intervalOfWeek, INTERVALS_PER_WEEK);
    const auto day = static_cast<uint32_t>(ofWeek / INTERVALS_PER_DAY);
    const auto& c = PROFILE_COEFFICIENTS[serviceClass % PROFILE_CLASSES][day >= WORKING_DAYS];
    const double angle =
        2 * std::numbers::pi * std::fmod(ofWeek, INTERVALS_PER_DAY) / INTERVALS_PER_DAY;
    double exponent = c[0];
    for (uint32_t k = 1; k <= PROFILE_HARMONICS; ++k)
    {
        exponent += c[2 * k - 1] * std::cos(k * angle) + c[2 * k] * std::sin(k * angle);
    }
    // The coefficients are printed with six digits: the peak may come out a rounding above 1.
    return std::min(std::exp(exponent), 1.0);
}

} // namespace ns3
