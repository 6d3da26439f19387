// SPDX-License-Identifier: GPL-2.0-only
// Values to the arrays of a segment and back.
#ifndef SLICEBED_SHM_VALUES_H
#define SLICEBED_SHM_VALUES_H

#include "exchange/shm-segment.h"

namespace slicebed
{

/**
 * Writes a value to its arena.
 * @param value of the space; the names of a Dict in its order
 * @param leaves of the space
 * @throws std::logic_error if the value is none of the space
 */
void Store(const Value& value,
           const Space& space,
           const std::vector<ShmLeaf>& leaves,
           const ShmSegment& segment);

/**
 * Reads an action from its arena: copied first, then checked.
 * @throws UsageError if an element is not finite or out of its bounds
 */
Value Load(const Space& space, const std::vector<ShmLeaf>& leaves, const ShmSegment& segment);

} // namespace slicebed

#endif // SLICEBED_SHM_VALUES_H
