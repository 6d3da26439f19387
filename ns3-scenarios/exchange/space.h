// SPDX-License-Identifier: GPL-2.0-only
// Spaces and their values, as gymnasium names them.
#ifndef SLICEBED_SPACE_H
#define SLICEBED_SPACE_H

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace slicebed
{

struct Space;
struct Value;

/** Element types of a Box; integers of all widths travel as 32 bits. */
enum class Dtype
{
    INT32,
    UINT32,
    FLOAT32,
    FLOAT64
};

/** Array of numbers within one pair of bounds. */
struct BoxSpace
{
    double low;
    double high;
    Dtype dtype;
    std::vector<uint32_t> shape;
    bool operator==(const BoxSpace&) const = default;
};

/** One of 0 .. n-1. */
struct DiscreteSpace
{
    int32_t n;
    bool operator==(const DiscreteSpace&) const = default;
};

/** Spaces in order. */
struct TupleSpace
{
    std::vector<Space> elements;
    bool operator==(const TupleSpace&) const;
};

/** Named spaces in order: names[i] is elements[i]. */
struct DictSpace
{
    std::vector<std::string> names;
    std::vector<Space> elements;
    bool operator==(const DictSpace&) const;
};

/** Any of the four. */
struct Space
{
    std::variant<BoxSpace, DiscreteSpace, TupleSpace, DictSpace> kind;
    bool operator==(const Space&) const = default;
};

/** Elements in row-major order; the alternative says the dtype. */
using BoxData = std::
    variant<std::vector<int32_t>, std::vector<uint32_t>, std::vector<float>, std::vector<double>>;

struct BoxValue
{
    std::vector<uint32_t> shape;
    BoxData data;
    bool operator==(const BoxValue&) const = default;
};

struct DiscreteValue
{
    int32_t value;
    bool operator==(const DiscreteValue&) const = default;
};

struct TupleValue
{
    std::vector<Value> elements;
    bool operator==(const TupleValue&) const;
};

struct DictValue
{
    std::vector<std::string> names;
    std::vector<Value> elements;
    bool operator==(const DictValue&) const;
};

/** A value of any space. */
struct Value
{
    std::variant<BoxValue, DiscreteValue, TupleValue, DictValue> kind;
    bool operator==(const Value&) const = default;
};

inline bool
TupleSpace::operator==(const TupleSpace& other) const
{
    return elements == other.elements;
}

inline bool
DictSpace::operator==(const DictSpace& other) const
{
    return names == other.names && elements == other.elements;
}

inline bool
TupleValue::operator==(const TupleValue& other) const
{
    return elements == other.elements;
}

inline bool
DictValue::operator==(const DictValue& other) const
{
    return names == other.names && elements == other.elements;
}

/** @return the number of elements of an array; 1 for an empty shape */
uint64_t ElementCount(const std::vector<uint32_t>& shape);

/** @return a float32 array */
Value FloatBox(std::vector<uint32_t> shape, std::vector<float> elements);

/**
 * @param dict a Dict of float32 boxes
 * @param name of one of them
 * @return its elements
 * @throws std::out_of_range if there is none of that name
 */
const std::vector<float>& FloatsOf(const Value& dict, const std::string& name);

} // namespace slicebed

#endif // SLICEBED_SPACE_H
