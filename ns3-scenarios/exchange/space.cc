// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/space.h"

#include <algorithm>
#include <stdexcept>

namespace slicebed
{

uint64_t
ElementCount(const std::vector<uint32_t>& shape)
{
    uint64_t count = 1;
    for (const auto size : shape)
    {
        count *= size;
    }
    return count;
}

Value
FloatBox(std::vector<uint32_t> shape, std::vector<float> elements)
{
    return {BoxValue{std::move(shape), std::move(elements)}};
}

const std::vector<float>&
FloatsOf(const Value& dict, const std::string& name)
{
    const auto& fields = std::get<DictValue>(dict.kind);
    const auto found = std::find(fields.names.begin(), fields.names.end(), name);
    if (found == fields.names.end())
    {
        throw std::out_of_range("no field '" + name + "'");
    }
    const auto& field = fields.elements[found - fields.names.begin()];
    return std::get<std::vector<float>>(std::get<BoxValue>(field.kind).data);
}

} // namespace slicebed
