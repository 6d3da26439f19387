// SPDX-License-Identifier: GPL-2.0-only
#include "topology/capacity-system.h"

#include "transport/slice-dscp.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CapacitySystem);

double
CapacityLoad::GetLargestPeakBps() const
{
    return *std::max_element(peaksBps.begin(), peaksBps.end());
}

void
CapacityLoad::RequireValid() const
{
    if (peaksBps.empty() || peaksBps.size() > LAST_MARKED_SLICE)
    {
        throw std::invalid_argument("peaks_mbps has " + std::to_string(peaksBps.size()) +
                                    " numbers; from 1 to " + std::to_string(LAST_MARKED_SLICE) +
                                    " are required");
    }
    for (const double peakBps : peaksBps)
    {
        if (!(peakBps >= 0 && std::isfinite(peakBps)))
        {
            throw std::invalid_argument("peaks_mbps has " + std::to_string(peakBps / 1e6) +
                                        "; a number of at least 0 is required");
        }
    }
    if (GetLargestPeakBps() <= 0)
    {
        throw std::invalid_argument("peaks_mbps is 0 for all; one above 0 is required");
    }
    if (warmup >= interval)
    {
        throw std::invalid_argument(
            "warmup_s is " + std::to_string(warmup.GetSeconds()) +
            "; less than interval_s=" + std::to_string(interval.GetSeconds()) + " is required");
    }
}

TypeId
CapacitySystem::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CapacitySystem").SetParent<Object>().SetGroupName("Slicebed");
    return tid;
}

const CapacityLoad&
CapacitySystem::GetLoad() const
{
    return m_load;
}

uint32_t
CapacitySystem::GetSlices() const
{
    return static_cast<uint32_t>(m_load.peaksBps.size());
}

} // namespace ns3
