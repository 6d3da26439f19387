// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_DAILY_PROFILE_H
#define SLICEBED_DAILY_PROFILE_H

#include <cstdint>

namespace ns3
{

/** Intervals of 15 minutes in a day and in a week that starts on Monday at 0:00. */
inline constexpr uint32_t INTERVALS_PER_DAY = 96;
inline constexpr uint32_t INTERVALS_PER_WEEK = 7 * INTERVALS_PER_DAY;

/**
 * The embedded parametric profile of mobile traffic, fitted on the Telecom Italia Milan data
 * (docs/traffic-profile.md has the formula, the fit and its error).
 *
 * @param serviceClass counted from 0; taken modulo the number of fitted classes
 * @param intervalOfWeek of 15 minutes, counted from Monday 0:00; taken modulo a week
 * @return activity relative to the class's weekly peak, in [0, 1]
 */
double DailyProfile(uint32_t serviceClass, double intervalOfWeek);

} // namespace ns3

#endif // SLICEBED_DAILY_PROFILE_H
