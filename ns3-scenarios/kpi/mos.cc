// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/mos.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

namespace
{

constexpr double DEFAULT_RATING = 93.2;  //!< of all default parameters, G.107 clause 7.7
constexpr double LEAST_NOTICED_MS = 100; //!< mT of G.107
constexpr double STEP = 0.2;

/** (1 + x^6)^(1/6) */
double
SixthRoot(double x)
{
    return std::pow(1 + std::pow(x, 6), 1.0 / 6);
}

} // namespace

double
CongestionMos(double rho)
{
    return -0.891 + 5.082 / std::sqrt(rho);
}

double
DelayImpairment(double delayS)
{
    const double delayMs = delayS * 1000;
    if (delayMs <= LEAST_NOTICED_MS)
    {
        return 0;
    }
    const double x = std::log2(delayMs / LEAST_NOTICED_MS);
    return 25 * (SixthRoot(x) - 3 * SixthRoot(x / 3) + 2);
}

double
RatingToMos(double rating)
{
    const double r = std::clamp(rating, 0.0, 100.0);
    // The cubic dips below 1 at low ratings.
    return std::max(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0);
}

double
MeasuredMos(double offeredBps, double deliveredBps, double delayS)
{
    if (offeredBps > 0 && deliveredBps <= 0)
    {
        return 0;
    }
    const double rho = offeredBps > 0 ? std::max(offeredBps / deliveredBps, 1.0) : 1;
    const double delayCost =
        RatingToMos(DEFAULT_RATING) - RatingToMos(DEFAULT_RATING - DelayImpairment(delayS));
    const double mos = std::clamp(CongestionMos(rho) - delayCost, 0.0, MAX_MOS);
    return STEP * std::round(mos / STEP);
}

double
MosCost(double mos)
{
    // A step's decimal is not exact in binary: 4 may be a rounding below 4.
    constexpr double DUST = 1e-9;
    return mos >= 4 - DUST  ? 0
           : mos > 3 + DUST ? 0.2
           : mos > 2 + DUST ? 0.4
           : mos > 1 + DUST ? 0.7
                            : 1;
}

} // namespace ns3
