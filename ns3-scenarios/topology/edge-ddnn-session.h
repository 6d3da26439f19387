// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_DDNN_SESSION_H
#define SLICEBED_EDGE_DDNN_SESSION_H

#include "topology/edge-ddnn-network.h"

#include "ns3/event-id.h"

#include <map>
#include <vector>

namespace ns3
{

/** What the edge decides at a border. */
struct EdgeDdnnDecision
{
    std::vector<double> localBps; //!< of the local exit, by site
    bool offload{false};          //!< ask the remote exit
    /**
     * Of the remote exit, by site: what the cloud makes of z, the signal of this border. It knows
     * no more than the edge does: z is a function of demands up to this border. The values come
     * into force here only after they have been there and back.
     */
    std::vector<float> remoteBps;
};

/** What is in force while an answer is awaited. */
enum class WhileWaiting
{
    PREVIOUS, //!< what was in force
    LOCAL     //!< the local exit's allocation
};

/** How a decision went, and the way to the cloud in the interval. */
struct EdgeDdnnKpi
{
    double offloaded{0};    //!< 1 where the remote exit was asked
    double answered{0};     //!< 1 where question or probe was answered in time
    double stalenessS{0};   //!< border to the interval's last allocation in force
    double rttS{0};         //!< edge to cloud and back, last known; 0 before the first
    double rttSmoothedS{0}; //!< the same, smoothed as RFC 6298 does
    double cloudS{0};       //!< that the interval's last answer took at the cloud; else 0
    double lost{0};         //!< questions and probes given up in the interval
    double late{0};         //!< answers that came too late in the interval
    double duplicate{0};    //!< answers that came again
    double messageBytes{0}; //!< of messages both ways, as IP packets
    double wanBytes{0};     //!< given to the WAN, both ways, with link headers
    double cloudQueue{0};   //!< signals at the cloud at the interval's end
};

/**
 * Puts decisions in force and measures an EdgeDdnnNetwork interval by interval.
 *
 * A decision takes the local compute time; then the local allocation is in force and a probe goes
 * out, or the signal does. What its answer says is in force from its arrival; if none comes in time
 * the local allocation is, from the time-out on. Where no decision was in force before, the local
 * allocation is at once.
 */
class EdgeDdnnSession : public Object
{
  public:
    static TypeId GetTypeId();

    /**
     * @param network built
     * @param localCompute that a decision takes; as it is, not scaled
     * @param waiting what is in force until an answer comes
     */
    void Attach(Ptr<EdgeDdnnNetwork> network, Time localCompute, WhileWaiting waiting);

    /** Begins interval `k`. */
    void OpenInterval(uint32_t k);

    /** Ends it. @return by site; see also GetKpi() */
    std::vector<SiteKpi> CloseInterval();

    /** @return of the interval that ended */
    const EdgeDdnnKpi& GetKpi() const;

    /** Takes the decision of the interval that goes on, from now on. */
    void Decide(const EdgeDdnnDecision& decision);

    Ptr<EdgeDdnnNetwork> GetNetwork() const;

  protected:
    void DoDispose() override;

  private:
    /** Counters of the network at some moment. */
    struct Marks
    {
        OffloadClient::Counters client;
        CloudExit::Counters cloud;
        uint64_t wanBytes{0};
    };

    Marks Read() const;
    void Conclude();
    void PutInForce(const std::vector<double>& bps);
    void TakeAnswer(const DdnnMessage& answer);
    void TakeGivenUp(const DdnnMessage& question);
    void TakeResponse(const DdnnMessage& answer, Time response);

    Ptr<EdgeDdnnNetwork> m_network;      //!< as given
    Time m_localCompute;                 //!< of a decision
    WhileWaiting m_waiting;              //!< what is in force then
    EdgeDdnnDecision m_decision;         //!< of this interval
    bool m_decided{false};               //!< an allocation has been in force
    bool m_localInForce{false};          //!< that of this interval's decision is
    EventId m_conclude;                  //!< end of the local compute time
    Time m_opened;                       //!< the interval's border
    EdgeDdnnKpi m_now;                   //!< of the interval that goes on
    EdgeDdnnKpi m_kpi;                   //!< of the one before
    Marks m_atStart;                     //!< of the interval
    std::map<uint32_t, Time> m_sojourns; //!< at the cloud, of signals not yet answered
};

} // namespace ns3

#endif // SLICEBED_EDGE_DDNN_SESSION_H
