// SPDX-License-Identifier: GPL-2.0-only
// Scenario `edge-cloud`: users of edge nodes ask for work; shares say where it is done (paper 004).
// Time is not compressed.
//
//   users j --(100 Mbit/s, 5 ms)-- edge j --(1 Gbit/s, 1 ms)-- gateway --(WAN)-- cloud
//
#include "adaptor/edge-cloud-parameters.h"
#include "exchange/scenario-of.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(users 0 --(100 Mbit/s, 5 ms)-- edge 0 --(1 Gbit/s, 1 ms)--+
users 1 ---------------------- edge 1 --------------------- gateway --(200 Mbit/s, 20 ms)-- cloud
  ...                            ...                        |
)";

} // namespace

int
main(int argc, char** argv)
{
    ScenarioOf<EdgeCloudParameters> scenario(
        "edge-cloud",
        "requests to edge nodes and a cloud; decide where the work is processed",
        TOPOLOGY);
    return RunScenario(scenario, argc, argv);
}
