// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TRACE_TRAFFIC_H
#define SLICEBED_TRACE_TRAFFIC_H

#include "transport/background-traffic.h"

#include <vector>

namespace ns3
{

/** Background traffic that follows a list of rates, one an interval, over and over. */
class TraceTraffic : public BackgroundTraffic
{
  public:
    static TypeId GetTypeId();

    /**
     * Sets what to follow from the start of the application.
     * @param ratesBps of IP packets, one an interval [bit/s]
     * @param interval of each
     * @throws std::invalid_argument naming the entry that is no rate, or the interval
     */
    void SetTrace(const std::vector<double>& ratesBps, Time interval);

  protected:
    void DoDispose() override;

  private:
    void Begin() override;
    void Cease() override;
    void Follow();

    std::vector<double> m_ratesBps; //!< by interval
    Time m_interval;                //!< of each
    size_t m_place{0};              //!< of the next
    EventId m_change;               //!< to it
};

} // namespace ns3

#endif // SLICEBED_TRACE_TRAFFIC_H
