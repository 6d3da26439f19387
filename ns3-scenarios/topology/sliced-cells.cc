// SPDX-License-Identifier: GPL-2.0-only
#include "topology/sliced-cells.h"

#include "topology/hex-grid.h"

#include "ns3/inet-socket-address.h"
#include "ns3/object-factory.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SlicedCells);

namespace
{

constexpr double GNB_HEIGHT_M = 25;    // TR 38.901 Table 7.2-1, UMa
constexpr double MIN_DISTANCE_M = 35;  // same
constexpr double HALF_SECTOR_DEG = 70; // somewhat beyond 60: shadowing shifts the borders
constexpr double TRACE_REACH = 2;      // of a site, in distances between sites
constexpr uint16_t PORT = 9;

// Each kind of random draw has streams of its own, far apart, so that more of one kind (more UEs,
// say) does not change the draws of another.
constexpr int64_t PLACE_STREAM = 1'000'000;
constexpr int64_t WALK_STREAM = 2'000'000;
constexpr int64_t TRAFFIC_STREAM = 3'000'000;
constexpr int64_t RADIO_STREAM = 4'000'000;
constexpr int64_t UPLINK_TRAFFIC_STREAM = 5'000'000;

/** @return the stream of a UE's walk; it may use ten */
int64_t
WalkStream(size_t ue)
{
    return WALK_STREAM + 10 * static_cast<int64_t>(ue);
}

/** @return a node that moves as a UE of a trace */
Ptr<Node>
FollowTrace(const UeTrace& trace, size_t ue)
{
    auto node = CreateObject<Node>();
    node->AggregateObject(trace.MakeMobility(ue));
    return node;
}

/** Installs a sink on a node. */
Ptr<MeasuringSink>
MakeSink(Ptr<Node> node)
{
    auto sink = CreateObjectWithAttributes<MeasuringSink>("Port", UintegerValue(PORT));
    node->AddApplication(sink);
    return sink;
}

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
SlicedCells::Build(Ptr<RadioAccess> radio, const SlicedCellsConfig& config, const TrafficMask& mask)
{
    m_config = config;
    m_mask = mask;
    m_radio = radio;
    m_place = CreateObject<UniformRandomVariable>();
    m_place->SetStream(PLACE_STREAM);
    m_radio->AssignStreams(RADIO_STREAM);
    BuildCells();
    BuildUsers();
    m_radio->TraceConnectWithoutContext(
        "CoreDrop", Callback<void, uint32_t, Direction>([this](uint32_t ue, Direction direction) {
            MeterOf(ue, direction).NoteLost();
        }));
    m_radio->Start();
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
    if (m_config.wrapAround)
    {
        m_radio->GetChannel()->SetWrapAround(
            WrapAroundShifts(m_config.sites, m_config.interSiteDistanceM));
    }
    for (const auto& position : m_sites)
    {
        const auto site = m_radio->AddSite(position);
        for (uint32_t sector = 0; sector < m_config.sectors; ++sector)
        {
            m_radio->AddCell(site, SECTOR_BEARINGS_DEG.at(sector));
        }
    }
    for (auto& meters : m_meters)
    {
        meters.assign(m_radio->GetCells(), std::vector<IntervalMeter>(m_config.services.size()));
    }
}

void
SlicedCells::BuildUsers()
{
    if (m_config.uplinkLoad > 0)
    {
        MakeUplinkSink();
    }
    std::optional<UeTrace> trace;
    if (m_config.mobility == UeMobility::TRACE)
    {
        trace.emplace(m_config.mobilityFile, m_sites, TRACE_REACH * m_config.interSiteDistanceM);
        const size_t users = m_config.services.size() * m_radio->GetCells() * m_config.uesPerSlice;
        if (trace->GetUes() < users)
        {
            throw std::invalid_argument("mobility_file " + m_config.mobilityFile + " has " +
                                        std::to_string(trace->GetUes()) + " UEs; " +
                                        std::to_string(users) + " are required");
        }
    }
    for (uint32_t slice = 0; slice < m_config.services.size(); ++slice)
    {
        m_radio->AddSlice(slice);
        for (uint16_t cell = 0; cell < m_radio->GetCells(); ++cell)
        {
            for (uint32_t i = 0; i < m_config.uesPerSlice; ++i)
            {
                AddUser(trace ? FollowTrace(*trace, m_ues.size()) : PlaceUe(cell), cell, slice);
            }
        }
    }
    AssignTrafficStreams();
}

void
SlicedCells::AddUser(Ptr<Node> node, uint16_t cell, uint32_t slice)
{
    if (m_config.mobility == UeMobility::TRACE)
    {
        cell = m_radio->GetChannel()->StrongestCell(node->GetObject<MobilityModel>());
    }
    const auto ue = m_radio->AddUe(node, cell, slice);
    m_ues.push_back({cell, slice, node});
    m_ueAt[m_radio->GetUeAddress(ue)] = ue;
    ConnectDownlink(ue);
    if (m_config.uplinkLoad > 0)
    {
        ConnectUplink(ue);
    }
}

UeMovement
SlicedCells::Movement() const
{
    UeMovement movement{.mobility = m_config.mobility,
                        .speedMps = m_config.speedMps,
                        .roamM = m_config.roamM,
                        .centre = {0, 0, 0},
                        .radiusM = 0};
    for (const auto& site : m_sites)
    {
        movement.centre = movement.centre + site;
    }
    movement.centre.x /= static_cast<double>(m_sites.size());
    movement.centre.y /= static_cast<double>(m_sites.size());
    for (const auto& site : m_sites)
    {
        movement.radiusM =
            std::max(movement.radiusM,
                     std::hypot(site.x - movement.centre.x, site.y - movement.centre.y) +
                         m_config.interSiteDistanceM / 2);
    }
    return movement;
}

Ptr<Node>
SlicedCells::PlaceUe(uint16_t cell)
{
    const auto movement = Movement();
    // A position is kept if the cell is the strongest there. Each try has a node of its own,
    // because ns-3's channel condition and shadowing remember the links of a node.
    for (uint32_t attempt = 0; attempt < 2000; ++attempt)
    {
        const auto position = DrawPosition(cell);
        auto mobility = MakeUeMobility(movement, position, WalkStream(m_ues.size()));
        auto node = CreateObject<Node>();
        node->AggregateObject(mobility);
        if (m_radio->GetChannel()->StrongestCell(mobility) == cell)
        {
            return node;
        }
    }
    throw std::invalid_argument("no place found where cell " + std::to_string(cell) +
                                " serves best; sites nearer to each other, or another placement, "
                                "are required");
}

Vector
SlicedCells::DrawPosition(uint16_t cell) const
{
    const auto& site = m_sites[cell / m_config.sectors];
    const double bearingDeg = SECTOR_BEARINGS_DEG[cell % m_config.sectors];
    const double nearM =
        std::max(MIN_DISTANCE_M, m_config.placement.from * m_config.interSiteDistanceM);
    const double farM = m_config.placement.to * m_config.interSiteDistanceM;
    const double halfDeg = m_config.sectors == 1 ? 180 : HALF_SECTOR_DEG;
    // Uniform over the area: the square of the distance is uniform.
    const double distanceM = std::sqrt(m_place->GetValue(nearM * nearM, farM * farM));
    const double angle =
        (bearingDeg + m_place->GetValue(-halfDeg, halfDeg)) * std::numbers::pi / 180;
    return {
        site.x + distanceM * std::cos(angle), site.y + distanceM * std::sin(angle), UE_HEIGHT_M};
}

IntervalMeter&
SlicedCells::MeterOf(uint32_t ue, Direction direction)
{
    const auto& user = m_ues[ue];
    const auto cell = m_config.usersChangeCells ? m_radio->GetServingCell(ue) : user.cell;
    return m_meters[static_cast<size_t>(direction)][cell][user.slice];
}

Ptr<LoadSource>
SlicedCells::MakeSource(Ptr<Node> node, const Address& remote)
{
    ObjectFactory factory;
    factory.SetTypeId(m_config.source);
    factory.Set("MaxPacketBytes", UintegerValue(m_config.packetBytes));
    auto source = factory.Create<LoadSource>();
    source->SetRemote(remote);
    node->AddApplication(source);
    return source;
}

void
SlicedCells::ConnectDownlink(uint32_t ue)
{
    auto source =
        MakeSource(m_radio->GetRemoteHost(), InetSocketAddress(m_radio->GetUeAddress(ue), PORT));
    source->TraceConnectWithoutContext("Sent", Callback<void, uint32_t>([this, ue](uint32_t bytes) {
                                           MeterOf(ue, Direction::DOWNLINK).NoteSent(bytes);
                                       }));
    source->TraceConnectWithoutContext("Refused", Callback<void, uint32_t>([this, ue](uint32_t) {
                                           MeterOf(ue, Direction::DOWNLINK).NoteLost();
                                       }));
    m_sources.push_back(source);
    MakeSink(m_ues[ue].node)
        ->TraceConnectWithoutContext(
            "Received",
            Callback<void, uint32_t, Time, const Address&>(
                [this, ue](uint32_t bytes, Time delay, const Address&) {
                    MeterOf(ue, Direction::DOWNLINK).NoteReceived(bytes, delay);
                }));
}

void
SlicedCells::ConnectUplink(uint32_t ue)
{
    auto source = MakeSource(m_ues[ue].node, InetSocketAddress(m_radio->GetRemoteAddress(), PORT));
    // What the radio refuses it counts itself, by cause.
    source->TraceConnectWithoutContext("Sent", Callback<void, uint32_t>([this, ue](uint32_t bytes) {
                                           MeterOf(ue, Direction::UPLINK).NoteSent(bytes);
                                       }));
    m_uplinkSources.push_back(source);
}

void
SlicedCells::MakeUplinkSink()
{
    MakeSink(m_radio->GetRemoteHost())
        ->TraceConnectWithoutContext(
            "Received",
            Callback<void, uint32_t, Time, const Address&>(
                [this](uint32_t bytes, Time delay, const Address& from) {
                    const auto ue = m_ueAt.at(InetSocketAddress::ConvertFrom(from).GetIpv4());
                    MeterOf(ue, Direction::UPLINK).NoteReceived(bytes, delay);
                }));
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
    for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
    {
        auto& meters = m_meters[static_cast<size_t>(direction)];
        for (uint16_t cell = 0; cell < meters.size(); ++cell)
        {
            for (uint32_t slice = 0; slice < meters[cell].size(); ++slice)
            {
                meters[cell][slice].Begin(m_radio->GetCounters(cell, slice, direction));
            }
        }
    }
    OfferLoad(k, m_config.interval - m_config.warmup);
}

std::vector<std::vector<SliceKpi>>
SlicedCells::CloseInterval()
{
    std::vector<std::vector<SliceKpi>> kpis(m_radio->GetCells());
    for (uint16_t cell = 0; cell < kpis.size(); ++cell)
    {
        for (uint32_t slice = 0; slice < m_present.size(); ++slice)
        {
            kpis[cell].push_back(IsPresent(slice) ? Measure(cell, slice) : SliceKpi{});
        }
    }
    return kpis;
}

SliceKpi
SlicedCells::Measure(uint16_t cell, uint32_t slice)
{
    const double windowS = (m_config.interval - m_config.warmup).GetSeconds();
    const double slots = windowS / m_radio->GetSlotDuration().GetSeconds();
    const auto end = [&](Direction direction) {
        return m_meters[static_cast<size_t>(direction)][cell][slice].End(
            m_radio->GetCounters(cell, slice, direction),
            m_radio->GetBufferBytes(cell, slice, direction),
            CountUsers(cell, slice),
            slots,
            windowS,
            m_config.services[slice].target);
    };
    auto kpi = end(Direction::DOWNLINK);
    const auto uplink = end(Direction::UPLINK);
    kpi.thpUlBps = uplink.thpDlBps;
    kpi.delayE2eUlS = uplink.delayE2eS;
    kpi.prbUsedUl = uplink.prbUsedDl;
    kpi.offeredUlBps = uplink.offeredBps;
    return kpi;
}

uint32_t
SlicedCells::CountUsers(uint16_t cell, uint32_t slice) const
{
    uint32_t users = 0;
    for (uint32_t ue = 0; ue < m_ues.size(); ++ue)
    {
        users += m_ues[ue].slice == slice && m_radio->GetServingCell(ue) == cell ? 1 : 0;
    }
    return users;
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
    m_present.at(slice) = present;
    if (present)
    {
        m_radio->AddSlice(slice);
    }
    else
    {
        m_radio->RemoveSlice(slice);
    }
    for (uint32_t ue = 0; ue < m_ues.size(); ++ue)
    {
        if (m_ues[ue].slice != slice)
        {
            continue;
        }
        if (present)
        {
            Offer(ue);
            continue;
        }
        m_sources[ue]->Cease();
        if (!m_uplinkSources.empty())
        {
            m_uplinkSources[ue]->Cease();
        }
    }
}

void
SlicedCells::OfferLoad(uint32_t k, Time duration)
{
    m_offered = k;
    m_offerEnd = Simulator::Now() + duration;
    for (uint32_t ue = 0; ue < m_ues.size(); ++ue)
    {
        if (IsPresent(m_ues[ue].slice))
        {
            Offer(ue);
        }
    }
}

void
SlicedCells::Offer(uint32_t ue)
{
    const Time left = m_offerEnd - Simulator::Now();
    if (left <= Time(0))
    {
        return; // at a border: the next interval offers to all
    }
    const auto slice = m_ues[ue].slice;
    const double bps = GetOfferedBps(m_offered, slice) / m_config.uesPerSlice;
    m_sources[ue]->Offer(bps * left.GetSeconds(), left);
    if (!m_uplinkSources.empty())
    {
        const double uplinkBps = GetOfferedUplinkBps(m_offered, slice) / m_config.uesPerSlice;
        m_uplinkSources[ue]->Offer(uplinkBps * left.GetSeconds(), left);
    }
}

void
SlicedCells::OfferAll(Time duration)
{
    OfferLoad(0, duration);
}

bool
SlicedCells::IsPresent(uint32_t slice) const
{
    return m_present.at(slice);
}

uint32_t
SlicedCells::MaxUsers() const
{
    return m_config.usersChangeCells ? m_config.uesPerSlice * m_radio->GetCells()
                                     : m_config.uesPerSlice;
}

double
SlicedCells::GetOfferedBps(uint32_t k, uint32_t slice) const
{
    const auto& service = m_config.services.at(slice);
    return m_mask.Get(k, service.id) * m_config.load * service.target.throughputBps *
           m_config.uesPerSlice;
}

double
SlicedCells::GetOfferedUplinkBps(uint32_t k, uint32_t slice) const
{
    const auto& service = m_config.services.at(slice);
    return m_mask.Get(k, service.id) * m_config.uplinkLoad * service.target.throughputBps *
           m_config.uesPerSlice;
}

void
SlicedCells::DrawAnew()
{
    m_radio->AssignStreams(RADIO_STREAM);
    m_radio->GetChannel()->DrawFadingAnew();
    AssignTrafficStreams();
    for (size_t ue = 0; ue < m_ues.size(); ++ue)
    {
        m_ues[ue].node->GetObject<MobilityModel>()->AssignStreams(WalkStream(ue));
    }
    OfferLoad(m_offered, m_offerEnd - Simulator::Now());
}

void
SlicedCells::AssignTrafficStreams()
{
    int64_t stream = TRAFFIC_STREAM;
    for (const auto& source : m_sources)
    {
        stream += source->AssignStreams(stream);
    }
    stream = UPLINK_TRAFFIC_STREAM;
    for (const auto& source : m_uplinkSources)
    {
        stream += source->AssignStreams(stream);
    }
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
    m_radio->SetCeilings(cell, present);
}

Ptr<RadioAccess>
SlicedCells::GetRadio() const
{
    return m_radio;
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
    total.inFlight = m_radio->GetInFlight();
    for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
    {
        const auto& meters = m_meters[static_cast<size_t>(direction)];
        for (uint16_t cell = 0; cell < meters.size(); ++cell)
        {
            for (uint32_t slice = 0; slice < meters[cell].size(); ++slice)
            {
                const auto& meter = meters[cell][slice];
                total.sent += meter.GetSentPackets();
                total.received += meter.GetReceivedPackets();
                total.dropped["core_queue_full"] += meter.GetLostPackets();
                const auto& drops = m_radio->GetCounters(cell, slice, direction).droppedSdus;
                for (size_t cause = 0; cause < drops.size(); ++cause)
                {
                    total.dropped[ToString(static_cast<DropCause>(cause))] += drops[cause];
                }
            }
        }
    }
    RequireConserved(total);
    return total;
}

void
SlicedCells::DoDispose()
{
    Simulator::Cancel(m_beginWindow);
    m_sources.clear();
    m_uplinkSources.clear();
    m_ues.clear();
    m_radio = nullptr;
    Object::DoDispose();
}

} // namespace ns3
