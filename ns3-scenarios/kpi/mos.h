// SPDX-License-Identifier: GPL-2.0-only
// Mean opinion score of what users were delivered, from measured throughput and delay.
#ifndef SLICEBED_MOS_H
#define SLICEBED_MOS_H

namespace ns3
{

inline constexpr double MAX_MOS = 5;

/**
 * Opinion by congestion: -0.891 + 5.082 / sqrt(rho), not yet rounded (LossLeaP, INFOCOM 2022).
 *
 * @param rho load offered over load delivered, at least 1 (the paper's is demand over capacity)
 * @return 4.191 at rho = 1, below 0 from rho = 32.5 on
 */
double CongestionMos(double rho);

/**
 * Delay impairment Idd of the E-model (ITU-T G.107, clause 7.4, default delay sensitivity).
 *
 * @param delayS one way, absolute [s]
 * @return on the scale of transmission ratings; 0 up to 100 ms, below 50
 */
double DelayImpairment(double delayS);

/** Opinion at a transmission rating R (ITU-T G.107, Annex B): 1 to 4.5. */
double RatingToMos(double rating);

/**
 * Opinion of a slice's users: that by congestion, less what the E-model says that the delay costs
 * a connection that is otherwise as by its default parameters (R = 93.2); in steps of 0.2 from 0
 * to 5, as LossLeaP's.
 *
 * @param offeredBps measured
 * @param deliveredBps measured; more than offered counts as all of it
 * @param delayS measured, one way, mean [s]
 * @return 4.2 where nothing was offered, 0 where nothing of it was delivered
 */
double MeasuredMos(double offeredBps, double deliveredBps, double delayS);

/** @return cost of an opinion by LossLeaP's tiers: 0 from 4 on, else .2 above 3, .4 above 2, .7
 * above 1, and 1 */
double MosCost(double mos);

} // namespace ns3

#endif // SLICEBED_MOS_H
