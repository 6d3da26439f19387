// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_DDNN_ADAPTOR_H
#define SLICEBED_EDGE_DDNN_ADAPTOR_H

#include "adaptor/adaptor.h"
#include "kpi/provisioning-cost.h"
#include "topology/edge-ddnn-session.h"

#include <string>
#include <vector>

namespace slicebed
{

/** The WAN is down from the beginning of an interval to that of another. */
struct WanFailure
{
    uint32_t from;
    uint32_t to;
};

/** What a run of scenario edge-ddnn is, besides its network. */
struct EdgeDdnnRun
{
    ns3::ProvisioningTerms terms;     //!< of the cost
    std::vector<WanFailure> failures; //!< as asked for
    std::string timeMode;             //!< stretch or scaled
    double intervalRealS{600};        //!< that an interval stands for
    double localComputeS{0};          //!< as in force
    std::string waiting;              //!< what is in force until an answer comes
    uint32_t steps{0};                //!< decision intervals
};

/**
 * Joins the edge-ddnn scenario and the exchange. A decision is the local exit's allocation of each
 * site, whether to ask the remote exit, and what the remote exit will say. Arrays are [site], or
 * [edge] with one element for what belongs to the decision as a whole.
 */
class EdgeDdnnAdaptor : public Adaptor
{
  public:
    EdgeDdnnAdaptor(ns3::Ptr<ns3::EdgeDdnnSession> session, EdgeDdnnRun run);

    std::vector<FieldSpec> ObservationFields() const override;
    std::vector<FieldSpec> ActionFields() const override;
    nlohmann::json Context() const override;
    Value Observe() override;
    double Reward() override;
    nlohmann::json Info(bool ended) override;
    void Apply(const Value& decision) override;
    Value DefaultDecision() const override;

  private:
    uint32_t Sites() const;
    const ns3::DdnnSitesConfig& SitesConfig() const;
    double BytesOfPeak() const;
    double HighOf(const std::string& field) const;
    void Judge();
    FieldSpec OfSite(const std::string& name,
                     double high,
                     const std::string& unit,
                     const std::string& meaning) const;

    ns3::Ptr<ns3::EdgeDdnnSession> m_session; //!< the network
    EdgeDdnnRun m_run;                        //!< as given
    uint32_t m_step{0};                       //!< borders passed
    std::vector<ns3::SiteKpi> m_kpis;         //!< of the interval before this border, by site
    std::vector<double> m_costs;              //!< of the same
};

} // namespace slicebed

#endif // SLICEBED_EDGE_DDNN_ADAPTOR_H
