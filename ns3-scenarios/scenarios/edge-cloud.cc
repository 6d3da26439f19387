// SPDX-License-Identifier: GPL-2.0-only
// Scenario `edge-cloud`: users of edge nodes ask for work; shares say where it is done (paper 004).
// Time is not compressed.
//
//   users j --(100 Mbit/s, 5 ms)-- edge j --(1 Gbit/s, 1 ms)-- gateway --(WAN)-- cloud
//
#include "adaptor/edge-cloud-parameters.h"
#include "exchange/run-scenario.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(users 0 --(100 Mbit/s, 5 ms)-- edge 0 --(1 Gbit/s, 1 ms)--+
users 1 ---------------------- edge 1 --------------------- gateway --(200 Mbit/s, 20 ms)-- cloud
  ...                            ...                        |
)";

/** The scenario's parameters and what is built from them. */
class EdgeCloudScenario : public Scenario
{
  public:
    std::string Name() const override
    {
        return "edge-cloud";
    }

    std::string Summary() const override
    {
        return "requests to edge nodes and a cloud; decide where the work is processed";
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
    EdgeCloudParameters m_parameters;
};

} // namespace

int
main(int argc, char** argv)
{
    EdgeCloudScenario scenario;
    return RunScenario(scenario, argc, argv);
}
