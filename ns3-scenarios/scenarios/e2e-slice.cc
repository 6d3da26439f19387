// SPDX-License-Identifier: GPL-2.0-only
// Scenario `e2e-slice`: slices of video viewers from server to UE, each with a transport rate and a
// share of the gNB's CPU (paper 002). Time is not compressed.
//
//   video server --(1 Gbit/s)-- UPF ==(GTP-U; a token bucket a slice)== gNB ~ ~ air ~ ~ UE 0, 1,
//   ...
//                                                                        | CPU of each slice
//
#include "adaptor/e2e-parameters.h"
#include "exchange/run-scenario.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(video server --(1 Gbit/s, 5 ms)-- UPF ==(GTP-U, a token bucket a slice)== gNB ~~(air)~~ UEs
                                                                           |
                                                       CPU: millicores of a slice
)";

/** The scenario's parameters and what is built from them. */
class E2eSliceScenario : public Scenario
{
  public:
    std::string Name() const override
    {
        return "e2e-slice";
    }

    std::string Summary() const override
    {
        return "video slices end to end; decide each slice's transport rate and gNB CPU";
    }

    std::string Topology() const override
    {
        return TOPOLOGY;
    }

    void Declare(ScenarioParameters& parameters) override
    {
        m_parameters.Declare(parameters);
    }

    std::unique_ptr<Adaptor> Build() override
    {
        return m_parameters.Build();
    }

    DecisionLoop::Settings LoopSettings() const override
    {
        return m_parameters.LoopSettings();
    }

  private:
    E2eParameters m_parameters;
};

} // namespace

int
main(int argc, char** argv)
{
    E2eSliceScenario scenario;
    return RunScenario(scenario, argc, argv);
}
