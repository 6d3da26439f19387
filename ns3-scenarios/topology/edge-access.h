// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_ACCESS_H
#define SLICEBED_EDGE_ACCESS_H

#include "ns3/ipv4-address.h"
#include "ns3/node.h"
#include "ns3/object.h"

#include <vector>

namespace ns3
{

/** How users reach their edge node. */
class EdgeAccess : public Object
{
  public:
    static TypeId GetTypeId();

    /** The users of one edge. */
    struct Users
    {
        std::vector<Ptr<Node>> nodes; //!< with an IP stack; one or several
        Ipv4Address edge;             //!< the edge node's address, as they know it
    };

    /**
     * Makes the users of all edges; once.
     * @param edges nodes with an IP stack
     * @return users by edge
     */
    virtual std::vector<Users> Build(const std::vector<Ptr<Node>>& edges) = 0;

    /** @return bandwidth of the carrier between an edge and its users, 0 where there is a wire [Hz]
     */
    virtual double GetAirHz() const = 0;
};

} // namespace ns3

#endif // SLICEBED_EDGE_ACCESS_H
