// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_POINT_TO_POINT_FLOOR_H
#define SLICEBED_POINT_TO_POINT_FLOOR_H

#include "traffic/offered-load-source.h"

#include "ns3/node-container.h"
#include "ns3/node.h"

#include <vector>

namespace ns3
{

/**
 * The same UDP flows over two plain point-to-point hops: what any packet-level model of a cell has
 * to be compared with. One host, a router for each cell, a node for each UE; ns-3's stack and
 * routing.
 */
class PointToPointFloor
{
  public:
    /** @param cells how many @param ues in each */
    PointToPointFloor(uint32_t cells, uint32_t ues);

    /** Offers the same load to every UE from now on. */
    void Offer(double bps, Time duration);

    uint64_t GetSent() const;
    uint64_t GetReceived() const;

  private:
    void AddCell(uint32_t cell, uint32_t ues);
    void AddUe(Ptr<Node> router, uint32_t index);

    Ptr<Node> m_host;                              //!< sends
    NodeContainer m_nodes;                         //!< routers and UEs
    std::vector<Ptr<OfferedLoadSource>> m_sources; //!< by UE
    uint64_t m_sent{0};                            //!< packets
    uint64_t m_received{0};                        //!< packets
};

} // namespace ns3

#endif // SLICEBED_POINT_TO_POINT_FLOOR_H
