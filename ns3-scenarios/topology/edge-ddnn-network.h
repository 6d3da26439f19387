// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_DDNN_NETWORK_H
#define SLICEBED_EDGE_DDNN_NETWORK_H

#include "compute/cloud-exit.h"
#include "compute/offload-client.h"
#include "topology/ddnn-sites.h"
#include "transport/edge-cloud-path.h"

#include "ns3/error-model.h"

#include <memory>

namespace ns3
{

/** What an EdgeDdnnNetwork is made of (paper 003; values it leaves open are ours). */
struct EdgeDdnnConfig
{
    DdnnSitesConfig sites;
    DataRate wanRate{"100Mbps"};            //!< gateway to cloud
    Time wanDelay{MicroSeconds(20'222)};    //!< one way; edge to cloud and back: 42.46 ms
    double wanBackground{0.3};              //!< load by others on the WAN, each way
    Time remoteCompute{MicroSeconds(1190)}; //!< of the remote exit
    Time timeout{MilliSeconds(500)};        //!< after which the edge gives up
    Time retry{Time(0)};                    //!< after which it asks again; 0: never
    double timeScale{1}; //!< of all times above but the sites': rates are over it
};

/**
 * Sites behind shapers, an edge node that decides what they get, and a cloud behind a WAN that it
 * may ask.
 *
 *     site i ==(a token bucket)== edge -- metro 1 Gbit/s, 1 ms -- gateway -- WAN -- cloud
 *
 * Scaled by s, delays and compute times are s times as long, rates of metro and WAN 1 / s as high,
 * and background bursts s times as long: every time between edge and cloud, waiting in queues
 * included, is s times what it was.
 */
class EdgeDdnnNetwork : public Object
{
  public:
    static TypeId GetTypeId();

    void Build(const EdgeDdnnConfig& config);

    /** Cuts the WAN, or mends it: while it is down all that arrives over it is lost. */
    void SetWanUp(bool up);

    bool IsWanUp() const;

    Ptr<DdnnSites> GetSites() const;
    Ptr<OffloadClient> GetClient() const;
    Ptr<CloudExit> GetCloud() const;
    Ptr<EdgeCloudPath> GetPath() const;
    const EdgeDdnnConfig& GetConfig() const;

    /** @return question there and answer back when nothing else is on the way */
    Time GetUnloadedRtt() const;

    /** @return bytes given to the WAN, both ways, with link headers */
    uint64_t GetWanBytes() const;

    /** @return where all packets are; aborts if one is missing */
    Conservation CheckConservation() const;

    /** @return nodes and links, for a drawing */
    TopologyDescription Describe() const;

  protected:
    void DoDispose() override;

  private:
    void MakePath();
    void MakeEnds();
    void AddBackground(uint32_t from);
    void AddCut(uint32_t end);

    EdgeDdnnConfig m_config;                 //!< as given
    Ptr<Node> m_edge;                        //!< runs the local exit
    Ptr<Node> m_cloud;                       //!< runs the remote exit
    Ptr<DdnnSites> m_sites;                  //!< of the edge
    Ptr<EdgeCloudPath> m_path;               //!< edge to cloud
    Ptr<OffloadClient> m_client;             //!< at the edge
    Ptr<CloudExit> m_exit;                   //!< at the cloud
    std::vector<Ptr<RateErrorModel>> m_cuts; //!< of both ends of the WAN
    LinkLedger m_metro;                      //!< of it
    LinkLedger m_wan;                        //!< of it
    uint64_t m_backgroundSent{0};            //!< packets
    uint64_t m_backgroundReceived{0};        //!< packets
};

} // namespace ns3

#endif // SLICEBED_EDGE_DDNN_NETWORK_H
