// SPDX-License-Identifier: GPL-2.0-only
// The one declaration of an observation or action field; space, JSON description and checks follow.
#ifndef SLICEBED_FIELD_SPEC_H
#define SLICEBED_FIELD_SPEC_H

#include "exchange/space.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace slicebed
{

/** An array of float32. */
struct FieldSpec
{
    std::string name;              //!< key in the Dict
    std::vector<uint32_t> shape;   //!< lengths of the axes
    std::vector<std::string> axes; //!< their names
    std::vector<double> low;       //!< one for all elements, or one each in row-major order
    std::vector<double> high;      //!< likewise
    std::string unit;              //!< "1" for a pure number
    std::string meaning;           //!< one sentence
    std::string standard;          //!< 3GPP or O-RAN name; may be empty
    std::optional<double> sumMax;  //!< bound on the sum over the last axis
};

/** @return the Dict of Boxes that the fields make */
Space ToSpace(const std::vector<FieldSpec>& fields);

/** @return the fields as the description's list (PROTOCOL.md, Description) */
nlohmann::json ToJson(const std::vector<FieldSpec>& fields);

/**
 * Checks per-element bounds and sums, which the wire's spaces cannot express.
 * @throws UsageError naming field, element, value and what would be right
 */
void RequireValid(const Value& dict, const std::vector<FieldSpec>& fields);

} // namespace slicebed

#endif // SLICEBED_FIELD_SPEC_H
