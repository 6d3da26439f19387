// SPDX-License-Identifier: GPL-2.0-only
#include "topology/ddnn-sites.h"

#include "traffic/measuring-sink.h"

#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(DdnnSites);

namespace
{

constexpr uint16_t FIRST_PORT = 10'000;
constexpr uint32_t HEADER_BYTES = 28; //!< UDP and IPv4
constexpr uint16_t UNMARKED = 0;      //!< the only slice of a site's shaper

// Each kind of random draw has streams of its own: see SlicedCells.
constexpr int64_t TRAFFIC_STREAM = 3'000'000;

} // namespace

TypeId
DdnnSites::GetTypeId()
{
    static TypeId tid = TypeId("ns3::DdnnSites")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<DdnnSites>();
    return tid;
}

void
DdnnSites::Build(const DdnnSitesConfig& config, Ptr<Node> edge)
{
    m_config = config;
    m_sites.resize(config.sites); // for good: traces refer to its elements
    for (uint32_t i = 0; i < config.sites; ++i)
    {
        MakeSite(i, edge);
        Measure(i, edge);
    }
    Allocate(std::vector<double>(config.sites, config.mostBps));
}

void
DdnnSites::MakeSite(uint32_t i, Ptr<Node> edge)
{
    auto& site = m_sites[i];
    auto node = CreateObject<Node>();
    InternetStackHelper().Install(node);
    site.link = CreateObjectWithAttributes<WanLink>(
        "Rate", DataRateValue(m_config.linkRate), "Delay", TimeValue(m_config.linkDelay));
    site.link->Join(node, edge, Ipv4Address(0x0a000000 + (i << 2))); // 10.0.x.x, four each
    site.shaper = site.link->ShapeSlices(0);
    site.shaper->SetAttribute("Burst", UintegerValue(SliceQueueDisc::LEAST_BURST_BYTES));
    site.shaper->SetAttribute(
        "SliceLimit", QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, m_config.queuePackets)));
    site.shaper->AddSlice(UNMARKED, DataRate(0));
    m_ledger.Watch(site.link);
    site.source = CreateObjectWithAttributes<OfferedLoadSource>(
        "MaxPacketBytes", UintegerValue(m_config.packetBytes));
    site.source->SetRemote(
        InetSocketAddress(site.link->GetAddress(1), static_cast<uint16_t>(FIRST_PORT + i)));
    site.source->AssignStreams(TRAFFIC_STREAM + i);
    node->AddApplication(site.source);
}

void
DdnnSites::Measure(uint32_t i, Ptr<Node> edge)
{
    auto& site = m_sites[i];
    site.source->TraceConnectWithoutContext("Sent", Callback<void, uint32_t>([&](uint32_t bytes) {
                                                site.meter.NoteSent(bytes + HEADER_BYTES);
                                            }));
    site.source->TraceConnectWithoutContext(
        "Refused", Callback<void, uint32_t>([&](uint32_t) { ++site.refused; }));
    auto sink = CreateObjectWithAttributes<MeasuringSink>("Port", UintegerValue(FIRST_PORT + i));
    sink->TraceConnectWithoutContext("Received",
                                     Callback<void, uint32_t, Time, const Address&>(
                                         [&, this](uint32_t bytes, Time delay, const Address&) {
                                             site.meter.NoteReceived(bytes + HEADER_BYTES, delay);
                                             site.lateBytes += delay > m_config.delayBound
                                                                   ? bytes + HEADER_BYTES
                                                                   : 0;
                                         }));
    edge->AddApplication(sink);
}

void
DdnnSites::OpenInterval(uint32_t k)
{
    // The source counts payload; of a full packet this is so much of it.
    const double payload = 1.0 * m_config.packetBytes / (m_config.packetBytes + HEADER_BYTES);
    for (uint32_t i = 0; i < m_sites.size(); ++i)
    {
        auto& site = m_sites[i];
        site.meter.Begin();
        site.lateBytes = 0;
        site.atStart = site.shaper->GetCounters(UNMARKED);
        site.allocatedBit = 0;
        site.since = Simulator::Now();
        site.source->Offer(GetOfferedBps(k, i) * payload * m_config.interval.GetSeconds(),
                           m_config.interval);
    }
}

std::vector<SiteKpi>
DdnnSites::CloseInterval()
{
    std::vector<SiteKpi> kpis;
    for (auto& site : m_sites)
    {
        kpis.push_back(Read(site));
    }
    return kpis;
}

SiteKpi
DdnnSites::Read(Site& site)
{
    CountAllocated(site);
    const auto reading = site.meter.Get();
    const auto now = site.shaper->GetCounters(UNMARKED);
    const double lengthS = m_config.interval.GetSeconds();
    const auto dropped = now.limitDropped.bytes + now.aqmDropped.bytes -
                         site.atStart.limitDropped.bytes - site.atStart.aqmDropped.bytes;
    const auto used = static_cast<double>(now.sent.bytes - site.atStart.sent.bytes);
    return {.offeredBps = static_cast<double>(reading.sentBytes) * 8 / lengthS,
            .deliveredBps = static_cast<double>(reading.receivedBytes) * 8 / lengthS,
            .droppedBytes = static_cast<double>(dropped),
            .lateBytes = static_cast<double>(site.lateBytes),
            // A full bucket at the interval's beginning lets a little more pass than is allocated.
            .overBytes = std::max(site.allocatedBit / 8 - used, 0.0),
            .bufferBytes = static_cast<double>(now.queued.bytes),
            .delayP95S = reading.delayP95S,
            .allocatedBps = site.allocatedBps,
            .allocatedMeanBps = site.allocatedBit / lengthS};
}

void
DdnnSites::CountAllocated(Site& site)
{
    site.allocatedBit += site.allocatedBps * (Simulator::Now() - site.since).GetSeconds();
    site.since = Simulator::Now();
}

void
DdnnSites::Allocate(const std::vector<double>& bps)
{
    for (uint32_t i = 0; i < m_sites.size(); ++i)
    {
        CountAllocated(m_sites[i]);
        m_sites[i].allocatedBps = std::clamp(bps.at(i), 0.0, m_config.mostBps);
        m_sites[i].shaper->SetRate(UNMARKED, m_sites[i].allocatedBps);
    }
}

double
DdnnSites::GetOfferedBps(uint32_t k, uint32_t site) const
{
    return m_config.mask.Get(k, site) * m_config.peakBps;
}

const DdnnSitesConfig&
DdnnSites::GetConfig() const
{
    return m_config;
}

void
DdnnSites::AddTo(Conservation& packets) const
{
    for (const auto& site : m_sites)
    {
        packets.sent += site.meter.GetSentPackets();
        packets.received += site.meter.GetReceivedPackets();
        packets.dropped["refused"] += site.refused;
    }
    packets.dropped["shaper"] += m_ledger.GetQueueDrops();
    packets.dropped["link"] += m_ledger.GetLineDrops();
    packets.inFlight += m_ledger.GetInFlight();
}

std::vector<TopologyNode>
DdnnSites::Describe() const
{
    std::vector<TopologyNode> nodes;
    for (size_t i = 0; i < m_sites.size(); ++i)
    {
        nodes.push_back({.node = m_sites[i].link->GetDevice(0)->GetNode(),
                         .name = "site " + std::to_string(i),
                         .kind = "users",
                         .y = RowY(i, m_sites.size())});
    }
    return nodes;
}

void
DdnnSites::DoDispose()
{
    m_ledger.Clear();
    m_sites.clear();
    Object::DoDispose();
}

} // namespace ns3
