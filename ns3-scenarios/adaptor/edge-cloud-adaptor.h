// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_CLOUD_ADAPTOR_H
#define SLICEBED_EDGE_CLOUD_ADAPTOR_H

#include "adaptor/adaptor.h"
#include "topology/edge-cloud-session.h"

#include <vector>

namespace slicebed
{

/** How the reward of scenario edge-cloud weighs what was measured. */
struct EdgeCloudTerms
{
    double latencyS{0.05};    //!< latency that costs 1
    double energyJ{2};        //!< energy of a request that costs energyWeight
    double energyWeight{0.2}; //!< of energy
    double lossWeight{5};     //!< of the share of requests lost
};

/** A node that goes down at the beginning of an interval and comes back at that of another. */
struct NodeFailure
{
    uint32_t node;
    uint32_t from;
    uint32_t to;
};

/** Where the offered load comes from. */
struct OfferedLoadOrigin
{
    std::string source;   //!< of the mask, or of the log of requests
    double intervalRealS; //!< of it that an interval stands for
};

/**
 * Joins the edge-cloud scenario and the exchange: a decision is each node's share of the whole
 * workload; every observation is an array [node], the edges and then the cloud.
 */
class EdgeCloudAdaptor : public Adaptor
{
  public:
    EdgeCloudAdaptor(ns3::Ptr<ns3::EdgeCloudSession> session,
                     const EdgeCloudTerms& terms,
                     const std::vector<NodeFailure>& failures,
                     const OfferedLoadOrigin& load,
                     uint32_t steps,
                     double intervalS);

    std::vector<FieldSpec> ObservationFields() const override;
    std::vector<FieldSpec> ActionFields() const override;
    nlohmann::json Context() const override;
    Value Observe() override;
    double Reward() override;
    nlohmann::json Info(bool ended) override;
    void Apply(const Value& decision) override;
    Value DefaultDecision() const override;

  private:
    uint32_t Nodes() const;
    FieldSpec Field(const std::string& name,
                    double high,
                    const std::string& unit,
                    const std::string& meaning) const;
    Value LatencyCounts() const;
    void FailAndRecover(uint32_t k);

    ns3::Ptr<ns3::EdgeCloudSession> m_session; //!< the network
    EdgeCloudTerms m_terms;                    //!< of the reward
    std::vector<NodeFailure> m_failures;       //!< as asked for
    OfferedLoadOrigin m_load;                  //!< of the users
    uint32_t m_steps;                          //!< of the run
    double m_intervalS;                        //!< of an interval
    uint32_t m_step{0};                        //!< borders passed
    std::vector<ns3::EdgeCloudKpi> m_kpis;     //!< of the interval before this border, by node
    std::vector<float> m_shares;               //!< in force
};

} // namespace slicebed

#endif // SLICEBED_EDGE_CLOUD_ADAPTOR_H
