// SPDX-License-Identifier: GPL-2.0-only
// What a reservation of capacity cost, from what its packets experienced (paper 000).
#ifndef SLICEBED_CAPACITY_COST_H
#define SLICEBED_CAPACITY_COST_H

namespace ns3
{

/** What was measured of a slice in an interval, and what it had reserved. */
struct CapacityKpi
{
    double offeredBps{0};     //!< by its applications
    double deliveredBps{0};   //!< to its users, all of them
    double deliveredRatio{0}; //!< delivered of offered, at most 1; 1 where nothing was offered
    double delayS{0};      //!< one way, mean; 10 s where something was offered, nothing delivered
    double delayP95S{0};   //!< its 95th percentile
    double loss{0};        //!< packets dropped of those sent
    double bufferBytes{0}; //!< that wait at the interval's end
    double reserved{0};    //!< in force: Mbit/s, or a fraction of the PRBs
    double unused{0};      //!< of what was reserved, the part not used
    double overProvisionedBytes{0}; //!< reserved and not used
    double admitted{0};             //!< 1 or 0
    double prbUsedDl{0};            //!< PRBs used in a slot, mean; cell only
    double cqi{0};                  //!< mean; cell only
};

/** How it is judged. */
struct CapacityTerms
{
    double delayBoundS{0.1};     //!< on the 95th percentile of the delay
    double violationFee{2};      //!< alpha of use case I, in peaks
    double qoePenalty{3};        //!< K / R of use case II: what lost QoE costs, in revenues
    double measuredS{4.5};       //!< of an interval
    double largestPeakBps{20e6}; //!< unit of money: the peak of the largest slice
};

/** The judgement: cost = sla + over - revenue. */
struct CapacityCost
{
    bool violated{
        false};        //!< delivered below 0.99 of offered, or the delay's percentile above bound
    double mos{0};     //!< see MeasuredMos
    double sla{0};     //!< of the violation, or of QoE lost
    double over{0};    //!< of what was reserved in vain
    double revenue{0}; //!< of an admitted slice

    double Total() const
    {
        return sla + over - revenue;
    }
};

/**
 * Use case I: alpha where the SLA was violated, else what was reserved and not used, as a fraction
 * of the slice's peak. M_I of the spec, `alpha if a < y else a - y`, with both measured.
 *
 * @param peakBps of the slice; one of 0 counts in fractions of the largest peak
 */
CapacityCost TransportCost(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps);

/**
 * Use case II. With R = P / 10 (P: the peak, in units of the largest), K = qoePenalty R and e what
 * was over-provisioned as a fraction of the peak, AutoManager's metric for an admitted slice is
 *
 *     -R + K (1 + tanh(r_a e + r_b)) / 2     for e <= 0.02,
 *     -R + (R / 0.08) (e - 0.02)             beyond.
 *
 * Here QoE is measured: MosCost(mos), between 0 and 1, stands for (1 + tanh) / 2. A slice can have
 * poor QoE and unused PRBs in one interval, which in the metric exclude each other: both count. A
 * slice that is not admitted costs nothing.
 */
CapacityCost CellCost(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps);

} // namespace ns3

#endif // SLICEBED_CAPACITY_COST_H
