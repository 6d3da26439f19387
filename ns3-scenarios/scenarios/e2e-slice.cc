// SPDX-License-Identifier: GPL-2.0-only
// Scenario `e2e-slice`: slices of video viewers from server to UE, each with a transport rate and a
// share of the gNB's CPU (paper 002). Time is not compressed.
//
//   video server --(1 Gbit/s)-- UPF ==(GTP-U; a token bucket a slice)== gNB ~ ~ air ~ ~ UE 0, 1,
//   ...
//                                                                        | CPU of each slice
//
#include "adaptor/e2e-parameters.h"
#include "exchange/scenario-of.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(video server --(1 Gbit/s, 5 ms)-- UPF ==(GTP-U, a token bucket a slice)== gNB ~~(air)~~ UEs
                                                                           |
                                                       CPU: millicores of a slice
)";

} // namespace

int
main(int argc, char** argv)
{
    ScenarioOf<E2eParameters> scenario(
        "e2e-slice",
        "video slices end to end; decide each slice's transport rate and gNB CPU",
        TOPOLOGY);
    return RunScenario(scenario, argc, argv);
}
