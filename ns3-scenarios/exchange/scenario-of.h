// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SCENARIO_OF_H
#define SLICEBED_SCENARIO_OF_H

#include "exchange/run-scenario.h"

#include <memory>
#include <string>
#include <utility>

namespace slicebed
{

/**
 * A scenario whose parameters do everything.
 * @tparam Parameters has Declare(), Build() and LoopSettings() as Scenario has
 */
template <typename Parameters>
class ScenarioOf : public Scenario
{
  public:
    ScenarioOf(std::string name, std::string summary, std::string topology)
        : m_name(std::move(name))
        , m_summary(std::move(summary))
        , m_topology(std::move(topology))
    {
    }

    std::string Name() const override
    {
        return m_name;
    }

    std::string Summary() const override
    {
        return m_summary;
    }

    std::string Topology() const override
    {
        return m_topology;
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
    std::string m_name;
    std::string m_summary;
    std::string m_topology;
    Parameters m_parameters;
};

} // namespace slicebed

#endif // SLICEBED_SCENARIO_OF_H
