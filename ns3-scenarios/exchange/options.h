// SPDX-License-Identifier: GPL-2.0-only
// The options that all scenarios have, and the channel that they ask for.
#ifndef SLICEBED_OPTIONS_H
#define SLICEBED_OPTIONS_H

#include "adaptor/adaptor.h"
#include "exchange/channel.h"
#include "exchange/scenario-parameters.h"

#include <memory>
#include <string>

namespace slicebed
{

/** How a scenario is run, as against what it simulates. */
struct Options
{
    bool describe{false};
    bool help{false};
    bool logComponents{false};
    bool serve{false};
    std::string endpoint;
    std::string curveKey;
    int64_t openGymPort{0};
    int64_t simSeed{-1};
    double connectTimeoutS{60};
    std::string replay;
    std::string record;

    void Declare(ScenarioParameters& parameters);
};

/**
 * @param options as parsed
 * @param adaptor gives the decisions of a run without an agent; is to outlive the channel
 * @return the way to the agent
 * @throws UsageError if the options contradict each other, or name what is not there
 */
std::unique_ptr<Channel> MakeChannel(const Options& options, Adaptor& adaptor);

} // namespace slicebed

#endif // SLICEBED_OPTIONS_H
