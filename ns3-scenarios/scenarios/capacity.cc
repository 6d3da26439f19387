// SPDX-License-Identifier: GPL-2.0-only
// Scenario `capacity`: slices reserve shares of one capacity (paper 000). Each interval of 5
// minutes stands as interval_s simulated seconds in which rates, packet sizes and delays keep their
// values.
//
// use_case=transport (I):
//
//   server 1 --(1 Gbit/s, 1 ms)--+
//   server 2 --------------------+-- ingress ==(5 ms; a token bucket a service)== egress: sinks
//   ...                          |
//
// use_case=cell (II):
//
//   remote host --(1 Gbit/s, 2 ms)-- gNB ~ ~ air: PRBs of admitted slices ~ ~ UEs of slice 1, 2,
//   ...
//
#include "adaptor/capacity-parameters.h"
#include "exchange/scenario-of.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(transport: server i --(1 Gbit/s, 1 ms)-- ingress ==(5 ms; a token bucket a service)== egress

cell:      remote host --(1 Gbit/s, 2 ms)-- gNB ~~(air: PRBs of admitted slices)~~ UEs
)";

} // namespace

int
main(int argc, char** argv)
{
    ScenarioOf<CapacityParameters> scenario(
        "capacity",
        "slices on one link or in one cell; decide what each reserves, and who is admitted",
        TOPOLOGY);
    return RunScenario(scenario, argc, argv);
}
