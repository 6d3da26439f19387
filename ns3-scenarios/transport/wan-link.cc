// SPDX-License-Identifier: GPL-2.0-only
#include "transport/wan-link.h"

#include "transport/root-queue-disc.h"

#include "ns3/fifo-queue-disc.h"
#include "ns3/inet-socket-address.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/string.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(WanLink);

namespace
{

constexpr uint32_t PPP_BYTES = 2;            //!< before each packet on the link
constexpr uint16_t DISCARD_PORT = 9;         //!< where background traffic goes
constexpr uint64_t BURSTS_OF_FULL_LINK = 10; //!< of background traffic

} // namespace

TypeId
WanLink::GetTypeId()
{
    static TypeId tid = TypeId("ns3::WanLink")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<WanLink>()
                            .AddAttribute("Delay",
                                          "Propagation delay, one way.",
                                          TimeValue(MilliSeconds(10)),
                                          MakeTimeAccessor(&WanLink::m_delay),
                                          MakeTimeChecker(Time(0)))
                            .AddAttribute("Rate",
                                          "Rate, each way; more than 0.",
                                          DataRateValue(DataRate("100Mbps")),
                                          MakeDataRateAccessor(&WanLink::m_rate),
                                          MakeDataRateChecker())
                            .AddAttribute("QueueLimit",
                                          "What may wait at each end, in packets or bytes.",
                                          QueueSizeValue(QueueSize("1000p")),
                                          MakeQueueSizeAccessor(&WanLink::m_queueLimit),
                                          MakeQueueSizeChecker());
    return tid;
}

void
WanLink::Join(Ptr<Node> first, Ptr<Node> second, Ipv4Address network)
{
    if (first == second)
    {
        throw std::invalid_argument("a link joins two nodes; both are node " +
                                    std::to_string(first->GetId()));
    }
    if (m_rate.GetBitRate() == 0)
    {
        throw std::invalid_argument("Rate is 0 bit/s; more than 0 is required");
    }
    for (const auto& node : {first, second})
    {
        if (!node->GetObject<Ipv4>())
        {
            throw std::invalid_argument("node " + std::to_string(node->GetId()) +
                                        " has no internet stack; install one first");
        }
    }
    PointToPointHelper helper;
    helper.SetChannelAttribute("Delay", TimeValue(m_delay));
    helper.SetDeviceAttribute("DataRate", DataRateValue(m_rate));
    helper.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("1p"));
    const auto devices = helper.Install(first, second);
    for (uint32_t end = 0; end < m_ends.size(); ++end)
    {
        auto fifo = CreateObject<FifoQueueDisc>();
        fifo->SetMaxSize(m_queueLimit);
        ReplaceRootQueueDisc(devices.Get(end), fifo);
    }
    // Only now: this would install a queue disc where there is none.
    const auto interfaces = Ipv4AddressHelper(network, Ipv4Mask("255.255.255.252")).Assign(devices);
    for (uint32_t end = 0; end < m_ends.size(); ++end)
    {
        m_ends[end] = {.device = devices.Get(end), .address = interfaces.GetAddress(end)};
    }
}

Ptr<NetDevice>
WanLink::GetDevice(uint32_t end) const
{
    return At(end).device;
}

Ipv4Address
WanLink::GetAddress(uint32_t end) const
{
    return At(end).address;
}

Ptr<PpbpTraffic>
WanLink::AddBackground(uint32_t from, double load)
{
    if (!(load >= 0 && load <= 1))
    {
        throw std::invalid_argument("background load is " + std::to_string(load) +
                                    "; a share from 0 to 1 is required");
    }
    const auto& sender = At(from);
    const auto& receiver = At(1 - from);
    const InetSocketAddress remote(receiver.address, DISCARD_PORT);
    auto& sink = m_sinks[1 - from];
    if (!sink)
    {
        sink = CreateObjectWithAttributes<PacketSink>(
            "Protocol", StringValue("ns3::UdpSocketFactory"), "Local", AddressValue(remote));
        receiver.device->GetNode()->AddApplication(sink);
    }
    const auto rateBps = static_cast<double>(m_rate.GetBitRate());
    auto traffic = CreateObjectWithAttributes<PpbpTraffic>(
        "MeanRate",
        DataRateValue(DataRate(static_cast<uint64_t>(std::llround(load * rateBps)))),
        "BurstRate",
        DataRateValue(DataRate(std::max<uint64_t>(m_rate.GetBitRate() / BURSTS_OF_FULL_LINK, 1))));
    traffic->SetRemote(remote);
    sender.device->GetNode()->AddApplication(traffic);
    return traffic;
}

Ptr<SliceQueueDisc>
WanLink::ShapeSlices(uint32_t end)
{
    auto queueDisc = CreateObject<SliceQueueDisc>();
    ReplaceRootQueueDisc(At(end).device, queueDisc);
    return queueDisc;
}

Time
WanLink::GetUnloadedDelay(uint32_t packetBytes) const
{
    return m_delay + m_rate.CalculateBytesTxTime(packetBytes + PPP_BYTES);
}

void
WanLink::DoDispose()
{
    m_ends = {};
    m_sinks = {};
    Object::DoDispose();
}

const WanLink::End&
WanLink::At(uint32_t end) const
{
    if (end >= m_ends.size())
    {
        throw std::invalid_argument("end " + std::to_string(end) + " of a link; it has 0 and 1");
    }
    if (!m_ends[end].device)
    {
        throw std::invalid_argument("the link joins no nodes yet; Join does that");
    }
    return m_ends[end];
}

} // namespace ns3
