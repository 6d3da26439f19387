// SPDX-License-Identifier: GPL-2.0-only
// What all scenario mains share: options, channel, episode, exit status.
#ifndef SLICEBED_RUN_SCENARIO_H
#define SLICEBED_RUN_SCENARIO_H

#include "adaptor/adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/scenario-parameters.h"

#include <memory>

namespace slicebed
{

/** One scenario; its main() makes one and hands it to RunScenario(). */
class Scenario
{
  public:
    virtual ~Scenario() = default;

    virtual std::string Name() const = 0;
    virtual std::string Summary() const = 0;

    /** @return a drawing of the topology, in characters */
    virtual std::string Topology() const = 0;

    /** Declares the scenario's own parameters. */
    virtual void Declare(ScenarioParameters& parameters) = 0;

    /**
     * Does what Build() would do for every seed alike, such as filling tables; called by a server,
     * whose copies then find it done.
     */
    virtual void Prepare() const
    {
    }

    /** Builds the network from the parameters. @throws UsageError if they contradict each other */
    virtual std::unique_ptr<Adaptor> Build() = 0;

    /** @return the episode's timing, from the parameters */
    virtual DecisionLoop::Settings LoopSettings() const = 0;
};

/**
 * Runs a scenario.
 * @return 0 when it ended or the agent asked it to; 2 on bad parameters or decisions; 3 when the
 * agent was lost or broke the protocol. The reason is the last line of standard error.
 */
int RunScenario(Scenario& scenario, int argc, char** argv);

} // namespace slicebed

#endif // SLICEBED_RUN_SCENARIO_H
