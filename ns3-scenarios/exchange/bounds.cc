// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/bounds.h"

#include "exchange/errors.h"

#include <cmath>
#include <sstream>

namespace slicebed
{

namespace
{

/** @return "[1,2]" of the element at a row-major index */
std::string
IndexOf(size_t flat, const std::vector<uint32_t>& shape)
{
    std::string text;
    for (size_t axis = shape.size(); axis-- > 0;)
    {
        text = std::to_string(flat % shape[axis]) + (text.empty() ? "" : ",") + text;
        flat /= shape[axis];
    }
    return "[" + text + "]";
}

} // namespace

template <typename T>
void
RequireBounds(const std::vector<T>& elements, const BoxSpace& space, const std::string& where)
{
    // Scalar bounds travel as 32-bit floats: their rounding is not held against a value.
    const double low = space.low - 1e-6 * std::abs(space.low);
    const double high = space.high + 1e-6 * std::abs(space.high);
    for (size_t i = 0; i < elements.size(); ++i)
    {
        const auto element = static_cast<double>(elements[i]);
        if (!std::isfinite(element) || element < low || element > high)
        {
            std::ostringstream text;
            text << where << IndexOf(i, space.shape) << " is " << element << "; a number between "
                 << space.low << " and " << space.high << " is required";
            throw UsageError(text.str());
        }
    }
}

template void RequireBounds(const std::vector<int32_t>&, const BoxSpace&, const std::string&);
template void RequireBounds(const std::vector<uint32_t>&, const BoxSpace&, const std::string&);
template void RequireBounds(const std::vector<float>&, const BoxSpace&, const std::string&);
template void RequireBounds(const std::vector<double>&, const BoxSpace&, const std::string&);

void
RequireChoice(int32_t choice, const DiscreteSpace& space, const std::string& where)
{
    if (choice < 0 || choice >= space.n)
    {
        throw UsageError(where + " is " + std::to_string(choice) + "; a whole number from 0 to " +
                         std::to_string(space.n - 1) + " is required");
    }
}

} // namespace slicebed
