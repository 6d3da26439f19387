// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_PPBP_TRAFFIC_H
#define SLICEBED_PPBP_TRAFFIC_H

#include "transport/background-traffic.h"

#include "ns3/data-rate.h"

#include <functional>
#include <queue>
#include <vector>

namespace ns3
{

/**
 * Poisson-Pareto bursts (PPBP; Zukerman, Neame and Addie, INFOCOM 2003): long-range dependent
 * traffic as of many users.
 *
 * Bursts arrive as a Poisson process of rate lambda. Each offers BurstRate for a time that is
 * Pareto distributed: P(D > t) = (m / t)^a for t >= m, with a = Shape in (1, 2) and
 * m = MeanBurst (a - 1) / a, so that E[D] = MeanBurst. Bursts add up. Then
 *
 * - the number of bursts is Poisson distributed with mean lambda E[D];
 * - the mean rate is lambda E[D] BurstRate, whence lambda = MeanRate / (E[D] BurstRate);
 * - the Hurst parameter is (3 - a) / 2: 0.75 for a = 1.5.
 *
 * The process is stationary from the start: then already a Poisson number of bursts is on, each
 * with what remains of a burst seen at random: density P(D > t) / E[D]. (Starting with none would
 * leave the mean short for long: by 2/3 sqrt(m / t) of it at time t for a = 1.5.)
 *
 * Sums of it converge slowly. For a = 1.5 the mean over a time T has the relative standard error
 * sqrt(16/9 sqrt(m / T) / (lambda E[D])) for T >> m.
 */
class PpbpTraffic : public BackgroundTraffic
{
  public:
    static TypeId GetTypeId();
    PpbpTraffic();

    /** @return bursts that are on */
    size_t GetBursts() const;

    /** @return their mean number, lambda E[D] = MeanRate / BurstRate */
    double GetMeanBursts() const;

    int64_t AssignStreams(int64_t stream) override;

  protected:
    void DoDispose() override;

  private:
    void Begin() override;
    void Cease() override;
    void ScheduleArrival();
    void StartBurst();
    void EndBurst();
    void ScheduleEnd();
    void Offer();
    double DrawRemainder();

    DataRate m_meanRate;                       //!< of all bursts
    DataRate m_burstRate;                      //!< of one
    Time m_meanBurst;                          //!< E[D]
    double m_shape;                            //!< a
    Ptr<ExponentialRandomVariable> m_interval; //!< of mean 1
    Ptr<ParetoRandomVariable> m_duration;      //!< D
    Ptr<UniformRandomVariable> m_quantile;     //!< of what remains at the start
    EventId m_arrival;                         //!< of the next burst
    EventId m_end;                             //!< of the burst that ends first
    /** When the bursts that are on end, the first on top. */
    std::priority_queue<Time, std::vector<Time>, std::greater<>> m_ends;
};

} // namespace ns3

#endif // SLICEBED_PPBP_TRAFFIC_H
