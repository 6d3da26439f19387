// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_EDGE_ACCESS_H
#define SLICEBED_CELL_EDGE_ACCESS_H

#include "cell/cell-network.h"
#include "topology/edge-access.h"

#include "ns3/virtual-net-device.h"

namespace ns3
{

/**
 * The users of each edge are UEs of a cell whose gNB is at the edge node: what they send comes off
 * the air into the node's IP stack, and what it sends to them goes to the air, as at a user plane
 * function that breaks out locally.
 *
 * Cells are omnidirectional and kilometres apart, so that they disturb each other little; UEs stand
 * still, evenly spread over a disc around their site.
 */
class CellEdgeAccess : public EdgeAccess
{
  public:
    static TypeId GetTypeId();

    std::vector<Users> Build(const std::vector<Ptr<Node>>& edges) override;
    double GetAirHz() const override;

    /** @return the radio, for its traces */
    Ptr<CellNetwork> GetNetwork() const;

  protected:
    void DoDispose() override;

  private:
    void MakeCells(const std::vector<Ptr<Node>>& edges);
    void MakeTunnel(uint32_t edge, Ptr<Node> node);
    Ptr<Node> MakeUe(uint32_t edge, uint32_t index);

    uint32_t m_uesPerEdge;                        //!< of a cell
    double m_bandwidthMhz;                        //!< of a cell
    double m_interSiteDistanceM;                  //!< of a hexagonal grid
    double m_radiusM;                             //!< of the disc
    Ptr<CellNetwork> m_network;                   //!< the radio
    std::vector<Ptr<VirtualNetDevice>> m_tunnels; //!< by edge: its node's way to the air
};

} // namespace ns3

#endif // SLICEBED_CELL_EDGE_ACCESS_H
