// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_NEAREST_RANK_H
#define SLICEBED_NEAREST_RANK_H

#include <algorithm>
#include <cmath>
#include <vector>

namespace ns3
{

/**
 * @param values not empty; reordered
 * @param part in (0, 1]
 * @return the percentile by the nearest-rank definition: the smallest of the values that at least
 * `part` of them do not exceed
 */
template <typename T>
T
NearestRank(std::vector<T>& values, double part)
{
    const auto rank =
        static_cast<std::ptrdiff_t>(std::ceil(part * static_cast<double>(values.size())));
    const auto nth = values.begin() + (rank - 1);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

} // namespace ns3

#endif // SLICEBED_NEAREST_RANK_H
