// SPDX-License-Identifier: GPL-2.0-only
#include "topology/capacity-transport.h"

#include "traffic/measuring-sink.h"
#include "traffic/poisson-flow-source.h"
#include "transport/slice-dscp.h"

#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-global-routing-helper.h"
#include "ns3/simulator.h"
#include "ns3/traffic-control-layer.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CapacityTransport);

namespace
{

constexpr uint16_t FIRST_PORT = 9;
constexpr uint32_t HEADER_BYTES = 28;  //!< UDP and IPv4
constexpr uint32_t ECN_BITS = 2;       //!< right of the DSCP in the TOS byte
constexpr double LINK_HEADROOM = 1.02; //!< of the bottleneck over all reservations: its headers
constexpr double ONE_PACKET_BPS = 1e6; //!< what one more packet adds to a rate, at most
constexpr const char* ACCESS_RATE = "1Gbps";

// Each kind of random draw has streams of its own: see SlicedCells.
constexpr int64_t TRAFFIC_STREAM = 3'000'000;

/** @return the id that a service's packets are marked with */
uint16_t
IdOf(uint32_t i)
{
    return static_cast<uint16_t>(FIRST_MARKED_SLICE + i);
}

Ptr<WanLink>
Join(Ptr<Node> a, Ptr<Node> b, DataRate rate, Time delay, uint32_t number)
{
    auto link =
        CreateObjectWithAttributes<WanLink>("Rate", DataRateValue(rate), "Delay", TimeValue(delay));
    link->Join(a, b, Ipv4Address(0x0a000000 + (number << 2))); // 10.0.x.x, four addresses each
    return link;
}

/** @return what waits in front of a link's first end */
Ptr<QueueDisc>
QueueOf(Ptr<WanLink> link)
{
    const auto device = link->GetDevice(0);
    return device->GetNode()->GetObject<TrafficControlLayer>()->GetRootQueueDiscOnDevice(device);
}

} // namespace

TypeId
CapacityTransport::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CapacityTransport")
                            .SetParent<CapacitySystem>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CapacityTransport>();
    return tid;
}

void
CapacityTransport::Build(const CapacityTransportConfig& config, const CapacityLoad& load)
{
    load.RequireValid();
    m_config = config;
    m_load = load;
    m_nextStream = TRAFFIC_STREAM;
    m_services.resize(GetSlices());
    MakeBottleneck();
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        MakeService(i);
    }
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
}

void
CapacityTransport::MakeBottleneck()
{
    m_ingress = CreateObject<Node>();
    m_egress = CreateObject<Node>();
    InternetStackHelper().Install(NodeContainer(m_ingress, m_egress));
    const auto bps = static_cast<uint64_t>(m_config.rateMbps * 1e6 * LINK_HEADROOM);
    m_link = Join(m_ingress, m_egress, DataRate(bps), m_config.linkDelay, 0);
    CountOnLink(m_link);
    m_shaper = m_link->ShapeSlices(0);
    m_shaper->SetAttribute("DefaultSlice", UintegerValue(IdOf(0)));
    m_shaper->SetAttribute(
        "SliceLimit", QueueSizeValue(QueueSize(QueueSizeUnit::PACKETS, m_config.queuePackets)));
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        m_shaper->AddSlice(IdOf(i), DataRate(0));
    }
    m_shaper->TraceConnectWithoutContext(
        "Dropped",
        Callback<void, uint16_t, Ptr<const QueueDiscItem>, const char*>(
            [this](uint16_t id, Ptr<const QueueDiscItem>, const char*) {
                m_services.at(id - IdOf(0)).meter.NoteDropped();
            }));
}

void
CapacityTransport::MakeService(uint32_t i)
{
    auto server = CreateObject<Node>();
    InternetStackHelper().Install(server);
    auto& service = m_services[i];
    service.access = Join(server, m_ingress, DataRate(ACCESS_RATE), m_config.accessDelay, i + 1);
    CountOnLink(service.access);
    service.source = CreateObjectWithAttributes<PoissonFlowSource>(
        "MaxPacketBytes",
        UintegerValue(m_load.packetBytes),
        "HeaderBytes",
        UintegerValue(HEADER_BYTES),
        "Tos",
        UintegerValue(SliceToDscp(IdOf(i)) << ECN_BITS));
    service.source->SetRemote(
        InetSocketAddress(m_link->GetAddress(1), static_cast<uint16_t>(FIRST_PORT + i)));
    m_nextStream += service.source->AssignStreams(m_nextStream);
    server->AddApplication(service.source);
    Measure(i);
}

void
CapacityTransport::Measure(uint32_t i)
{
    auto& service = m_services[i];
    service.source->TraceConnectWithoutContext(
        "Sent", Callback<void, uint32_t>([this, i](uint32_t bytes) {
            m_services[i].meter.NoteSent(bytes + HEADER_BYTES);
        }));
    service.source->TraceConnectWithoutContext("Refused",
                                               Callback<void, uint32_t>([this, i](uint32_t) {
                                                   ++m_refused;
                                                   m_services[i].meter.NoteDropped();
                                               }));
    QueueOf(service.access)
        ->TraceConnectWithoutContext(
            "Drop", Callback<void, Ptr<const QueueDiscItem>>([this, i](Ptr<const QueueDiscItem>) {
                m_services[i].meter.NoteDropped();
            }));
    auto sink = CreateObjectWithAttributes<MeasuringSink>("Port", UintegerValue(FIRST_PORT + i));
    sink->TraceConnectWithoutContext("Received",
                                     Callback<void, uint32_t, Time, const Address&>(
                                         [this, i](uint32_t bytes, Time delay, const Address&) {
                                             m_services[i].meter.NoteReceived(bytes + HEADER_BYTES,
                                                                              delay);
                                         }));
    m_egress->AddApplication(sink);
}

void
CapacityTransport::CountOnLink(Ptr<WanLink> link)
{
    const auto count = [&](uint32_t end, const std::string& trace, uint64_t& counter) {
        link->GetDevice(end)->TraceConnectWithoutContext(
            trace, Callback<void, Ptr<const Packet>>([&counter](Ptr<const Packet>) { ++counter; }));
    };
    count(0, "MacTx", m_onLinks.in);
    count(0, "MacTxDrop", m_onLinks.dropped);
    count(1, "MacRx", m_onLinks.out);
}

void
CapacityTransport::OpenInterval(uint32_t k)
{
    if (m_load.warmup.IsZero())
    {
        BeginWindow(k);
        return;
    }
    OfferLoad(k, m_load.warmup);
    m_beginWindow = Simulator::Schedule(m_load.warmup, &CapacityTransport::BeginWindow, this, k);
}

void
CapacityTransport::BeginWindow(uint32_t k)
{
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        m_services[i].meter.Begin();
        m_services[i].shapedAtStart = m_shaper->GetCounters(IdOf(i)).sent.bytes;
    }
    OfferLoad(k, m_load.interval - m_load.warmup);
}

void
CapacityTransport::OfferLoad(uint32_t k, Time duration)
{
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        m_services[i].source->Offer(m_load.GetOfferedBps(k, i) * duration.GetSeconds(), duration);
    }
}

std::vector<CapacityKpi>
CapacityTransport::CloseInterval()
{
    std::vector<CapacityKpi> kpis;
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        kpis.push_back(Read(m_services[i], IdOf(i)));
    }
    return kpis;
}

CapacityKpi
CapacityTransport::Read(const Service& service, uint16_t id) const
{
    const auto reading = service.meter.Get();
    const auto shaper = m_shaper->GetCounters(id);
    const double measuredS = m_load.GetMeasuredS();
    CapacityKpi kpi;
    kpi.offeredBps = static_cast<double>(reading.sentBytes) * 8 / measuredS;
    kpi.deliveredBps = static_cast<double>(reading.receivedBytes) * 8 / measuredS;
    kpi.deliveredRatio = kpi.offeredBps > 0 ? std::min(kpi.deliveredBps / kpi.offeredBps, 1.0) : 1;
    kpi.delayS = reading.delayS;
    kpi.delayP95S = reading.delayP95S;
    kpi.loss = reading.loss;
    kpi.bufferBytes = static_cast<double>(shaper.queued.bytes);
    kpi.admitted = 1;
    kpi.reserved = service.reservedMbps;
    const double reservedBytes = service.reservedMbps * 1e6 / 8 * measuredS;
    const auto usedBytes = static_cast<double>(shaper.sent.bytes - service.shapedAtStart);
    // A full bucket at the window's beginning lets a little more pass than is reserved.
    kpi.overProvisionedBytes = std::max(reservedBytes - usedBytes, 0.0);
    kpi.unused = reservedBytes > 0 ? kpi.overProvisionedBytes / reservedBytes : 0;
    return kpi;
}

void
CapacityTransport::Reserve(const std::vector<double>& amounts, const std::vector<bool>&)
{
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        m_services[i].reservedMbps = amounts.at(i);
        m_shaper->SetRate(IdOf(i), amounts[i] * 1e6);
    }
}

CapacityBounds
CapacityTransport::GetBounds() const
{
    const double bps = m_config.rateMbps * 1e6;
    const double packetBytes = m_load.packetBytes + HEADER_BYTES;
    return {.deliveredBps = bps * LINK_HEADROOM + ONE_PACKET_BPS,
            .bufferBytes = packetBytes * m_config.queuePackets,
            .reserved = m_config.rateMbps,
            .overProvisionedBytes = bps / 8 * m_load.GetMeasuredS(),
            .prbs = 0};
}

CapacityCost
CapacityTransport::Judge(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps) const
{
    return TransportCost(kpi, terms, peakBps);
}

Conservation
CapacityTransport::CheckConservation() const
{
    Conservation packets;
    packets.inFlight = m_shaper->GetNPackets() + m_onLinks.in - m_onLinks.out - m_onLinks.dropped;
    packets.dropped["shaper"] = m_shaper->GetStats().nTotalDroppedPackets;
    packets.dropped["link"] = m_onLinks.dropped;
    packets.dropped["refused"] = m_refused;
    for (const auto& service : m_services)
    {
        packets.sent += service.meter.GetSentPackets();
        packets.received += service.meter.GetReceivedPackets();
        const auto queue = QueueOf(service.access);
        packets.inFlight += queue->GetNPackets();
        packets.dropped["access"] += queue->GetStats().nTotalDroppedPackets;
    }
    RequireConserved(packets);
    return packets;
}

TopologyDescription
CapacityTransport::Describe() const
{
    TopologyDescription drawing;
    for (uint32_t i = 0; i < GetSlices(); ++i)
    {
        drawing.nodes.push_back({.node = m_services[i].access->GetDevice(0)->GetNode(),
                                 .name = "server " + std::to_string(IdOf(i)),
                                 .kind = "server",
                                 .y = RowY(i, GetSlices()),
                                 .slice = IdOf(i)});
    }
    drawing.nodes.push_back({.node = m_ingress, .name = "ingress", .kind = "router", .x = 1});
    drawing.nodes.push_back({.node = m_egress, .name = "egress", .kind = "router", .x = 2});
    drawing.FindWires();
    return drawing;
}

Ptr<SliceQueueDisc>
CapacityTransport::GetShaper() const
{
    return m_shaper;
}

const CapacityTransportConfig&
CapacityTransport::GetConfig() const
{
    return m_config;
}

void
CapacityTransport::DoDispose()
{
    Simulator::Cancel(m_beginWindow);
    m_services.clear();
    m_link = nullptr;
    m_shaper = nullptr;
    m_ingress = nullptr;
    m_egress = nullptr;
    CapacitySystem::DoDispose();
}

} // namespace ns3
