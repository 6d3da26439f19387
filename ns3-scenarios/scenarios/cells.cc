// SPDX-License-Identifier: GPL-2.0-only
// Scenario `cells`: a hexagonal network of sliced cells (paper 001). Each interval of 15 minutes
// stands as interval_s simulated seconds in which rates, packet sizes and delays keep their values.
//
//                  +-- 1 Gbit/s, 2 ms -- gNB 0 (site 0, sector 0) ~ ~ air ~ ~ UE 0, 1, ...
//   remote host ---+-- 1 Gbit/s, 2 ms -- gNB 1 (site 0, sector 1) ~ ~ air ~ ~ UE ...
//   (one source    +-- ...
//    for each UE)  +-- 1 Gbit/s, 2 ms -- gNB 11 (site 3, sector 2) ~ air ~ ~ UE ...
//
#include "adaptor/cells-adaptor.h"
#include "adaptor/cells-parameters.h"
#include "exchange/run-scenario.h"

using namespace slicebed;

namespace
{

const char* const TOPOLOGY =
    R"(remote host --(core link, one a cell)-- gNB 0 .. 11 ~~(100 PRBs, slots of 1 ms)~~ UEs

           site 3       site 2      each site: three cells, boresights at 30, 150, 270 degrees
                 site 0       site 1     each cell: every slice has ues_per_slice users
)";

/** The scenario's parameters and what is built from them. */
class CellsScenario : public Scenario
{
  public:
    std::string Name() const override
    {
        return "cells";
    }

    std::string Summary() const override
    {
        return "sliced LTE/NR cells on a hexagonal grid; decide each slice's PRB ceiling per cell";
    }

    std::string Topology() const override
    {
        return TOPOLOGY;
    }

    void Declare(ScenarioParameters& parameters) override
    {
        m_parameters.Declare(parameters);
    }

    void Prepare() const override
    {
        m_parameters.Prepare();
    }

    std::unique_ptr<Adaptor> Build() override
    {
        return std::make_unique<CellsAdaptor>(
            m_parameters.Build(), m_parameters.Steps(), m_parameters.MaskSource());
    }

    DecisionLoop::Settings LoopSettings() const override
    {
        return m_parameters.LoopSettings();
    }

  private:
    CellsParameters m_parameters;
};

} // namespace

int
main(int argc, char** argv)
{
    CellsScenario scenario;
    return RunScenario(scenario, argc, argv);
}
