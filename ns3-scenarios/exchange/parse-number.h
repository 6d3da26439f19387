// SPDX-License-Identifier: GPL-2.0-only
// Numbers from the command line, strictly.
#ifndef SLICEBED_PARSE_NUMBER_H
#define SLICEBED_PARSE_NUMBER_H

#include "exchange/errors.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <string>

namespace slicebed
{

/** @return whether the whole text is a number of the type, and the number */
template <typename T>
bool
ParseWhole(const std::string& text, T& value)
{
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end && !text.empty();
}

/** @return " from 1 to 3", " of at least 1" or nothing */
inline std::string
RangeText(std::optional<double> low, std::optional<double> high)
{
    std::ostringstream text;
    text.precision(15); // 1000000, not 1e+06
    if (low && high)
    {
        text << " from " << *low << " to " << *high;
    }
    else if (low)
    {
        text << " of at least " << *low;
    }
    return text.str();
}

/** Parses a number or says what would be right. */
template <typename T>
T
RequireNumber(const std::string& name,
              const std::string& text,
              const char* kind,
              std::optional<double> low,
              std::optional<double> high)
{
    T value{};
    const bool number = ParseWhole(text, value) && std::isfinite(static_cast<double>(value));
    if (!number || (low && static_cast<double>(value) < *low) ||
        (high && static_cast<double>(value) > *high))
    {
        throw UsageError(name + " is '" + text + "'; " + kind + RangeText(low, high) +
                         " is required");
    }
    return value;
}

} // namespace slicebed

#endif // SLICEBED_PARSE_NUMBER_H
