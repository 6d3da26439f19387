// SPDX-License-Identifier: GPL-2.0-only
// From shares of the whole workload to what each edge does with its own.
#ifndef SLICEBED_SHARE_PLAN_H
#define SLICEBED_SHARE_PLAN_H

#include <vector>

namespace ns3
{

/**
 * Turns shares of the whole workload (paper 004's decision: "proportion of workload at each edge
 * node and cloud") into shares of each edge's own.
 *
 * What an edge's share has room for stays there; the excess goes to the nodes whose shares are not
 * filled by their own load, in proportion to what they lack. With a metro network whose edges are
 * all as far from each other, this is a solution of the transport problem of least cost.
 *
 * @param offered load that comes to each edge, in any unit, not negative
 * @param shares of the whole by node: the edges, then the clouds; sum 1
 * @return by [edge][node], each row of sum 1
 * @throws std::invalid_argument if the sizes do not fit, or a number is negative or no number
 */
std::vector<std::vector<double>> PlanShares(const std::vector<double>& offered,
                                            const std::vector<double>& shares);

} // namespace ns3

#endif // SLICEBED_SHARE_PLAN_H
