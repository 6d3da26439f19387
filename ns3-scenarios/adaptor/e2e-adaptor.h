// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_E2E_ADAPTOR_H
#define SLICEBED_E2E_ADAPTOR_H

#include "adaptor/adaptor.h"
#include "topology/e2e-session.h"

#include <vector>

namespace slicebed
{

/** What the slices of scenario e2e-slice share, and how grants are judged. */
struct E2eTerms
{
    double rateMbps{50};        //!< of the transport network, all slices together
    double millicores{4500};    //!< of the gNB, all slices together
    double maxDegradation{0.1}; //!< beta_th
    double violationWeight{5};  //!< of degradation beyond it, in the reward
};

/**
 * Joins the end-to-end scenario and the exchange: a decision is a transport rate and millicores for
 * each slice; observations are arrays [slice], and [slice, slot] where they are measured by slot.
 */
class E2eAdaptor : public Adaptor
{
  public:
    /**
     * @param session of the network, attached
     * @param terms of the decision
     * @param steps decision intervals of the run
     */
    E2eAdaptor(ns3::Ptr<ns3::E2eSession> session, const E2eTerms& terms, uint32_t steps);

    std::vector<FieldSpec> ObservationFields() const override;
    std::vector<FieldSpec> ActionFields() const override;
    nlohmann::json Context() const override;
    Value Observe() override;
    double Reward() override;
    nlohmann::json Info(bool ended) override;
    void Apply(const Value& decision) override;
    Value DefaultDecision() const override;

  private:
    uint32_t Slices() const;
    double MaxBps() const;
    FieldSpec Field(const std::string& name,
                    bool bySlot,
                    double high,
                    const std::string& unit,
                    const std::string& meaning,
                    const std::string& standard = "") const;

    ns3::Ptr<ns3::E2eSession> m_session; //!< the network and its users
    E2eTerms m_terms;                    //!< of the decision
    uint32_t m_steps;                    //!< of the run
    uint32_t m_step{0};                  //!< borders passed
    std::vector<ns3::E2eKpi> m_kpis;     //!< of the interval before this border, by slice
    std::vector<float> m_rates;          //!< decided last [Mbit/s]
    std::vector<float> m_millicores;     //!< decided last
};

} // namespace slicebed

#endif // SLICEBED_E2E_ADAPTOR_H
