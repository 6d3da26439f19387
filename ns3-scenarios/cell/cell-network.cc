// SPDX-License-Identifier: GPL-2.0-only
// Building the network and asking it; cell-network-slots.cc has what happens in slots,
// cell-network-mobility.cc what happens now and then.
#include "cell/cell-network.h"

#include "cell/link-tables.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <numeric>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellNetwork);

namespace
{

constexpr uint8_t LTE_HARQ_PROCESSES = 8; // TS 36.213, 7, FDD
constexpr uint8_t NR_HARQ_PROCESSES = 16; // TS 38.214, 5.1

} // namespace

TypeId
CellNetwork::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::CellNetwork")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<CellNetwork>()
            .AddAttribute("Technology",
                          "Whose standard the carrier follows.",
                          EnumValue(Technology::LTE),
                          MakeEnumAccessor<Technology>(&CellNetwork::m_technology),
                          MakeEnumChecker(Technology::LTE, "Lte", Technology::NR, "Nr"))
            .AddAttribute("Numerology",
                          "mu of NR: 0 (15 kHz, slots of 1 ms) or 1 (30 kHz, 0.5 ms).",
                          UintegerValue(0),
                          MakeUintegerAccessor(&CellNetwork::m_numerology),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("BandwidthMhz",
                          "Bandwidth of the channel [MHz]; see MakeCarrier.",
                          DoubleValue(20),
                          MakeDoubleAccessor(&CellNetwork::m_bandwidthMhz),
                          MakeDoubleChecker<double>())
            .AddAttribute("McsTable",
                          "Tables of MCSs and CQIs of NR.",
                          EnumValue(NrMcsTable::QAM256),
                          MakeEnumAccessor<NrMcsTable>(&CellNetwork::m_mcsTable),
                          MakeEnumChecker(NrMcsTable::QAM64, "Qam64", NrMcsTable::QAM256, "Qam256"))
            .AddAttribute("CarrierFrequencyHz",
                          "Carrier frequency [Hz].",
                          DoubleValue(2.6e9),
                          MakeDoubleAccessor(&CellNetwork::m_frequencyHz),
                          MakeDoubleChecker<double>(0.5e9, 100e9))
            .AddAttribute("TxPowerDbm",
                          "Transmission power of a cell on all its PRBs [dBm].",
                          DoubleValue(46),
                          MakeDoubleAccessor(&CellNetwork::m_txPowerDbm),
                          MakeDoubleChecker<double>())
            .AddAttribute("RlcBufferBytes",
                          "Most bytes that may wait to be sent to or by a UE [byte].",
                          UintegerValue(50'000),
                          MakeUintegerAccessor(&CellNetwork::m_rlcBufferBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("RlcMode",
                          "What becomes of segments that HARQ gave up.",
                          EnumValue(RlcMode::UNACKNOWLEDGED),
                          MakeEnumAccessor<RlcMode>(&CellNetwork::m_rlcMode),
                          MakeEnumChecker(RlcMode::UNACKNOWLEDGED,
                                          "Unacknowledged",
                                          RlcMode::ACKNOWLEDGED,
                                          "Acknowledged"))
            .AddAttribute("RlcStatusDelay",
                          "Acknowledged mode: from the loss of a segment to its retransmission.",
                          TimeValue(MilliSeconds(40)),
                          MakeTimeAccessor(&CellNetwork::m_rlcStatusDelay),
                          MakeTimeChecker(Time(0)))
            .AddAttribute(
                "CqiInterference",
                "Interference that CQI reports see.",
                EnumValue(CqiInterference::ALL),
                MakeEnumAccessor<CqiInterference>(&CellNetwork::m_cqiInterference),
                MakeEnumChecker(CqiInterference::ALL, "All", CqiInterference::MEASURED, "Measured"))
            .AddAttribute("CqiPeriodSlots",
                          "Slots between two CQI reports of a UE (TS 36.213, 7.2.2).",
                          UintegerValue(5),
                          MakeUintegerAccessor(&CellNetwork::m_cqiPeriodSlots),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("CqiDelaySlots",
                          "Slots from the measurement of a CQI to its use.",
                          UintegerValue(6),
                          MakeUintegerAccessor(&CellNetwork::m_cqiDelaySlots),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("OuterLoop",
                          "Whether an outer loop holds first transmissions to a block error rate "
                          "of 10 %.",
                          BooleanValue(true),
                          MakeBooleanAccessor(&CellNetwork::m_outerLoop),
                          MakeBooleanChecker())
            .AddAttribute("HarqRttSlots",
                          "Slots between two transmissions of a block (TS 36.321, 7.7).",
                          UintegerValue(8),
                          MakeUintegerAccessor(&CellNetwork::m_harqRttSlots),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("MaxTransmissions",
                          "Transmissions of a block before it is given up.",
                          UintegerValue(4),
                          MakeUintegerAccessor(&CellNetwork::m_maxTransmissions),
                          MakeUintegerChecker<uint32_t>(1, 255))
            .AddAttribute("ProcessingSlots",
                          "Slots that scheduling and decoding a block take beyond its own.",
                          UintegerValue(2),
                          MakeUintegerAccessor(&CellNetwork::m_processingSlots),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("RequestPeriodSlots",
                          "Slots between two scheduling request occasions of a UE (TS 36.213, "
                          "10.1.5).",
                          UintegerValue(10),
                          MakeUintegerAccessor(&CellNetwork::m_requestPeriodSlots),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("GrantDelaySlots",
                          "Slots from an uplink grant to its block (TS 36.213, 8; k2 of TS "
                          "38.214, 6.1.2.1).",
                          UintegerValue(4),
                          MakeUintegerAccessor(&CellNetwork::m_grantDelaySlots),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("UplinkP0Dbm",
                          "Target received power on a PRB at full path loss compensation [dBm].",
                          DoubleValue(-80),
                          MakeDoubleAccessor(&CellNetwork::m_uplinkP0Dbm),
                          MakeDoubleChecker<double>(-130, 30))
            .AddAttribute("UplinkAlpha",
                          "Share of the path loss that UEs compensate (TS 36.213, 5.1.1.1).",
                          DoubleValue(0.8),
                          MakeDoubleAccessor(&CellNetwork::m_uplinkAlpha),
                          MakeDoubleChecker<double>(0, 1))
            .AddAttribute("IntraSlicePolicy",
                          "How a slice divides its PRBs among its UEs.",
                          EnumValue(IntraSlicePolicy::PROPORTIONAL_FAIR),
                          MakeEnumAccessor<IntraSlicePolicy>(&CellNetwork::m_policy),
                          MakeEnumChecker(IntraSlicePolicy::PROPORTIONAL_FAIR,
                                          "ProportionalFair",
                                          IntraSlicePolicy::ROUND_ROBIN,
                                          "RoundRobin"))
            .AddAttribute("WorkConserving",
                          "Whether PRBs that slices leave go to slices with data beyond their "
                          "ceilings.",
                          BooleanValue(false),
                          MakeBooleanAccessor(&CellNetwork::m_workConserving),
                          MakeBooleanChecker())
            .AddAttribute("AveragingSlots",
                          "Time constant of proportional fairness [slot].",
                          DoubleValue(99),
                          MakeDoubleAccessor(&CellNetwork::m_averagingSlots),
                          MakeDoubleChecker<double>(1))
            .AddAttribute("RefreshPeriod",
                          "How often path loss, shadowing and speed are looked at again.",
                          TimeValue(MilliSeconds(100)),
                          MakeTimeAccessor(&CellNetwork::m_refreshPeriod),
                          MakeTimeChecker(MilliSeconds(1)))
            .AddAttribute("Handover",
                          "Whether UEs change to a better cell by event A3 (TS 36.331 and 38.331, "
                          "5.5.4.4).",
                          BooleanValue(false),
                          MakeBooleanAccessor(&CellNetwork::m_handover),
                          MakeBooleanChecker())
            .AddAttribute("HandoverMarginDb",
                          "By how much a cell must be better: offset and hysteresis of A3 [dB].",
                          DoubleValue(3),
                          MakeDoubleAccessor(&CellNetwork::m_handoverMarginDb),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("TimeToTrigger",
                          "For how long it must be so.",
                          TimeValue(MilliSeconds(256)),
                          MakeTimeAccessor(&CellNetwork::m_timeToTrigger),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("HandoverInterruption",
                          "How long a UE is served by neither cell (TS 36.133, 5.1.2.1).",
                          TimeValue(MilliSeconds(40)),
                          MakeTimeAccessor(&CellNetwork::m_interruption),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("ForwardDelay",
                          "Of a packet that is forwarded from the old cell to the new one.",
                          TimeValue(MilliSeconds(2)),
                          MakeTimeAccessor(&CellNetwork::m_forwardDelay),
                          MakeTimeChecker(Time(0)))
            .AddTraceSource("SduDelivered",
                            "An SDU reached the IP stack at the other end.",
                            MakeTraceSourceAccessor(&CellNetwork::m_deliveredTrace),
                            "ns3::CellNetwork::SduDeliveredCallback")
            .AddTraceSource("SduDropped",
                            "An SDU was dropped.",
                            MakeTraceSourceAccessor(&CellNetwork::m_droppedTrace),
                            "ns3::CellNetwork::SduDroppedCallback")
            .AddTraceSource("SliceSlot",
                            "A slice used PRBs in a slot.",
                            MakeTraceSourceAccessor(&CellNetwork::m_sliceSlotTrace),
                            "ns3::CellNetwork::SliceSlotCallback")
            .AddTraceSource("CqiSample",
                            "The wideband CQI of a UE.",
                            MakeTraceSourceAccessor(&CellNetwork::m_cqiTrace),
                            "ns3::CellNetwork::CqiSampleCallback")
            .AddTraceSource("TransportBlock",
                            "A transport block was received or not.",
                            MakeTraceSourceAccessor(&CellNetwork::m_blockTrace),
                            "ns3::CellNetwork::TransportBlockCallback")
            .AddTraceSource("Handover",
                            "A UE changes cells, with so many SDUs.",
                            MakeTraceSourceAccessor(&CellNetwork::m_handoverTrace),
                            "ns3::CellNetwork::HandoverCallback");
    return tid;
}

CellNetwork::CellNetwork()
    : m_channel(CreateObject<RadioChannel>())
    , m_decode(CreateObject<UniformRandomVariable>())
{
}

void
CellNetwork::NotifyConstructionCompleted()
{
    Object::NotifyConstructionCompleted();
    m_carrier = MakeCarrier(m_technology, m_numerology, m_bandwidthMhz);
    m_link = GetLinkTables(m_carrier, m_mcsTable);
    m_channel->SetGrid({.prbs = m_carrier.prbs,
                        .rbgPrbs = m_carrier.rbgPrbs,
                        .prbHz = m_carrier.prbHz,
                        .frequencyHz = m_frequencyHz,
                        .txPowerDbm = m_txPowerDbm});
    m_reporter = std::make_unique<CqiReporter>(
        m_channel,
        m_link,
        CqiReporter::Settings{
            m_cqiInterference, m_cqiPeriodSlots, m_cqiDelaySlots, m_carrier.slot});
    m_uplink =
        std::make_unique<UplinkChannel>(m_channel,
                                        m_link,
                                        UplinkChannel::Settings{.p0Dbm = m_uplinkP0Dbm,
                                                                .alpha = m_uplinkAlpha,
                                                                .prbHz = m_carrier.prbHz,
                                                                .rbgPrbs = m_carrier.rbgPrbs});
    m_rlc.limitBytes = m_rlcBufferBytes;
    m_rlc.mode = m_rlcMode;
    m_rlc.statusDelay = m_rlcStatusDelay;
    m_status.requestPeriodSlots = m_requestPeriodSlots;
    // A block is laid out in the slot of its grant: its own delay is added where it is delivered.
    m_status.requestDelaySlots = 1 + m_processingSlots;
    m_status.reportDelaySlots = 1 + m_grantDelaySlots + m_processingSlots;
    m_refreshEvent = Simulator::ScheduleNow(&CellNetwork::Refresh, this);
}

void
CellNetwork::DoDispose()
{
    Simulator::Cancel(m_slotEvent);
    Simulator::Cancel(m_refreshEvent);
    m_cells.clear();
    m_ues.clear();
    m_reporter.reset();
    m_uplink.reset();
    m_channel->Dispose();
    Object::DoDispose();
}

uint16_t
CellNetwork::AddSite(const Vector& position)
{
    return m_channel->AddSite(position);
}

uint16_t
CellNetwork::AddCell(Ptr<Node> gnb, uint16_t site, double bearingDeg)
{
    const auto id = m_channel->AddCell(site, bearingDeg);
    Cell cell;
    cell.device = CreateObject<CellGnbNetDevice>();
    cell.device->Attach(this, id);
    gnb->AddDevice(cell.device);
    MakeSchedulers(cell, id);
    m_cells.push_back(std::move(cell));
    m_reporter->AddCell();
    m_uplink->AddCell();
    for (auto& air : m_air)
    {
        air.blocks.emplace_back();
        air.masks.emplace_back();
    }
    return id;
}

void
CellNetwork::MakeSchedulers(Cell& cell, uint16_t id) const
{
    for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
    {
        const SliceAllocator::Settings settings{.cell = id,
                                                .prbs = m_carrier.prbs,
                                                .rbgPrbs = m_carrier.rbgPrbs,
                                                .policy = m_policy,
                                                .workConserving = m_workConserving,
                                                .direction = direction};
        cell.Link(direction).scheduler =
            std::make_unique<SliceScheduler>(settings, m_averagingSlots, m_link);
    }
}

Ptr<CellGnbNetDevice>
CellNetwork::GetGnb(uint16_t cell) const
{
    return m_cells.at(cell).device;
}

void
CellNetwork::AddSlice(uint16_t slice)
{
    if (slice >= m_present.size())
    {
        m_present.resize(slice + 1, false);
        for (auto& cell : m_cells)
        {
            for (auto& link : cell.links)
            {
                link.slices.resize(slice + 1);
                link.waiting.resize(slice + 1);
                link.scheduler->GetQuota().SetCeiling(slice, 0);
            }
        }
    }
    m_present[slice] = true;
}

void
CellNetwork::RemoveSlice(uint16_t slice)
{
    m_present.at(slice) = false;
    for (auto& ue : m_ues)
    {
        if (ue->slice != slice)
        {
            continue;
        }
        for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
        {
            // A block that is on the air right now finds its process empty when it is received.
            auto& link = ue->Link(direction);
            link.harq.Reset();
            Depart(*ue, direction, link.queue.Flush(), DropCause::SLICE_REMOVED);
        }
        ue->status.Reset();
    }
    for (auto& cell : m_cells)
    {
        for (auto& link : cell.links)
        {
            link.scheduler->GetQuota().SetCeiling(slice, 0);
        }
    }
}

uint16_t
CellNetwork::StrongestCell(Ptr<MobilityModel> place)
{
    return m_channel->StrongestCell(place);
}

Ptr<CellUeNetDevice>
CellNetwork::AddUe(Ptr<Node> node, uint16_t cell, uint16_t slice)
{
    const auto id = m_channel->AddUe(node->GetObject<MobilityModel>(), cell);
    auto device = CreateObject<CellUeNetDevice>();
    device->Attach(this, id, slice);
    node->AddDevice(device);
    const auto processes = m_technology == Technology::LTE ? LTE_HARQ_PROCESSES : NR_HARQ_PROCESSES;
    const auto makeLink = [&] {
        return UeLink{.queue = RlcQueue(m_rlc), .harq = HarqEntity(processes), .efficiency = {}};
    };
    m_ues.push_back(std::make_unique<UeContext>(UeContext{.id = id,
                                                          .cell = cell,
                                                          .slice = slice,
                                                          .device = device,
                                                          .links = {makeLink(), makeLink()},
                                                          .status = BufferStatus(m_status, id)}));
    m_servingCells.push_back(cell);
    m_uplink->ControlPower(*m_ues.back());
    return device;
}

void
CellNetwork::SetCeilings(uint16_t cell, const std::vector<double>& fractions)
{
    double sum = 0;
    for (uint16_t slice = 0; slice < fractions.size(); ++slice)
    {
        NS_ABORT_MSG_UNLESS(fractions[slice] >= 0 && fractions[slice] <= 1,
                            "ceiling of slice " << slice << " in cell " << cell << " is "
                                                << fractions[slice] << ", not from 0 to 1");
        sum += fractions[slice];
        for (auto& link : m_cells.at(cell).links)
        {
            link.scheduler->GetQuota().SetCeiling(slice, fractions[slice]);
        }
    }
    NS_ABORT_MSG_IF(sum > 1 + 1e-5, "ceilings of cell " << cell << " sum to " << sum);
}

double
CellNetwork::GetCeiling(uint16_t cell, uint16_t slice) const
{
    return m_cells.at(cell).links.front().scheduler->GetQuota().GetCeiling(slice);
}

const SliceCounters&
CellNetwork::GetCounters(uint16_t cell, uint16_t slice, Direction direction)
{
    auto& ofSlice = m_cells.at(cell).Link(direction).slices.at(slice);
    Integrate(ofSlice);
    return ofSlice.counters;
}

uint64_t
CellNetwork::GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const
{
    const auto& waiting = m_cells.at(cell).links[static_cast<size_t>(direction)].waiting.at(slice);
    return std::accumulate(waiting.begin(), waiting.end(), uint64_t{0}, [&](auto sum, auto* ue) {
        return sum + ue->Link(direction).queue.GetBytes();
    });
}

uint64_t
CellNetwork::GetSdusInFlight() const
{
    uint64_t sum = m_forwarding;
    for (const auto& ue : m_ues)
    {
        for (const auto& link : ue->links)
        {
            sum += link.queue.GetSdus() + link.inDelivery;
        }
    }
    return sum;
}

uint16_t
CellNetwork::GetCells() const
{
    return static_cast<uint16_t>(m_cells.size());
}

uint16_t
CellNetwork::GetSlices() const
{
    return static_cast<uint16_t>(m_present.size());
}

uint32_t
CellNetwork::GetPrbs() const
{
    return m_carrier.prbs;
}

const Carrier&
CellNetwork::GetCarrier() const
{
    return m_carrier;
}

uint32_t
CellNetwork::GetMaxBufferBytes() const
{
    return m_rlcBufferBytes;
}

Time
CellNetwork::GetSlotDuration() const
{
    return m_carrier.slot;
}

double
CellNetwork::MaxRateBps() const
{
    return 8 * m_link->TbsBytes(m_link->GetMaxMcs(), m_carrier.prbs) / m_carrier.slot.GetSeconds();
}

std::vector<double>
CellNetwork::MeanSinrMapDb(const std::vector<Vector>& points) const
{
    return m_channel->MeanSinrMapDb(points);
}

Ptr<RadioChannel>
CellNetwork::GetChannel() const
{
    return m_channel;
}

Ptr<const LinkAdaptation>
CellNetwork::GetLink() const
{
    return m_link;
}

int64_t
CellNetwork::AssignStreams(int64_t stream)
{
    const auto used = m_channel->AssignStreams(stream);
    m_decode->SetStream(stream + used);
    return used + 1;
}

} // namespace ns3
