// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_CLOUD_PATH_H
#define SLICEBED_EDGE_CLOUD_PATH_H

#include "transport/wan-link.h"

namespace ns3
{

/**
 * The way from an edge site to a cloud: a metro hop to a gateway, and the WAN from there.
 *
 *     edge ---- metro 1 Gbit/s, 1 ms ---- gateway ---- WAN 100 Mbit/s, 20.222 ms ---- cloud
 *
 * By default a ping (84-byte IP packets) takes 42.46 ms there and back when nothing else is on the
 * way: 42.444 ms of propagation, and 15.1 us of serialisation.
 */
class EdgeCloudPath : public Object
{
  public:
    static TypeId GetTypeId();

    /** Joins two nodes that have an internet stack; makes the gateway, and routes both ways. */
    void Join(Ptr<Node> edge, Ptr<Node> cloud);

    /** @return the metro hop; its end 0 is the edge */
    Ptr<WanLink> GetMetro() const;

    /** @return the WAN; its end 0 is the gateway, its end 1 the cloud */
    Ptr<WanLink> GetWan() const;

    /** @return edge to cloud and back when nothing else is on the way. @param packetBytes of the
     * request and of the answer, as IP packets */
    Time GetUnloadedRtt(uint32_t packetBytes) const;

  protected:
    void DoDispose() override;

  private:
    Time m_metroDelay;      //!< propagation, one way
    DataRate m_metroRate;   //!< each way
    Time m_wanDelay;        //!< propagation, one way
    DataRate m_wanRate;     //!< each way
    QueueSize m_queueLimit; //!< of each end of both links
    Ptr<Node> m_gateway;    //!< between them
    Ptr<WanLink> m_metro;   //!< edge to gateway
    Ptr<WanLink> m_wan;     //!< gateway to cloud
};

} // namespace ns3

#endif // SLICEBED_EDGE_CLOUD_PATH_H
