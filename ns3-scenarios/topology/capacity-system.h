// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CAPACITY_SYSTEM_H
#define SLICEBED_CAPACITY_SYSTEM_H

#include "kpi/capacity-cost.h"
#include "kpi/conservation.h"
#include "topology/topology-description.h"
#include "traffic/traffic-mask.h"

#include "ns3/nstime.h"
#include "ns3/object.h"

#include <vector>

namespace ns3
{

/** The slices that share a capacity, and how they are measured. */
struct CapacityLoad
{
    std::vector<double> peaksBps{20e6, 16e6, 12e6, 8e6}; //!< load at mask 1, by slice
    TrafficMask mask{TrafficMask::Constant()};           //!< of the load; slice i has id i + 1
    double delayBoundS{0.1};                             //!< on the delay's 95th percentile
    uint32_t packetBytes{1200};                          //!< largest UDP payload
    Time interval{Seconds(5)};                           //!< between two decisions
    Time warmup{MilliSeconds(500)};                      //!< of each, not measured

    /** @return the load of a slice in interval `k` [bit/s] */
    double GetOfferedBps(uint32_t k, uint32_t slice) const
    {
        return mask.Get(k, slice + 1) * peaksBps.at(slice);
    }

    /** @return the largest peak [bit/s] */
    double GetLargestPeakBps() const;

    /**
     * @throws std::invalid_argument unless there are 1 to 16 peaks, finite and not negative, one of
     * them above 0, and a decision interval that is longer than its warm-up
     */
    void RequireValid() const;

    double GetMeasuredS() const
    {
        return (interval - warmup).GetSeconds();
    }
};

/** What a KPI of any slice cannot exceed. */
struct CapacityBounds
{
    double deliveredBps;         //!< by what carries it
    double bufferBytes;          //!< room where it waits
    double reserved;             //!< all slices together: see CapacityKpi
    double overProvisionedBytes; //!< in an interval
    double prbs;                 //!< of the cell; 0 where there is none
};

/** Slices that share a capacity by reservations, run and measured interval by interval. */
class CapacitySystem : public Object
{
  public:
    static TypeId GetTypeId();

    /** Begins interval `k`: slices offer the mask's load; after the warm-up it is measured. */
    virtual void OpenInterval(uint32_t k) = 0;

    /** Ends it. @return by slice */
    virtual std::vector<CapacityKpi> CloseInterval() = 0;

    /**
     * Puts a decision in force now.
     * @param amounts reserved by slice: Mbit/s, or fractions of the PRBs
     * @param admit by slice; one that is not admitted has no traffic
     */
    virtual void Reserve(const std::vector<double>& amounts, const std::vector<bool>& admit) = 0;

    virtual CapacityBounds GetBounds() const = 0;

    /** @return the cost of what was measured of a slice, by the system's use case */
    virtual CapacityCost
    Judge(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps) const = 0;

    /** @return where all packets are; aborts if one is missing */
    virtual Conservation CheckConservation() const = 0;

    /** @return nodes and links as they were built, for a drawing */
    virtual TopologyDescription Describe() const = 0;

    const CapacityLoad& GetLoad() const;

    uint32_t GetSlices() const;

  protected:
    CapacityLoad m_load; //!< as given
};

} // namespace ns3

#endif // SLICEBED_CAPACITY_SYSTEM_H
