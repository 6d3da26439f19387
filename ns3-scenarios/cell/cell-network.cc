// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cell-network.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellNetwork);

namespace
{

constexpr uint64_t NO_WORK = std::numeric_limits<uint64_t>::max();

/** Sub-band size of CQI reports, TS 36.213 Table 7.2.1-3 [PRB]. */
uint32_t
SubBandPrbs(uint32_t prbs)
{
    return prbs <= 26 ? 4 : (prbs <= 63 ? 6 : 8);
}

} // namespace

TypeId
CellNetwork::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::CellNetwork")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<CellNetwork>()
            .AddAttribute("SlotDuration",
                          "Length of a slot.",
                          TimeValue(MilliSeconds(1)),
                          MakeTimeAccessor(&CellNetwork::m_slotDuration),
                          MakeTimeChecker(MicroSeconds(1)))
            .AddAttribute("Prbs",
                          "PRBs of a cell.",
                          UintegerValue(100),
                          MakeUintegerAccessor(&CellNetwork::m_prbs),
                          MakeUintegerChecker<uint32_t>(6, LinkAdaptation::MAX_PRBS))
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
                          "Most bytes that may wait to be sent to a UE [byte].",
                          UintegerValue(50'000),
                          MakeUintegerAccessor(&CellNetwork::m_rlcBufferBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("CqiPeriodSlots",
                          "Slots between two CQI reports of a UE (TS 36.213, 7.2.2).",
                          UintegerValue(5),
                          MakeUintegerAccessor(&CellNetwork::m_cqiPeriodSlots),
                          MakeUintegerChecker<uint32_t>(1))
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
            .AddTraceSource("SduDelivered",
                            "An SDU reached a UE's IP stack.",
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
                            "ns3::CellNetwork::TransportBlockCallback");
    return tid;
}

CellNetwork::CellNetwork()
    : m_channel(CreateObject<RadioChannel>())
    , m_link(Create<LinkAdaptation>())
    , m_decode(CreateObject<UniformRandomVariable>())
{
}

void
CellNetwork::NotifyConstructionCompleted()
{
    Object::NotifyConstructionCompleted();
    const uint32_t subBandPrbs = SubBandPrbs(m_prbs);
    m_channel->SetCarrier(m_prbs, subBandPrbs, m_frequencyHz, m_txPowerDbm);
    m_subBandMasks.resize(m_channel->GetSubBands());
    for (uint32_t prb = 0; prb < m_prbs; ++prb)
    {
        m_subBandMasks[prb / subBandPrbs].Set(prb);
    }
    m_reporter = std::make_unique<CqiReporter>(m_channel, m_link, m_subBandMasks, m_cqiPeriodSlots);
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
    cell.scheduler =
        std::make_unique<SliceScheduler>(id, m_prbs, SubBandPrbs(m_prbs), m_averagingSlots, m_link);
    m_cells.push_back(std::move(cell));
    m_reporter->AddCell();
    return id;
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
            cell.slices.resize(slice + 1);
            cell.waiting.resize(slice + 1);
            cell.used.resize(slice + 1);
            cell.scheduler->GetQuota().SetCeiling(slice, 0);
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
        if (ue->slice == slice)
        {
            // A block that is on the air right now finds its process empty when it is received.
            ue->harq.Reset();
            Depart(*ue, ue->queue.Flush(), DropCause::SLICE_REMOVED);
        }
    }
    for (auto& cell : m_cells)
    {
        cell.scheduler->GetQuota().SetCeiling(slice, 0);
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
    device->Attach(id, cell, slice);
    node->AddDevice(device);
    m_ues.push_back(std::make_unique<UeContext>(UeContext{.id = id,
                                                          .cell = cell,
                                                          .slice = slice,
                                                          .device = device,
                                                          .queue = RlcQueue(m_rlcBufferBytes),
                                                          .harq = {},
                                                          .efficiency = {}}));
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
        m_cells.at(cell).scheduler->GetQuota().SetCeiling(slice, fractions[slice]);
    }
    NS_ABORT_MSG_IF(sum > 1 + 1e-5, "ceilings of cell " << cell << " sum to " << sum);
}

double
CellNetwork::GetCeiling(uint16_t cell, uint16_t slice) const
{
    return m_cells.at(cell).scheduler->GetQuota().GetCeiling(slice);
}

const SliceCounters&
CellNetwork::GetCounters(uint16_t cell, uint16_t slice)
{
    auto& ofSlice = m_cells.at(cell).slices.at(slice);
    Integrate(ofSlice);
    return ofSlice.counters;
}

uint64_t
CellNetwork::GetBufferBytes(uint16_t cell, uint16_t slice) const
{
    const auto& waiting = m_cells.at(cell).waiting.at(slice);
    return std::accumulate(waiting.begin(), waiting.end(), uint64_t{0}, [](auto sum, auto* ue) {
        return sum + ue->queue.GetBytes();
    });
}

uint64_t
CellNetwork::GetQueuedSdus(uint16_t cell, uint16_t slice) const
{
    const auto& waiting = m_cells.at(cell).waiting.at(slice);
    return std::accumulate(waiting.begin(), waiting.end(), uint64_t{0}, [](auto sum, auto* ue) {
        return sum + ue->queue.GetSdus();
    });
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
    return m_prbs;
}

uint32_t
CellNetwork::GetMaxBufferBytes() const
{
    return m_rlcBufferBytes;
}

Time
CellNetwork::GetSlotDuration() const
{
    return m_slotDuration;
}

double
CellNetwork::MaxRateBps() const
{
    return 8 * m_link->TbsBytes(LinkAdaptation::MAX_MCS, m_prbs) / m_slotDuration.GetSeconds();
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

bool
CellNetwork::EnqueueDownlink(Ptr<Packet> packet, uint32_t id)
{
    auto& ue = *m_ues.at(id);
    auto& counters = m_cells[ue.cell].slices[ue.slice].counters;
    const uint32_t bytes = packet->GetSize();
    ++counters.enqueuedSdus;
    counters.enqueuedBytes += bytes;
    if (!m_present[ue.slice])
    {
        CountDrop(ue, DropCause::SLICE_REMOVED, bytes);
        return false;
    }
    if (!ue.queue.Enqueue(packet, Simulator::Now()))
    {
        CountDrop(ue, DropCause::BUFFER_FULL, bytes);
        return false;
    }
    SetWaiting(ue, true);
    Wake();
    return true;
}

void
CellNetwork::Wake()
{
    // A packet that comes during slot n can be sent in slot n + 1.
    ScheduleSlot(SlotAt(Simulator::Now()) + 1);
}

void
CellNetwork::ScheduleSlot(uint64_t slot)
{
    const Time at = m_slotDuration * static_cast<int64_t>(slot);
    if (m_slotEvent.IsPending() && TimeStep(m_slotEvent.GetTs()) <= at)
    {
        return;
    }
    Simulator::Cancel(m_slotEvent);
    m_slotEvent = Simulator::Schedule(at - Simulator::Now(), &CellNetwork::Slot, this);
}

void
CellNetwork::Slot()
{
    ReceiveAll();
    m_slot = SlotAt(Simulator::Now());
    m_reporter->Advance(m_slot);
    for (uint16_t cell = 0; cell < m_cells.size(); ++cell)
    {
        ScheduleCell(cell);
    }
    const uint64_t next = NextWork();
    if (next != NO_WORK)
    {
        ScheduleSlot(next);
    }
}

uint64_t
CellNetwork::NextWork() const
{
    uint64_t next = NO_WORK;
    for (const auto& cell : m_cells)
    {
        if (!cell.onAir.empty())
        {
            return m_slot + 1;
        }
        for (const auto& ofSlice : cell.waiting)
        {
            for (const auto* ue : ofSlice)
            {
                if (ue->queue.GetDemandBytes() > 0)
                {
                    return m_slot + 1;
                }
                next = std::min(next, std::max(ue->harq.NextDue().value_or(NO_WORK), m_slot + 1));
            }
        }
    }
    return next;
}

void
CellNetwork::ScheduleCell(uint16_t id)
{
    auto& cell = m_cells[id];
    for (const auto& ofSlice : cell.waiting)
    {
        for (auto* ue : ofSlice)
        {
            m_reporter->Report(*ue);
        }
    }
    cell.scheduler->Schedule(m_slot, cell.waiting, cell.onAir, cell.used);
    cell.mask = {};
    for (const auto& transmission : cell.onAir)
    {
        cell.mask |= transmission.mask;
    }
    if (cell.onAir.empty())
    {
        return;
    }
    m_reporter->NoteUse(id, cell.mask);
    for (uint16_t slice = 0; slice < cell.slices.size(); ++slice)
    {
        if (cell.used[slice] > 0)
        {
            cell.slices[slice].counters.prbSlots += cell.used[slice];
            m_sliceSlotTrace(m_slot, id, slice, cell.used[slice]);
        }
    }
}

void
CellNetwork::ReceiveAll()
{
    for (uint16_t cell = 0; cell < m_cells.size(); ++cell)
    {
        for (const auto& transmission : m_cells[cell].onAir)
        {
            Receive(cell, transmission);
        }
    }
    // Only now: every reception has seen what all cells sent.
    for (auto& cell : m_cells)
    {
        cell.onAir.clear();
        cell.mask = {};
    }
}

void
CellNetwork::Receive(uint16_t cell, const Transmission& transmission)
{
    auto& ue = *transmission.ue;
    auto& block = ue.harq.Get(transmission.process);
    if (!block.onAir)
    {
        return; // its slice left during the slot
    }
    const double sinrDb = EffectiveSinrDb(cell, transmission, block.mcs);
    block.onAir = false;
    ++block.attempts;
    block.sinr += std::pow(10, sinrDb / 10) * transmission.prbs / block.prbs;
    const double bler = m_link->Bler(block.mcs, block.prbs, 10 * std::log10(block.sinr));
    const bool ok = m_decode->GetValue() >= bler;

    auto& counters = m_cells[cell].slices[ue.slice].counters;
    ++counters.tbSent;
    counters.tbFailed += ok ? 0 : 1;
    m_blockTrace({.start = m_slotDuration * static_cast<int64_t>(m_slot),
                  .cell = cell,
                  .slice = ue.slice,
                  .ue = ue.id,
                  .mcs = block.mcs,
                  .prbs = transmission.prbs,
                  .bytes = block.bytes,
                  .attempt = block.attempts,
                  .sinrDb = sinrDb,
                  .bler = bler,
                  .ok = ok});
    if (!ok && block.attempts < m_maxTransmissions)
    {
        block.dueSlot = m_slot + m_harqRttSlots;
        return;
    }
    block.busy = false;
    Depart(ue, ue.queue.Settle(block.segments, ok), DropCause::HARQ_FAILED);
}

double
CellNetwork::EffectiveSinrDb(uint16_t cell, const Transmission& transmission, uint8_t mcs)
{
    double information = 0;
    m_load.assign(m_cells.size(), 0);
    for (uint32_t band = 0; band < m_subBandMasks.size(); ++band)
    {
        const auto own = transmission.mask & m_subBandMasks[band];
        const uint32_t prbs = own.Count();
        if (prbs == 0)
        {
            continue;
        }
        for (uint16_t other = 0; other < m_cells.size(); ++other)
        {
            const auto common = m_cells[other].mask & own;
            m_load[other] =
                other == cell ? 0 : static_cast<float>(common.Count()) / static_cast<float>(prbs);
        }
        const double sinrDb =
            10 * std::log10(m_channel->GetSinr(transmission.ue->id, band, m_load));
        information += prbs * m_link->MutualInformation(mcs, sinrDb);
    }
    return m_link->SinrDbFromMutualInformation(mcs, information / transmission.prbs);
}

void
CellNetwork::Depart(UeContext& ue, std::vector<RlcQueue::Departure> departures, DropCause why)
{
    auto& counters = m_cells[ue.cell].slices[ue.slice].counters;
    SetWaiting(ue, ue.queue.GetSdus() > 0);
    std::vector<Ptr<Packet>> arrived;
    for (auto& departure : departures)
    {
        const uint32_t bytes = departure.packet->GetSize();
        if (!departure.delivered)
        {
            CountDrop(ue, why, bytes);
            continue;
        }
        const Time delay = Simulator::Now() - departure.enqueued;
        ++counters.deliveredSdus;
        counters.deliveredBytes += bytes;
        counters.delaySumS += delay.GetSeconds();
        m_deliveredTrace(ue.cell, ue.slice, ue.id, bytes, delay);
        arrived.push_back(std::move(departure.packet));
    }
    if (!arrived.empty())
    {
        // ns-3 wants a node's packets in events of that node's context.
        Simulator::ScheduleWithContext(ue.device->GetNode()->GetId(),
                                       Time(0),
                                       &CellUeNetDevice::Deliver,
                                       ue.device,
                                       std::move(arrived));
    }
}

void
CellNetwork::SetWaiting(UeContext& ue, bool waiting)
{
    if (ue.waiting == waiting)
    {
        return;
    }
    ue.waiting = waiting;
    auto& cell = m_cells[ue.cell];
    auto& slice = cell.slices[ue.slice];
    auto& list = cell.waiting[ue.slice];
    Integrate(slice);
    if (waiting)
    {
        list.push_back(&ue);
        ++slice.waitingUes;
    }
    else
    {
        list.erase(std::find(list.begin(), list.end(), &ue));
        --slice.waitingUes;
    }
}

void
CellNetwork::Integrate(CellSlice& slice) const
{
    const Time now = Simulator::Now();
    slice.counters.activeUeSeconds +=
        static_cast<double>(slice.waitingUes) * (now - slice.waitingSince).GetSeconds();
    slice.waitingSince = now;
}

void
CellNetwork::CountDrop(const UeContext& ue, DropCause cause, uint32_t bytes)
{
    auto& counters = m_cells[ue.cell].slices[ue.slice].counters;
    ++counters.droppedSdus[static_cast<size_t>(cause)];
    counters.droppedBytes[static_cast<size_t>(cause)] += bytes;
    m_droppedTrace(ue.cell, ue.slice, ue.id, cause, bytes);
}

void
CellNetwork::Refresh()
{
    m_channel->Refresh();
    m_reporter->Advance(SlotAt(Simulator::Now()));
    for (const auto& ue : m_ues)
    {
        if (m_present[ue->slice])
        {
            const uint8_t cqi = m_reporter->Wideband(ue->id);
            auto& counters = m_cells[ue->cell].slices[ue->slice].counters;
            counters.cqiSum += cqi;
            ++counters.cqiCount;
            m_cqiTrace(ue->cell, ue->slice, ue->id, cqi);
        }
    }
    m_refreshEvent = Simulator::Schedule(m_refreshPeriod, &CellNetwork::Refresh, this);
}

uint64_t
CellNetwork::SlotAt(Time time) const
{
    return static_cast<uint64_t>(time.GetTimeStep() / m_slotDuration.GetTimeStep());
}

} // namespace ns3
