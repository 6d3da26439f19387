// SPDX-License-Identifier: GPL-2.0-only
// Scenario `edge-ddnn`: an edge node allocates capacity to sites with a distributed LSTM, and may
// ask its remote exit in a cloud (paper 003). Each interval of 10 minutes stands as interval_s
// simulated seconds; time_mode says whether times to the cloud shrink with it.
//
//   site i ==(a token bucket; 1 Gbit/s, 1 ms)== edge --(1 Gbit/s, 1 ms)-- gateway --(WAN)-- cloud
//
#include "adaptor/edge-ddnn-parameters.h"
#include "exchange/scenario-of.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(site 0 ==(a token bucket; 1 Gbit/s, 1 ms)==+
site 1 ====================================+== edge --(1 Gbit/s, 1 ms)-- gateway --(WAN)-- cloud
  ...                                      |
)";

} // namespace

int
main(int argc, char** argv)
{
    ScenarioOf<EdgeDdnnParameters> scenario(
        "edge-ddnn",
        "sites get capacity from a small network at the edge, or from a large one in the cloud",
        TOPOLOGY);
    return RunScenario(scenario, argc, argv);
}
