// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/qos-satisfaction.h"

#include <algorithm>

namespace ns3
{

double
QosSatisfaction(const QosTarget& target, const QosMeasured& measured)
{
    if (measured.offeredBps <= 0 && !measured.delivered)
    {
        return 1;
    }
    if (!measured.delivered)
    {
        return 0;
    }
    const double required = std::min(target.throughputBps, measured.offeredBps);
    const double throughput = measured.demandServed || required <= 0
                                  ? 1
                                  : std::min(measured.throughputBps / required, 1.0);
    const double delay = measured.delayS > 0 ? std::min(target.delayS / measured.delayS, 1.0) : 1;
    return std::min(throughput, delay);
}

} // namespace ns3
