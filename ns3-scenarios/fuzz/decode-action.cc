// SPDX-License-Identifier: GPL-2.0-only
// DecodeAction over a family of spaces, and the checks of fields behind it. The last bytes of an
// input choose the space (InputValues takes numbers from the end); the others are the
// message.
#include "exchange/codec.h"
#include "exchange/errors.h"
#include "fuzz/check.h"
#include "fuzz/is-of.h"
#include "fuzz/random-space.h"

#include <google/protobuf/stubs/logging.h>

using namespace slicebed;

// The library writes a line on each text that is no UTF-8.
[[maybe_unused]] auto* const g_logHandler = google::protobuf::SetLogHandler(nullptr);

namespace
{

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
    InputValues input(data, size);
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
