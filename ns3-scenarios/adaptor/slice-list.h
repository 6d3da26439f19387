// SPDX-License-Identifier: GPL-2.0-only
// The slices of a run as users write them: ids, later changes, targets.
#ifndef SLICEBED_SLICE_LIST_H
#define SLICEBED_SLICE_LIST_H

#include "topology/sliced-cells.h"

#include <string>
#include <vector>

namespace slicebed
{

/** The parameters of a scenario that say which slices there are. */
struct SliceTexts
{
    std::string slices;        //!< ids present at the start: "1,2,4"
    std::string sliceEvents;   //!< later changes: "+3@20,-1@40"
    std::string targetsMbps;   //!< of services 1, 2, ...
    std::string delayBoundsMs; //!< of services 1, 2, ...
    uint32_t steps;            //!< of the run
};

/**
 * Fills in services, those present at the start and the events of a network.
 * @throws UsageError naming the parameter, the value and what would be right
 */
void AddSlices(const SliceTexts& texts, ns3::SlicedCellsConfig& config);

/** @return the ids of a network's services */
std::vector<uint32_t> IdsOf(const ns3::SlicedCellsConfig& config);

} // namespace slicebed

#endif // SLICEBED_SLICE_LIST_H
