// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/field-spec.h"

#include "exchange/errors.h"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace slicebed
{

namespace
{

// Shares are float32: four of them sum to 1 within a few units of the last place.
constexpr double SUM_SLACK = 1e-5;

double
At(const std::vector<double>& bound, size_t i)
{
    return bound.size() == 1 ? bound[0] : bound.at(i);
}

/** @return "[cell 3]" or "[cell 3, slice 1]": the first `axes` indices of a row-major index */
std::string
Where(const FieldSpec& field, size_t flat, size_t axes)
{
    std::string text;
    for (size_t axis = field.shape.size(); axis-- > 0;)
    {
        if (axis < axes)
        {
            text = field.axes[axis] + " " + std::to_string(flat % field.shape[axis]) +
                   (text.empty() ? "" : ", ") + text;
        }
        flat /= field.shape[axis];
    }
    return text.empty() ? "" : "[" + text + "]";
}

void
RequireBounds(const std::vector<float>& elements, const FieldSpec& field)
{
    for (size_t i = 0; i < elements.size(); ++i)
    {
        const double low = At(field.low, i);
        const double high = At(field.high, i);
        if (!(elements[i] >= low && elements[i] <= high))
        {
            std::ostringstream text;
            text << field.name << Where(field, i, field.shape.size()) << " is " << elements[i]
                 << "; a number between " << low << " and " << high << " is required";
            throw UsageError(text.str());
        }
    }
}

void
RequireSums(const std::vector<float>& elements, const FieldSpec& field)
{
    const size_t length = field.shape.back();
    for (size_t start = 0; start < elements.size(); start += length)
    {
        const double sum =
            std::accumulate(elements.begin() + start, elements.begin() + start + length, 0.0);
        if (sum > *field.sumMax + SUM_SLACK)
        {
            std::ostringstream text;
            text << field.name << Where(field, start, field.shape.size() - 1) << " sums to " << sum
                 << " over the " << field.axes.back() << "s; at most " << *field.sumMax
                 << " is allowed";
            throw UsageError(text.str());
        }
    }
}

nlohmann::json
BoundToJson(const std::vector<double>& bound)
{
    return bound.size() == 1 ? nlohmann::json(bound[0]) : nlohmann::json(bound);
}

} // namespace

Space
ToSpace(const std::vector<FieldSpec>& fields)
{
    DictSpace dict;
    for (const auto& field : fields)
    {
        dict.names.push_back(field.name);
        dict.elements.push_back({BoxSpace{*std::min_element(field.low.begin(), field.low.end()),
                                          *std::max_element(field.high.begin(), field.high.end()),
                                          Dtype::FLOAT32,
                                          field.shape}});
    }
    return {dict};
}

nlohmann::json
ToJson(const std::vector<FieldSpec>& fields)
{
    auto list = nlohmann::json::array();
    for (const auto& field : fields)
    {
        nlohmann::json entry{{"name", field.name},
                             {"dtype", "float32"},
                             {"shape", field.shape},
                             {"axes", field.axes},
                             {"low", BoundToJson(field.low)},
                             {"high", BoundToJson(field.high)},
                             {"unit", field.unit},
                             {"meaning", field.meaning},
                             {"standard", field.standard}};
        if (field.sumMax)
        {
            entry["sum_axis"] = field.axes.back();
            entry["sum_max"] = *field.sumMax;
        }
        list.push_back(entry);
    }
    return list;
}

void
RequireValid(const Value& dict, const std::vector<FieldSpec>& fields)
{
    for (const auto& field : fields)
    {
        const auto& elements = FloatsOf(dict, field.name);
        RequireBounds(elements, field);
        if (field.sumMax)
        {
            RequireSums(elements, field);
        }
    }
}

} // namespace slicebed
