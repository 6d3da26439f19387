// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/capacity-cost.h"

#include "kpi/mos.h"

#include <algorithm>

namespace ns3
{

namespace
{

constexpr double LEAST_DELIVERED = 0.99;
constexpr double FREE_MARGIN = 0.02;      //!< of the peak that may be over-provisioned, AutoManager
constexpr double LOSS_MARGIN = 0.08;      //!< beyond it, in which the revenue is lost
constexpr double REVENUE_OF_A_PEAK = 0.1; //!< R / P

/** @return what both use cases judge alike */
CapacityCost
Judge(const CapacityKpi& kpi, const CapacityTerms& terms)
{
    CapacityCost cost;
    cost.violated = kpi.admitted > 0 &&
                    (kpi.deliveredRatio < LEAST_DELIVERED || kpi.delayP95S > terms.delayBoundS);
    cost.mos = MeasuredMos(kpi.offeredBps, kpi.deliveredBps, kpi.delayS);
    return cost;
}

double
OverProvisionedBps(const CapacityKpi& kpi, const CapacityTerms& terms)
{
    return kpi.overProvisionedBytes * 8 / terms.measuredS;
}

} // namespace

CapacityCost
TransportCost(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps)
{
    auto cost = Judge(kpi, terms);
    if (cost.violated)
    {
        cost.sla = terms.violationFee;
        return cost;
    }
    cost.over = OverProvisionedBps(kpi, terms) / (peakBps > 0 ? peakBps : terms.largestPeakBps);
    return cost;
}

CapacityCost
CellCost(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps)
{
    auto cost = Judge(kpi, terms);
    if (kpi.admitted <= 0)
    {
        return cost;
    }
    const double peak = peakBps / terms.largestPeakBps;
    const double over = OverProvisionedBps(kpi, terms) / terms.largestPeakBps;
    cost.revenue = REVENUE_OF_A_PEAK * peak;
    cost.sla = terms.qoePenalty * cost.revenue * MosCost(cost.mos);
    // (R / 0.08) (e - 0.02) with e = over / peak: written so that a peak of 0 divides nothing.
    cost.over = REVENUE_OF_A_PEAK / LOSS_MARGIN * std::max(over - FREE_MARGIN * peak, 0.0);
    return cost;
}

} // namespace ns3
