// SPDX-License-Identifier: GPL-2.0-only
// Scenario `loopback`: no network, a decision comes back as the next observation (see
// adaptor/loopback-adaptor.h). One event of a millisecond a step, as the shortest simulation has.
//
//   agent -- decision --> loopback -- the same, and its sum --> agent
//
#include "adaptor/loopback-adaptor.h"
#include "exchange/errors.h"
#include "exchange/run-scenario.h"

using namespace slicebed;

namespace
{

constexpr double MAX_STEPS = 1e6;    // bound of `counter`
constexpr int64_t MAX_COUNTED = 999; // in spaces whose counter is a Discrete(1000)

/** The scenario's parameters and what is built from them. */
class LoopbackScenario : public Scenario
{
  public:
    std::string Name() const override
    {
        return "loopback";
    }

    std::string Summary() const override
    {
        return "no network: the decision comes back; for tests of the exchange and of allocators";
    }

    std::string Topology() const override
    {
        return "agent -- decision --> loopback -- the same, and its sum --> agent\n";
    }

    void Declare(ScenarioParameters& p) override
    {
        p.Add("steps", m_steps, "intervals", "decisions of the episode", 1, MAX_STEPS);
        p.Add("cells", m_cells, "cells", "rows of the arrays", 1, 10'000);
        p.Add("slices", m_slices, "slices", "columns of the arrays", 1, 1000);
        p.Add("elements", m_elements, "", "of the observation of spaces=vector", 1, 10'000'000);
        p.Add("spaces", m_settings.spaces, "", "named, vector, dict, tuple, discrete or box");
        p.Add("game_over_step", m_gameOver, "", "border of a game over; 0: none", 0, 1e9);
        p.Add("crash_step", m_crash, "", "border of an abort, for tests; 0: none", 0, 1e9);
        p.Add("hang_step", m_hang, "", "border of a hang, for tests; 0: none", 0, 1e9);
        p.Add("exit_step", m_exit, "", "border of an exit, for tests; 0: none", 0, 1e9);
        p.Add("exit_status", m_exitStatus, "", "of that exit", 0, 255);
    }

    std::unique_ptr<Adaptor> Build() override
    {
        const bool counts = m_settings.spaces == "named" || m_settings.spaces == "vector" ||
                            m_settings.spaces == "box";
        if (!counts && m_steps > MAX_COUNTED)
        {
            throw UsageError("steps is " + std::to_string(m_steps) + "; at most " +
                             std::to_string(MAX_COUNTED) +
                             " is allowed with spaces=" + m_settings.spaces);
        }
        m_settings.cells = static_cast<uint32_t>(m_cells);
        m_settings.slices = static_cast<uint32_t>(m_slices);
        m_settings.elements = static_cast<uint32_t>(m_elements);
        m_settings.gameOverStep = static_cast<uint32_t>(m_gameOver);
        m_settings.crashStep = static_cast<uint32_t>(m_crash);
        m_settings.hangStep = static_cast<uint32_t>(m_hang);
        m_settings.exitStep = static_cast<uint32_t>(m_exit);
        m_settings.exitStatus = static_cast<int32_t>(m_exitStatus);
        return std::make_unique<LoopbackAdaptor>(m_settings);
    }

    DecisionLoop::Settings LoopSettings() const override
    {
        return {ns3::MilliSeconds(1), static_cast<uint32_t>(m_steps), ns3::Time(0)};
    }

  private:
    LoopbackSettings m_settings;
    int64_t m_steps{10};
    int64_t m_cells{2};
    int64_t m_slices{3};
    int64_t m_elements{13};
    int64_t m_gameOver{0};
    int64_t m_crash{0};
    int64_t m_hang{0};
    int64_t m_exit{0};
    int64_t m_exitStatus{7};
};

} // namespace

int
main(int argc, char** argv)
{
    LoopbackScenario scenario;
    return RunScenario(scenario, argc, argv);
}
