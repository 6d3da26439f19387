// SPDX-License-Identifier: GPL-2.0-only
// Action spaces chosen by the bytes of an input, and values of them for seeds.
#ifndef SLICEBED_FUZZ_RANDOM_SPACE_H
#define SLICEBED_FUZZ_RANDOM_SPACE_H

#include "exchange/field-spec.h"
#include "fuzz/input-values.h"

#include <array>
#include <limits>

namespace slicebed
{

inline constexpr int MAX_DEPTH = 3; //!< of spaces within spaces

/** @return a shape of up to three axes, of 0 to 4 each */
inline std::vector<uint32_t>
RandomShape(InputValues& input, uint32_t least)
{
    std::vector<uint32_t> shape(input.ConsumeIntegralInRange<size_t>(least, 3));
    for (auto& length : shape)
    {
        length = input.ConsumeIntegralInRange<uint32_t>(least, 4);
    }
    return shape;
}

/** @return a Box of any dtype, with common and extreme bounds */
inline BoxSpace
RandomBox(InputValues& input)
{
    constexpr double INF = std::numeric_limits<double>::infinity();
    constexpr std::array<std::pair<double, double>, 5> BOUNDS{
        {{0, 1}, {-1, 1}, {-INF, INF}, {0, 4294967295.0}, {-1e300, 5}}};
    const auto [low, high] = input.PickValueInArray(BOUNDS);
    const auto dtype = static_cast<Dtype>(input.ConsumeIntegralInRange<int>(0, 3));
    return {low, high, dtype, RandomShape(input, 0)};
}

/** @return any space */
inline Space
RandomSpace(InputValues& input, int depth = 0)
{
    const int kind = input.ConsumeIntegralInRange<int>(0, depth < MAX_DEPTH ? 3 : 1);
    if (kind == 0)
    {
        return {RandomBox(input)};
    }
    if (kind == 1)
    {
        return {DiscreteSpace{input.ConsumeIntegralInRange<int32_t>(1, 5)}};
    }
    std::vector<Space> elements(input.ConsumeIntegralInRange<size_t>(0, 3));
    std::vector<std::string> names;
    for (auto& element : elements)
    {
        element = RandomSpace(input, depth + 1);
        names.push_back(std::string(1, static_cast<char>('a' + names.size())));
    }
    return kind == 2 ? Space{TupleSpace{elements}} : Space{DictSpace{names, elements}};
}

/** @return fields as a scenario declares them: bounds for each element, sums over the last axis */
inline std::vector<FieldSpec>
RandomFields(InputValues& input)
{
    std::vector<FieldSpec> fields(input.ConsumeIntegralInRange<size_t>(1, 2));
    for (auto& field : fields)
    {
        field.name = &field == &fields[0] ? "a" : "b";
        field.shape = RandomShape(input, 1);
        field.axes.assign(field.shape.size(), "axis");
        const auto bounds = input.ConsumeBool() ? ElementCount(field.shape) : 1;
        field.low.assign(bounds, 0);
        field.high.assign(bounds, 1);
        if (input.ConsumeBool())
        {
            field.sumMax = 1;
        }
    }
    return fields;
}

/** @return a value of a space, all of its elements the same: 0 or 1, whatever the bounds */
inline Value
ValueOf(const Space& space, int element)
{
    if (const auto* box = std::get_if<BoxSpace>(&space.kind))
    {
        const size_t n = ElementCount(box->shape);
        const std::array<BoxData, 4> data{std::vector<int32_t>(n, element),
                                          std::vector<uint32_t>(n, static_cast<uint32_t>(element)),
                                          std::vector<float>(n, static_cast<float>(element)),
                                          std::vector<double>(n, element)};
        return {BoxValue{box->shape, data.at(static_cast<size_t>(box->dtype))}};
    }
    if (std::holds_alternative<DiscreteSpace>(space.kind))
    {
        return {DiscreteValue{element}};
    }
    const auto* tuple = std::get_if<TupleSpace>(&space.kind);
    const auto& inner = tuple ? tuple->elements : std::get<DictSpace>(space.kind).elements;
    std::vector<Value> elements;
    for (const auto& each : inner)
    {
        elements.push_back(ValueOf(each, element));
    }
    return tuple ? Value{TupleValue{elements}}
                 : Value{DictValue{std::get<DictSpace>(space.kind).names, elements}};
}

} // namespace slicebed

#endif // SLICEBED_FUZZ_RANDOM_SPACE_H
