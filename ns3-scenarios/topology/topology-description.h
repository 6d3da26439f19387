// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TOPOLOGY_DESCRIPTION_H
#define SLICEBED_TOPOLOGY_DESCRIPTION_H

#include "ns3/data-rate.h"
#include "ns3/node.h"
#include "ns3/nstime.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ns3
{

/** A node as a drawing of its network shows it. */
struct TopologyNode
{
    Ptr<Node> node;   //!< as built; its MobilityModel, where it has one, says where it is
    std::string name; //!< unique in the network
    std::string kind; //!< server, router, upf, gnb, ue, users, edge, gateway, cloud
    double x{0};      //!< place in the drawing, without a unit: columns from the left
    double y{0};      //!< place in the drawing, without a unit: rows from the bottom
    std::optional<uint32_t> slice; //!< id of the slice that it belongs to
};

/** A point-to-point link between two of the nodes. */
struct TopologyWire
{
    size_t from{0}; //!< index of the node
    size_t to{0};   //!< index of the node
    DataRate rate;  //!< of the device at `from`
    Time delay;     //!< one way
};

/** A gNB's radio to one of its UEs. */
struct TopologyAir
{
    size_t from{0};        //!< index of the gNB
    size_t to{0};          //!< index of the UE
    double bandwidthHz{0}; //!< of the carrier
};

/** What a network is made of, for a drawing: nodes, and links as they were built. */
struct TopologyDescription
{
    std::vector<TopologyNode> nodes;
    std::vector<TopologyWire> wires;
    std::vector<TopologyAir> airs;

    /** Adds a wire for every point-to-point link between two of the nodes, read from its devices
     * and its channel. */
    void FindWires();
};

/** @return the y of row `i` of `rows`, one apart, their middle at 0; the first is the highest */
double RowY(size_t i, size_t rows);

} // namespace ns3

#endif // SLICEBED_TOPOLOGY_DESCRIPTION_H
