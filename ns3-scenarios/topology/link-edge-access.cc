// SPDX-License-Identifier: GPL-2.0-only
#include "topology/link-edge-access.h"

#include "ns3/internet-stack-helper.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LinkEdgeAccess);

namespace
{

const Ipv4Address NETWORK("10.1.0.0");

} // namespace

TypeId
LinkEdgeAccess::GetTypeId()
{
    static TypeId tid = TypeId("ns3::LinkEdgeAccess")
                            .SetParent<EdgeAccess>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<LinkEdgeAccess>()
                            .AddAttribute("Rate",
                                          "Of a link, each way.",
                                          DataRateValue(DataRate("100Mbps")),
                                          MakeDataRateAccessor(&LinkEdgeAccess::m_rate),
                                          MakeDataRateChecker())
                            .AddAttribute("Delay",
                                          "Of a link, one way.",
                                          TimeValue(MilliSeconds(5)),
                                          MakeTimeAccessor(&LinkEdgeAccess::m_delay),
                                          MakeTimeChecker(Time(0)));
    return tid;
}

std::vector<EdgeAccess::Users>
LinkEdgeAccess::Build(const std::vector<Ptr<Node>>& edges)
{
    std::vector<Users> all;
    for (uint32_t edge = 0; edge < edges.size(); ++edge)
    {
        auto users = CreateObject<Node>();
        InternetStackHelper().Install(users);
        auto link = CreateObjectWithAttributes<WanLink>(
            "Rate", DataRateValue(m_rate), "Delay", TimeValue(m_delay));
        link->Join(users, edges[edge], Ipv4Address(NETWORK.Get() + (edge << 2)));
        all.push_back({{users}, link->GetAddress(1)});
        m_links.push_back(link);
    }
    return all;
}

double
LinkEdgeAccess::GetAirHz() const
{
    return 0;
}

void
LinkEdgeAccess::DoDispose()
{
    m_links.clear();
    EdgeAccess::DoDispose();
}

} // namespace ns3
