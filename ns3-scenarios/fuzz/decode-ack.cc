// SPDX-License-Identifier: GPL-2.0-only
// DecodeInitAck: the whole input is the message.
#include "exchange/codec.h"
#include "exchange/errors.h"

#include <google/protobuf/stubs/logging.h>

using namespace slicebed;

// The library writes a line on each text that is no UTF-8.
[[maybe_unused]] auto* const g_logHandler = google::protobuf::SetLogHandler(nullptr);

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    try
    {
        DecodeInitAck({reinterpret_cast<const char*>(data), size});
    }
    catch (const ProtocolError&)
    {
    }
    return 0;
}
