// SPDX-License-Identifier: GPL-2.0-only
// Whether an action lies within its space's bounds; whatever way it came.
#ifndef SLICEBED_BOUNDS_H
#define SLICEBED_BOUNDS_H

#include "exchange/space.h"

#include <string>
#include <vector>

namespace slicebed
{

/**
 * Checks that all elements are finite and within the bounds of a Box.
 * @param where the array is, for the error's text
 * @throws UsageError naming the first element that is not
 */
template <typename T>
void RequireBounds(const std::vector<T>& elements, const BoxSpace& space, const std::string& where);

/** Checks a choice of a Discrete. @throws UsageError if there is no such choice */
void RequireChoice(int32_t choice, const DiscreteSpace& space, const std::string& where);

} // namespace slicebed

#endif // SLICEBED_BOUNDS_H
