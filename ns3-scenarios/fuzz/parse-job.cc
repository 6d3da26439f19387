// SPDX-License-Identifier: GPL-2.0-only
// ForkServer::ParseJob: the whole input is the command.
#include "exchange/errors.h"
#include "exchange/fork-server.h"
#include "fuzz/check.h"

using namespace slicebed;

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    try
    {
        const auto job = ForkServer::ParseJob({reinterpret_cast<const char*>(data), size});
        const nlohmann::json start{{"endpoint", job.peer.endpoint},
                                   {"log", job.peer.log},
                                   {"run", job.run},
                                   {"attach", job.attach}};
        const auto again = ForkServer::ParseJob(nlohmann::json{{"start", start}}.dump());
        Check(again.peer == job.peer && again.run == job.run && again.attach == job.attach,
              "the same when it is sent again");
    }
    catch (const ProtocolError&)
    {
    }
    return 0;
}
