// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_CLOUD_NETWORK_H
#define SLICEBED_EDGE_CLOUD_NETWORK_H

#include "compute/compute-application.h"
#include "compute/edge-dispatcher.h"
#include "compute/edge-users.h"
#include "compute/power-meter.h"
#include "topology/edge-access.h"
#include "topology/topology-description.h"
#include "traffic/request-replay.h"
#include "traffic/request-source.h"
#include "traffic/traffic-mask.h"
#include "transport/udp-message-socket.h"
#include "transport/wan-link.h"

#include "ns3/data-rate.h"
#include "ns3/object.h"
#include "ns3/random-variable-stream.h"

#include <vector>

namespace ns3
{

/** What an EdgeCloudNetwork is made of (paper 004; values it leaves open are ours). */
struct EdgeCloudConfig
{
    uint32_t edges{6};        //!< edge nodes; the cloud is the node after them
    double edgeHz{1e9};       //!< capacity of an edge [cycles/s]
    double cloudHz{12e9};     //!< capacity of the cloud [cycles/s]
    uint32_t cloudCores{12};  //!< of the cloud; an edge has one
    uint32_t queueLimit{200}; //!< requests that a node holds beyond its cores
    ServiceDiscipline discipline{ServiceDiscipline::FIFO}; //!< of all nodes
    double rateHz{450};                        //!< requests, all edges, outside of bursts [1/s]
    std::vector<double> weights;               //!< of the edges in it; empty: equal
    Time burstPeriod{Seconds(60)};             //!< from burst to burst
    double burstGain{1};                       //!< of the rate in a burst
    TrafficMask mask{TrafficMask::Constant()}; //!< by interval and edge, of the rate
    std::vector<RequestArrival> arrivals;      //!< not empty: they come in place of all that
    double meanCycles{10e6};                   //!< of a request, exponential
    TypeId transport{UdpMessageSocket::GetTypeId()}; //!< of requests and answers
    uint32_t requestBytes{20'000};                   //!< of a message
    uint32_t responseBytes{4'000};                   //!< of a message
    DataRate metroRate{"1Gbps"};                     //!< edge to gateway
    Time metroDelay{MilliSeconds(1)};                //!< one way
    DataRate wanRate{"200Mbps"};                     //!< gateway to cloud
    Time wanDelay{MicroSeconds(20'222)};             //!< one way; edge to cloud and back: 42.46 ms
    double wanBackground{0};                         //!< load by others on the WAN, to the cloud
};

/**
 * Users, edge nodes, a metro star and a cloud behind a WAN: who processes which request is decided
 * by shares.
 *
 *     users j -- access -- edge j -- metro -- gateway -- WAN -- cloud
 */
class EdgeCloudNetwork : public Object
{
  public:
    static TypeId GetTypeId();

    /**
     * @param config what it is made of
     * @param access of the users to their edges; not built yet
     * @throws std::invalid_argument if the weights do not fit
     */
    void Build(const EdgeCloudConfig& config, Ptr<EdgeAccess> access);

    /** Users ask at the rates of an interval; at those of the first they begin. */
    void BeginInterval(uint32_t interval);

    /** @return requests of an edge's users in an interval [1/s]: of the log, or at the rate of its
     * beginning. @param length of it */
    double GetRateHz(uint32_t edge, Time length) const;

    /**
     * Shares the work out from now on.
     * @param offered load of each edge that the plan is made for
     * @param shares of the whole by node, sum 1: see PlanShares
     */
    void SetShares(const std::vector<double>& offered, const std::vector<double>& shares);

    /** @return edges and the cloud */
    uint32_t GetNodes() const;

    Ptr<ComputeServer> GetServer(uint32_t node) const;
    Ptr<PowerMeter> GetMeter(uint32_t node) const;
    Ptr<EdgeUsers> GetUsers(uint32_t edge) const;
    const EdgeCloudConfig& GetConfig() const;

    /** @return nodes and links, for a drawing */
    TopologyDescription Describe() const;

  protected:
    void DoDispose() override;

  private:
    void MakeServer(Ptr<Node> node, bool cloud);
    void MakeEdge(uint32_t edge);
    void MakeUsers(uint32_t edge, const EdgeAccess::Users& users);
    void RequireWeights();
    void MakeDoor(uint32_t edge);
    Ptr<WanLink> Join(Ptr<Node> a, Ptr<Node> b, DataRate rate, Time delay, uint32_t number);
    double MeanRateHz(uint32_t edge, uint32_t interval) const;
    uint64_t DrawCycles();
    void Ask(uint32_t edge, uint64_t cycles);

    EdgeCloudConfig m_config;                        //!< as given
    std::vector<Ptr<Node>> m_nodes;                  //!< edges, cloud
    std::vector<Ipv4Address> m_addresses;            //!< theirs, as the others know them
    std::vector<Ptr<ComputeServer>> m_servers;       //!< by node
    std::vector<Ptr<PowerMeter>> m_meters;           //!< by node
    std::vector<Ptr<EdgeDispatcher>> m_doors;        //!< by edge
    Ptr<Node> m_gateway;                             //!< of the metro star
    std::vector<Ptr<EdgeUsers>> m_users;             //!< by edge
    std::vector<std::vector<Ptr<Node>>> m_userNodes; //!< by edge, user
    Ptr<EdgeAccess> m_access;                        //!< theirs
    std::vector<Ptr<RequestSource>> m_sources;       //!< by edge
    Ptr<RequestReplay> m_replay;                     //!< of the log
    Time m_started;                                  //!< when the users began
    std::vector<Ptr<WanLink>> m_links;               //!< kept alive
    Ptr<ExponentialRandomVariable> m_work;           //!< of a request
};

} // namespace ns3

#endif // SLICEBED_EDGE_CLOUD_NETWORK_H
