// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_REQUEST_SOURCE_H
#define SLICEBED_REQUEST_SOURCE_H

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/random-variable-stream.h"

#include <functional>

namespace ns3
{

/**
 * Times of requests: a Poisson process whose rate is BurstGain times as high for the first part
 * BurstDuty of every BurstPeriod (by thinning: Lewis and Shedler, 1979).
 */
class RequestSource : public Object
{
  public:
    static TypeId GetTypeId();
    RequestSource();

    /**
     * Begins.
     * @param rateHz outside of bursts [1/s]; 0: no requests
     * @param request called for each
     * @throws std::invalid_argument if the rate is negative or no number
     */
    void Start(double rateHz, std::function<void()> request);

    /**
     * Changes the rate, from now on.
     * @param rateHz outside of bursts [1/s]; 0: no requests
     * @throws std::invalid_argument if it is negative or no number
     */
    void SetRate(double rateHz);

    /** Ends. */
    void Stop();

    /** @return rate at a time [1/s] */
    double GetRateHz(Time at) const;

    /** @return mean rate over a period [1/s] */
    double GetMeanRateHz() const;

    int64_t AssignStreams(int64_t stream);

  protected:
    void DoDispose() override;

  private:
    void ScheduleNext();
    void Candidate();

    Time m_period;                         //!< from burst to burst
    double m_duty;                         //!< share of it that is burst
    double m_gain;                         //!< of the rate in a burst
    double m_rateHz{0};                    //!< outside of bursts
    std::function<void()> m_request;       //!< called for each
    Ptr<ExponentialRandomVariable> m_wait; //!< between candidates
    Ptr<UniformRandomVariable> m_accept;   //!< whether a candidate is one
    EventId m_next;                        //!< the next candidate
};

} // namespace ns3

#endif // SLICEBED_REQUEST_SOURCE_H
