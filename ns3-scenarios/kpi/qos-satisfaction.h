// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_QOS_SATISFACTION_H
#define SLICEBED_QOS_SATISFACTION_H

namespace ns3
{

/** What a slice's users are promised. */
struct QosTarget
{
    double throughputBps; //!< phi*: mean user throughput [bit/s]
    double delayS;        //!< d*: mean one-way packet delay [s]
};

/** What they got in one interval. */
struct QosMeasured
{
    double throughputBps; //!< phi: mean user throughput [bit/s]
    double offeredBps;    //!< mean load offered per user [bit/s]
    double delayS;        //!< d: mean one-way delay of the packets delivered [s]
    bool delivered;       //!< whether any packet was
    bool demandServed;    //!< nothing lost, and nothing waits longer than d*
};

/**
 * Satisfaction r of paper 001, eq. 3: min(phi / phi*, d* / d, 1), in [0, 1].
 *
 * A user that asks for less than phi* cannot receive phi*: the paper's formula would call it
 * unsatisfied by any allocation. Here the throughput term asks for min(phi*, offered), and is 1
 * when the whole demand was served. With demand above phi* it is the paper's. Nothing offered: r
 * = 1. Something offered and nothing delivered: r = 0.
 */
double QosSatisfaction(const QosTarget& target, const QosMeasured& measured);

} // namespace ns3

#endif // SLICEBED_QOS_SATISFACTION_H
