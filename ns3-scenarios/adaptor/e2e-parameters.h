// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_E2E_PARAMETERS_H
#define SLICEBED_E2E_PARAMETERS_H

#include "adaptor/e2e-adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/scenario-parameters.h"
#include "topology/e2e-session.h"

#include <memory>
#include <string>

namespace slicebed
{

/** The parameters of scenario e2e-slice, and what is built from them. */
class E2eParameters
{
  public:
    void Declare(ScenarioParameters& p);

    /**
     * Builds the network and what joins it to the exchange.
     * @throws UsageError if the parameters contradict each other
     */
    std::unique_ptr<Adaptor> Build() const;

    DecisionLoop::Settings LoopSettings() const;

  private:
    ns3::E2eConfig Network() const;
    ns3::E2eSessionConfig Session() const;
    ns3::TrafficMask Mask() const;

    ns3::E2eConfig m_network;
    E2eTerms m_terms;
    int64_t m_steps{10};
    double m_intervalS{60};
    double m_slotS{1};
    double m_latencyMs{10};
    int64_t m_slices{1};
    int64_t m_users{5};
    double m_usersSd{0};
    double m_dwellS{10};
    std::string m_mask{"constant"};
    std::string m_maskFile;
    int64_t m_first{0};
    std::string m_ladder{"13.2"};
    double m_burstMs{20};
    int64_t m_queue{1};
    std::string m_aqm{"fifo"};
    double m_thresholdMbps{4};
    std::string m_topologyFile;
};

} // namespace slicebed

#endif // SLICEBED_E2E_PARAMETERS_H
