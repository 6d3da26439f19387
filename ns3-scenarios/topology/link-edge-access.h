// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LINK_EDGE_ACCESS_H
#define SLICEBED_LINK_EDGE_ACCESS_H

#include "topology/edge-access.h"
#include "transport/wan-link.h"

namespace ns3
{

/** All users of an edge behind one link: the stand-in for an access network. */
class LinkEdgeAccess : public EdgeAccess
{
  public:
    static TypeId GetTypeId();

    std::vector<Users> Build(const std::vector<Ptr<Node>>& edges) override;
    double GetAirHz() const override;

  protected:
    void DoDispose() override;

  private:
    DataRate m_rate;                   //!< of a link, each way
    Time m_delay;                      //!< of a link, one way
    std::vector<Ptr<WanLink>> m_links; //!< by edge
};

} // namespace ns3

#endif // SLICEBED_LINK_EDGE_ACCESS_H
