// SPDX-License-Identifier: GPL-2.0-only
// DecodeAction over a family of spaces, and the checks of fields behind it. The last bytes of an
// input choose the space (FuzzedDataProvider takes numbers from the end); the others are the
// message.
#include "exchange/codec.h"
#include "exchange/errors.h"
#include "fuzz/check.h"
#include "fuzz/random-space.h"

#include <algorithm>
#include <cmath>
#include <google/protobuf/stubs/logging.h>

using namespace slicebed;

// The library writes a line on each text that is no UTF-8.
[[maybe_unused]] auto* const g_logHandler = google::protobuf::SetLogHandler(nullptr);

namespace
{

bool
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

/** Whether a value is one of a space; written without a look at the decoder. */
bool
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

void
Decode(const std::string& bytes, const Space& space, const std::vector<FieldSpec>& fields)
{
    const auto answer = DecodeAction(bytes, space);
    if (const auto* value = std::get_if<Value>(&answer))
    {
        Check(IsOf(*value, space), "a value of the space");
        // Field 1 of EnvStateMsg is of the type of field 1 of EnvActMsg.
        const auto again = EncodeState({*value, 0, std::nullopt, {}, {}});
        Check(DecodeAction(again, space) == answer, "the same when it is sent again");
        RequireValid(*value, fields);
    }
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    FuzzedDataProvider input(data, size);
    const auto fields = input.ConsumeBool() ? RandomFields(input) : std::vector<FieldSpec>{};
    const auto space = fields.empty() ? RandomSpace(input) : ToSpace(fields);
    try
    {
        Decode(input.ConsumeRemainingBytesAsString(), space, fields);
    }
    catch (const ProtocolError&)
    {
    }
    catch (const UsageError&)
    {
    }
    return 0;
}
