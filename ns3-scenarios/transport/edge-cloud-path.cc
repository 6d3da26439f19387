// SPDX-License-Identifier: GPL-2.0-only
#include "transport/edge-cloud-path.h"

#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-static-routing-helper.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeCloudPath);

namespace
{

const Ipv4Address METRO_NETWORK("10.1.0.0");
const Ipv4Address WAN_NETWORK("10.2.0.0");
const Ipv4Mask MASK("255.255.255.252");

Ptr<WanLink>
MakeLink(Time delay, DataRate rate, QueueSize queueLimit)
{
    return CreateObjectWithAttributes<WanLink>("Delay",
                                               TimeValue(delay),
                                               "Rate",
                                               DataRateValue(rate),
                                               "QueueLimit",
                                               QueueSizeValue(queueLimit));
}

/** Routes a network over a link. @param end of the link that the node is */
void
AddRoute(Ipv4Address network, Ptr<WanLink> link, uint32_t end)
{
    const auto device = link->GetDevice(end);
    const auto ipv4 = device->GetNode()->GetObject<Ipv4>();
    Ipv4StaticRoutingHelper().GetStaticRouting(ipv4)->AddNetworkRouteTo(
        network, MASK, link->GetAddress(1 - end), ipv4->GetInterfaceForDevice(device));
}

} // namespace

TypeId
EdgeCloudPath::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::EdgeCloudPath")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<EdgeCloudPath>()
            .AddAttribute("MetroDelay",
                          "Propagation delay of the metro hop, one way.",
                          TimeValue(MilliSeconds(1)),
                          MakeTimeAccessor(&EdgeCloudPath::m_metroDelay),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("MetroRate",
                          "Rate of the metro hop, each way.",
                          DataRateValue(DataRate("1Gbps")),
                          MakeDataRateAccessor(&EdgeCloudPath::m_metroRate),
                          MakeDataRateChecker())
            .AddAttribute("WanDelay",
                          "Propagation delay of the WAN, one way.",
                          TimeValue(MicroSeconds(20'222)),
                          MakeTimeAccessor(&EdgeCloudPath::m_wanDelay),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("WanRate",
                          "Rate of the WAN, each way.",
                          DataRateValue(DataRate("100Mbps")),
                          MakeDataRateAccessor(&EdgeCloudPath::m_wanRate),
                          MakeDataRateChecker())
            .AddAttribute("QueueLimit",
                          "What may wait at each end of both links, in packets or bytes.",
                          QueueSizeValue(QueueSize("1000p")),
                          MakeQueueSizeAccessor(&EdgeCloudPath::m_queueLimit),
                          MakeQueueSizeChecker());
    return tid;
}

void
EdgeCloudPath::Join(Ptr<Node> edge, Ptr<Node> cloud)
{
    m_gateway = CreateObject<Node>();
    InternetStackHelper().Install(m_gateway);
    m_metro = MakeLink(m_metroDelay, m_metroRate, m_queueLimit);
    m_metro->Join(edge, m_gateway, METRO_NETWORK);
    m_wan = MakeLink(m_wanDelay, m_wanRate, m_queueLimit);
    m_wan->Join(m_gateway, cloud, WAN_NETWORK);
    AddRoute(WAN_NETWORK, m_metro, 0);
    AddRoute(METRO_NETWORK, m_wan, 1);
}

Ptr<WanLink>
EdgeCloudPath::GetMetro() const
{
    return m_metro;
}

Ptr<WanLink>
EdgeCloudPath::GetWan() const
{
    return m_wan;
}

Time
EdgeCloudPath::GetUnloadedRtt(uint32_t packetBytes) const
{
    return 2 * (m_metro->GetUnloadedDelay(packetBytes) + m_wan->GetUnloadedDelay(packetBytes));
}

void
EdgeCloudPath::DoDispose()
{
    m_gateway = nullptr;
    m_metro = nullptr;
    m_wan = nullptr;
    Object::DoDispose();
}

} // namespace ns3
