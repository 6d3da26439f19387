// SPDX-License-Identifier: GPL-2.0-only
#include "topology/sliced-cells.h"

#include "topology/hex-grid.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/inet-socket-address.h"
#include "ns3/pointer.h"
#include "ns3/random-walk-2d-mobility-model.h"
#include "ns3/rectangle.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <numbers>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SlicedCells);

namespace
{

constexpr double GNB_HEIGHT_M = 25;          // TR 38.901 Table 7.2-1, UMa
constexpr double UE_HEIGHT_M = 1.5;          // same
constexpr double MIN_DISTANCE_M = 35;        // same
constexpr double MAX_DISTANCE_PER_ISD = 0.6; // a cell's corner lies at 1/sqrt(3) = 0.577
constexpr double HALF_SECTOR_DEG = 70;       // somewhat beyond 60: shadowing shifts the borders
constexpr uint16_t PORT = 9;

// Each kind of random draw has streams of its own, far apart, so that more of one kind (more UEs,
// say) does not change the draws of another.
constexpr int64_t PLACE_STREAM = 1'000'000;
constexpr int64_t WALK_STREAM = 2'000'000;
constexpr int64_t TRAFFIC_STREAM = 3'000'000;
constexpr int64_t RADIO_STREAM = 4'000'000;

} // namespace

TypeId
SlicedCells::GetTypeId()
{
    static TypeId tid = TypeId("ns3::SlicedCells")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<SlicedCells>();
    return tid;
}

void
SlicedCells::Build(const SlicedCellsConfig& config, const TrafficMask& mask)
{
    m_config = config;
    m_mask = mask;
    m_network = CreateObject<CellNetwork>();
    m_core = CreateObject<CoreNetwork>();
    m_place = CreateObject<UniformRandomVariable>();
    m_place->SetStream(PLACE_STREAM);
    m_network->AssignStreams(RADIO_STREAM);
    BuildCells();
    BuildUsers();
    m_core->TraceConnectWithoutContext("Dropped", Callback<void, uint32_t>([this](uint32_t ue) {
                                           m_meters[m_ues[ue].cell][m_ues[ue].slice].NoteLost();
                                       }));
    m_present.assign(config.services.size(), true);
    for (uint32_t slice = 0; slice < config.services.size(); ++slice)
    {
        if (!config.presentAtStart.at(slice))
        {
            SetPresent(slice, false);
        }
    }
}

void
SlicedCells::BuildCells()
{
    m_sites = HexGrid(m_config.sites, m_config.interSiteDistanceM, GNB_HEIGHT_M);
    for (const auto& position : m_sites)
    {
        const auto site = m_network->AddSite(position);
        for (const auto bearingDeg : SECTOR_BEARINGS_DEG)
        {
            auto gnb = CreateObject<Node>();
            const auto cell = m_network->AddCell(gnb, site, bearingDeg);
            m_core->AddCell(m_network->GetGnb(cell));
        }
    }
    m_meters.resize(m_network->GetCells());
    for (auto& ofCell : m_meters)
    {
        ofCell.resize(m_config.services.size());
    }
}

void
SlicedCells::BuildUsers()
{
    for (uint32_t slice = 0; slice < m_config.services.size(); ++slice)
    {
        m_network->AddSlice(slice);
        for (uint16_t cell = 0; cell < m_network->GetCells(); ++cell)
        {
            for (uint32_t i = 0; i < m_config.uesPerSlice; ++i)
            {
                auto node = PlaceUe(cell);
                auto device = m_network->AddUe(node, cell, slice);
                m_ues.push_back({cell, slice, node->GetObject<MobilityModel>()});
                ConnectTraffic(device, cell, slice);
            }
        }
    }
}

Ptr<Node>
SlicedCells::PlaceUe(uint16_t cell)
{
    // A position is kept if the cell is the strongest there. Each try has a node of its own,
    // because ns-3's channel condition and shadowing remember the links of a node.
    for (uint32_t attempt = 0; attempt < 10'000; ++attempt)
    {
        const auto position = DrawPosition(cell);
        Ptr<MobilityModel> mobility;
        if (m_config.speedMps > 0)
        {
            const Rectangle square(position.x - m_config.roamM,
                                   position.x + m_config.roamM,
                                   position.y - m_config.roamM,
                                   position.y + m_config.roamM);
            mobility = CreateObjectWithAttributes<RandomWalk2dMobilityModel>(
                "Bounds",
                RectangleValue(square),
                "Mode",
                StringValue("Time"),
                "Time",
                TimeValue(Seconds(5)),
                "Speed",
                StringValue("ns3::ConstantRandomVariable[Constant=" +
                            std::to_string(m_config.speedMps) + "]"));
            mobility->AssignStreams(WALK_STREAM + 10 * static_cast<int64_t>(m_ues.size()));
        }
        else
        {
            mobility = CreateObject<ConstantPositionMobilityModel>();
        }
        mobility->SetPosition(position);
        auto node = CreateObject<Node>();
        node->AggregateObject(mobility);
        if (m_network->StrongestCell(mobility) == cell)
        {
            return node;
        }
    }
    NS_FATAL_ERROR("no place found where cell " << cell << " is the strongest");
}

Vector
SlicedCells::DrawPosition(uint16_t cell) const
{
    const auto& site = m_sites[cell / SECTOR_BEARINGS_DEG.size()];
    const double bearingDeg = SECTOR_BEARINGS_DEG[cell % SECTOR_BEARINGS_DEG.size()];
    const double farM = MAX_DISTANCE_PER_ISD * m_config.interSiteDistanceM;
    // Uniform over the area of the sector: the square of the distance is uniform.
    const double distanceM =
        std::sqrt(m_place->GetValue(MIN_DISTANCE_M * MIN_DISTANCE_M, farM * farM));
    const double angle = (bearingDeg + m_place->GetValue(-HALF_SECTOR_DEG, HALF_SECTOR_DEG)) *
                         std::numbers::pi / 180;
    return {
        site.x + distanceM * std::cos(angle), site.y + distanceM * std::sin(angle), UE_HEIGHT_M};
}

void
SlicedCells::ConnectTraffic(Ptr<CellUeNetDevice> device, uint16_t cell, uint32_t slice)
{
    const auto address = m_core->AddUe(device);
    auto source = CreateObjectWithAttributes<OfferedLoadSource>(
        "MaxPacketBytes", UintegerValue(m_config.packetBytes));
    source->SetRemote(InetSocketAddress(address, PORT));
    source->AssignStreams(TRAFFIC_STREAM + static_cast<int64_t>(m_sources.size()));
    m_core->GetRemoteHost()->AddApplication(source);
    auto sink = CreateObjectWithAttributes<MeasuringSink>("Port", UintegerValue(PORT));
    device->GetNode()->AddApplication(sink);

    source->TraceConnectWithoutContext(
        "Sent", Callback<void, uint32_t>([this, cell, slice](uint32_t bytes) {
            m_meters[cell][slice].NoteSent(bytes);
        }));
    source->TraceConnectWithoutContext("Refused",
                                       Callback<void, uint32_t>([this, cell, slice](uint32_t) {
                                           m_meters[cell][slice].NoteLost();
                                       }));
    sink->TraceConnectWithoutContext(
        "Received", Callback<void, uint32_t, Time>([this, cell, slice](uint32_t bytes, Time delay) {
            m_meters[cell][slice].NoteReceived(bytes, delay);
        }));
    m_sources.push_back(source);
}

void
SlicedCells::OpenInterval(uint32_t k)
{
    ApplyEvents(k);
    if (m_config.warmup > Time(0))
    {
        OfferLoad(k, m_config.warmup);
        m_beginWindow = Simulator::Schedule(m_config.warmup, &SlicedCells::BeginWindow, this, k);
    }
    else
    {
        BeginWindow(k);
    }
}

void
SlicedCells::BeginWindow(uint32_t k)
{
    for (uint16_t cell = 0; cell < m_meters.size(); ++cell)
    {
        for (uint32_t slice = 0; slice < m_meters[cell].size(); ++slice)
        {
            m_meters[cell][slice].Begin(m_network->GetCounters(cell, slice));
        }
    }
    OfferLoad(k, m_config.interval - m_config.warmup);
}

std::vector<std::vector<SliceKpi>>
SlicedCells::CloseInterval()
{
    const Time window = m_config.interval - m_config.warmup;
    const double slots = window.GetSeconds() / m_network->GetSlotDuration().GetSeconds();
    std::vector<std::vector<SliceKpi>> kpis(m_meters.size());
    for (uint16_t cell = 0; cell < m_meters.size(); ++cell)
    {
        for (uint32_t slice = 0; slice < m_meters[cell].size(); ++slice)
        {
            kpis[cell].push_back(
                IsPresent(slice) ? m_meters[cell][slice].End(m_network->GetCounters(cell, slice),
                                                             m_network->GetBufferBytes(cell, slice),
                                                             m_config.uesPerSlice,
                                                             slots,
                                                             window.GetSeconds(),
                                                             m_config.services[slice].target)
                                 : SliceKpi{});
        }
    }
    return kpis;
}

void
SlicedCells::ApplyEvents(uint32_t k)
{
    for (const auto& event : m_config.events)
    {
        if (event.interval == k && m_present[event.slice] != event.present)
        {
            SetPresent(event.slice, event.present);
        }
    }
}

void
SlicedCells::SetPresent(uint32_t slice, bool present)
{
    m_present[slice] = present;
    if (present)
    {
        m_network->AddSlice(slice);
        return;
    }
    for (uint32_t ue = 0; ue < m_ues.size(); ++ue)
    {
        if (m_ues[ue].slice == slice)
        {
            m_sources[ue]->Cease();
        }
    }
    m_network->RemoveSlice(slice);
}

void
SlicedCells::OfferLoad(uint32_t k, Time duration)
{
    for (uint32_t ue = 0; ue < m_ues.size(); ++ue)
    {
        const auto slice = m_ues[ue].slice;
        if (IsPresent(slice))
        {
            const double bps = GetOfferedBps(k, slice) / m_config.uesPerSlice;
            m_sources[ue]->Offer(bps * duration.GetSeconds(), duration);
        }
    }
}

bool
SlicedCells::IsPresent(uint32_t slice) const
{
    return m_present.at(slice);
}

double
SlicedCells::GetOfferedBps(uint32_t k, uint32_t slice) const
{
    const auto& service = m_config.services.at(slice);
    return m_mask.Get(k, service.id) * m_config.load * service.target.throughputBps *
           m_config.uesPerSlice;
}

void
SlicedCells::SetCeilings(uint16_t cell, const std::vector<double>& fractions)
{
    std::vector<double> present(fractions);
    for (uint32_t slice = 0; slice < present.size(); ++slice)
    {
        if (!IsPresent(slice))
        {
            present[slice] = 0;
        }
    }
    m_network->SetCeilings(cell, present);
}

Ptr<CellNetwork>
SlicedCells::GetNetwork() const
{
    return m_network;
}

const std::vector<Vector>&
SlicedCells::GetSites() const
{
    return m_sites;
}

const SlicedCellsConfig&
SlicedCells::GetConfig() const
{
    return m_config;
}

const std::vector<SlicedCells::UeRecord>&
SlicedCells::GetUes() const
{
    return m_ues;
}

Conservation
SlicedCells::CheckConservation() const
{
    Conservation total;
    for (uint16_t cell = 0; cell < m_meters.size(); ++cell)
    {
        total.inFlight += m_core->GetInFlight(cell);
        for (uint32_t slice = 0; slice < m_meters[cell].size(); ++slice)
        {
            const auto& meter = m_meters[cell][slice];
            total.sent += meter.GetSentPackets();
            total.received += meter.GetReceivedPackets();
            total.dropped["core_queue_full"] += meter.GetLostPackets();
            total.inFlight += m_network->GetQueuedSdus(cell, slice);
            const auto& drops = m_network->GetCounters(cell, slice).droppedSdus;
            for (size_t cause = 0; cause < drops.size(); ++cause)
            {
                total.dropped[ToString(static_cast<DropCause>(cause))] += drops[cause];
            }
        }
    }
    uint64_t accounted = total.received + total.inFlight;
    for (const auto& [cause, packets] : total.dropped)
    {
        accounted += packets;
    }
    NS_ABORT_MSG_IF(accounted != total.sent,
                    "packets are not conserved: " << total.sent << " sent, " << accounted
                                                  << " received, dropped or in flight");
    return total;
}

void
SlicedCells::DoDispose()
{
    Simulator::Cancel(m_beginWindow);
    m_sources.clear();
    m_ues.clear();
    m_core = nullptr;
    m_network = nullptr;
    Object::DoDispose();
}

} // namespace ns3
