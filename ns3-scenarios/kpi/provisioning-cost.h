// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_PROVISIONING_COST_H
#define SLICEBED_PROVISIONING_COST_H

namespace ns3
{

/** Weights of what was short and what was unused (paper 003, c1 and c2). */
struct ProvisioningTerms
{
    double under{50}; //!< of the square of what was short
    double over{1};   //!< of what was unused
};

/**
 * The asymmetric cost of paper 003 (equation 3) of what packets experienced. Its two branches
 * exclude each other; in an interval with packets dropped and capacity unused both count.
 *
 * @param terms weights
 * @param under bytes dropped or late, of those that the peak brings in the interval
 * @param over bytes reserved and unused, likewise
 */
inline double
ProvisioningCost(const ProvisioningTerms& terms, double under, double over)
{
    return terms.under * under * under + terms.over * over;
}

} // namespace ns3

#endif // SLICEBED_PROVISIONING_COST_H
