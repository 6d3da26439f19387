// SPDX-License-Identifier: GPL-2.0-only
// Whether a value is one of a space; written without a look at the decoders.
#ifndef SLICEBED_FUZZ_IS_OF_H
#define SLICEBED_FUZZ_IS_OF_H

#include "exchange/space.h"

#include <algorithm>
#include <cmath>

namespace slicebed
{

/** @return whether shape, dtype and number of elements are the space's, and all are finite */
inline bool
IsOf(const BoxValue& value, const BoxSpace& space)
{
    const auto fits = [&](const auto& elements) {
        return elements.size() == ElementCount(space.shape) &&
               std::all_of(elements.begin(), elements.end(), [](const auto element) {
                   return std::isfinite(static_cast<double>(element));
               });
    };
    return value.shape == space.shape && value.data.index() == static_cast<size_t>(space.dtype) &&
           std::visit(fits, value.data);
}

/** @return whether a value is one of a space, but for the bounds of a Box */
inline bool
IsOf(const Value& value, const Space& space)
{
    if (value.kind.index() != space.kind.index())
    {
        return false;
    }
    if (const auto* box = std::get_if<BoxSpace>(&space.kind))
    {
        return IsOf(std::get<BoxValue>(value.kind), *box);
    }
    if (const auto* discrete = std::get_if<DiscreteSpace>(&space.kind))
    {
        const auto choice = std::get<DiscreteValue>(value.kind).value;
        return choice >= 0 && choice < discrete->n;
    }
    const auto all = [](const std::vector<Value>& values, const std::vector<Space>& spaces) {
        return std::equal(values.begin(),
                          values.end(),
                          spaces.begin(),
                          spaces.end(),
                          [](const Value& v, const Space& s) { return IsOf(v, s); });
    };
    if (const auto* tuple = std::get_if<TupleSpace>(&space.kind))
    {
        return all(std::get<TupleValue>(value.kind).elements, tuple->elements);
    }
    const auto& dict = std::get<DictSpace>(space.kind);
    const auto& fields = std::get<DictValue>(value.kind);
    return fields.names == dict.names && all(fields.elements, dict.elements);
}

} // namespace slicebed

#endif // SLICEBED_FUZZ_IS_OF_H
