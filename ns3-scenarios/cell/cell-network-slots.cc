// SPDX-License-Identifier: GPL-2.0-only
// What happens in slots: packets come, cells schedule, blocks are received.
#include "cell/cell-network.h"

#include "ns3/node.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{

namespace
{

constexpr uint64_t NO_WORK = std::numeric_limits<uint64_t>::max();

// Outer-loop link adaptation: steps that balance at a block error rate of 10 %.
constexpr double BLER_TARGET = 0.1;
constexpr double STEP_DOWN_DB = 0.5;
constexpr double STEP_UP_DB = STEP_DOWN_DB * BLER_TARGET / (1 - BLER_TARGET);
constexpr double OFFSET_LOW_DB = -12;
constexpr double OFFSET_HIGH_DB = 6;

} // namespace

void
CellNetwork::EnqueueDownlink(uint16_t cell, Ptr<Packet> packet, uint32_t id)
{
    auto& ue = *m_ues.at(id);
    if (ue.cell == cell)
    {
        Enqueue(ue, Direction::DOWNLINK, packet);
        return;
    }
    // It was on its way here when the UE left.
    ++m_forwarding;
    Simulator::Schedule(m_forwardDelay, [this, packet, &ue] {
        --m_forwarding;
        EnqueueDownlink(ue.cell, packet, ue.id);
    });
}

bool
CellNetwork::EnqueueUplink(Ptr<Packet> packet, uint32_t id)
{
    auto& ue = *m_ues.at(id);
    if (!Enqueue(ue, Direction::UPLINK, packet))
    {
        return false;
    }
    if (!ue.suspended)
    {
        ue.status.NoteArrival(SlotFrom(Simulator::Now()));
    }
    return true;
}

bool
CellNetwork::Enqueue(UeContext& ue, Direction direction, Ptr<Packet> packet)
{
    auto& counters = SliceOf(ue, direction).counters;
    const uint32_t bytes = packet->GetSize();
    ++counters.enqueuedSdus;
    counters.enqueuedBytes += bytes;
    if (!m_present[ue.slice])
    {
        CountDrop(ue, direction, DropCause::SLICE_REMOVED, bytes);
        return false;
    }
    if (!ue.Link(direction).queue.Enqueue(packet, Simulator::Now()))
    {
        CountDrop(ue, direction, DropCause::BUFFER_FULL, bytes);
        return false;
    }
    if (!ue.suspended)
    {
        SetWaiting(ue, direction, true);
        Wake();
    }
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
    const Time at = m_carrier.slot * static_cast<int64_t>(slot);
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
    for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
    {
        ReceiveAll(direction);
    }
    m_slot = SlotAt(Simulator::Now());
    m_reporter->Advance(m_slot);
    for (uint16_t cell = 0; cell < m_cells.size(); ++cell)
    {
        for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
        {
            if (m_cells[cell].Link(direction).waitingUes > 0)
            {
                ScheduleCell(cell, direction);
            }
        }
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
    if (m_air[0].busy || m_air[1].busy)
    {
        return m_slot + 1;
    }
    uint64_t next = NO_WORK;
    for (const auto& cell : m_cells)
    {
        for (size_t direction = 0; direction < DIRECTIONS; ++direction)
        {
            for (const auto& ofSlice : cell.links[direction].waiting)
            {
                for (const auto* ue : ofSlice)
                {
                    next = std::min(next, NextWork(*ue, static_cast<Direction>(direction)));
                }
            }
        }
    }
    return next == NO_WORK ? NO_WORK : std::max(next, m_slot + 1);
}

uint64_t
CellNetwork::NextWork(const UeContext& ue, Direction direction) const
{
    const auto& link = ue.links[static_cast<size_t>(direction)];
    const bool downlink = direction == Direction::DOWNLINK;
    if (downlink ? link.queue.GetDemandBytes(Simulator::Now()) > 0 : ue.status.HasKnownBytes())
    {
        return m_slot + 1;
    }
    uint64_t next = link.harq.NextDue().value_or(NO_WORK);
    if (const auto again = link.queue.GetNextRetransmission())
    {
        next = std::min(next, SlotFrom(*again));
    }
    if (!downlink)
    {
        next = std::min(next, ue.status.GetNextReport().value_or(NO_WORK));
    }
    return next;
}

void
CellNetwork::ScheduleCell(uint16_t id, Direction direction)
{
    auto& link = m_cells[id].Link(direction);
    const bool downlink = direction == Direction::DOWNLINK;
    for (const auto& ofSlice : link.waiting)
    {
        for (auto* ue : ofSlice)
        {
            if (downlink)
            {
                m_reporter->Report(*ue);
            }
            else
            {
                m_uplink->Estimate(*ue, m_reporter->GetPeriod(), m_reporter->GetAge());
                if (ue->Link(direction).queue.GetDemandBytes(Simulator::Now()) > 0)
                {
                    ue->status.NoteArrival(m_slot); // segments to send again ask as well
                }
            }
        }
    }
    auto& air = m_air[static_cast<size_t>(direction)];
    auto& blocks = air.blocks[id];
    const Time now = Simulator::Now();
    if (downlink)
    {
        const auto unlimited = [](const UeContext&) {
            return RbgMask::MAX_RBGS;
        };
        link.scheduler->Schedule(m_slot, now, link.waiting, unlimited, blocks, link.used);
    }
    else
    {
        const auto byPower = [this](const UeContext& ue) {
            return m_uplink->GetMaxRbgs(ue.id);
        };
        link.scheduler->Schedule(m_slot, now, link.waiting, byPower, blocks, link.used);
    }
    if (blocks.empty())
    {
        return;
    }
    air.busy = true;
    for (const auto& transmission : blocks)
    {
        air.masks[id] |= transmission.mask;
    }
    if (downlink)
    {
        m_reporter->NoteUse(id, air.masks[id]);
    }
    for (uint16_t slice = 0; slice < link.slices.size(); ++slice)
    {
        if (link.used[slice] > 0)
        {
            link.slices[slice].counters.prbSlots += link.used[slice];
            m_sliceSlotTrace(m_slot, id, slice, direction, link.used[slice]);
        }
    }
}

void
CellNetwork::ReceiveAll(Direction direction)
{
    auto& air = m_air[static_cast<size_t>(direction)];
    if (!air.busy)
    {
        return;
    }
    for (uint16_t cell = 0; cell < m_cells.size(); ++cell)
    {
        for (const auto& transmission : air.blocks[cell])
        {
            Receive(cell, transmission, direction);
        }
    }
    // Only now: every reception has seen what all sent.
    air.busy = false;
    for (uint16_t cell = 0; cell < m_cells.size(); ++cell)
    {
        air.blocks[cell].clear();
        air.masks[cell] = {};
    }
}

void
CellNetwork::Receive(uint16_t cell, const Transmission& transmission, Direction direction)
{
    auto& ue = *transmission.ue;
    auto& link = ue.Link(direction);
    if (!link.harq.IsOnAir(transmission.process))
    {
        return; // its slice left, or the UE did, during the slot
    }
    link.harq.Receive(transmission.process);
    auto& block = link.harq.Get(transmission.process);
    ++block.attempts;
    const bool missed = direction == Direction::DOWNLINK && link.weak &&
                        m_decode->GetValue() < m_reporter->ControlErrorRate(ue.id);
    const bool ok = !missed && Decode(cell, transmission, direction, block);
    if (missed && !m_blockTrace.IsEmpty())
    {
        TraceBlock(direction, transmission, block, 0, 1, false);
    }
    if (m_outerLoop && block.attempts == 1 && !missed)
    {
        AdaptOffset(link, ok);
    }
    auto& counters = SliceOf(ue, direction).counters;
    ++counters.tbSent;
    counters.tbFailed += ok ? 0 : 1;
    if (!ok && block.attempts < m_maxTransmissions && !block.segments.empty())
    {
        block.dueSlot = m_slot + m_harqRttSlots;
        return;
    }
    const auto segments = std::move(block.segments);
    link.harq.Finish(transmission.process);
    Depart(
        ue, direction, link.queue.Settle(segments, ok, Simulator::Now()), DropCause::HARQ_FAILED);
}

bool
CellNetwork::Decode(uint16_t cell,
                    const Transmission& transmission,
                    Direction direction,
                    HarqBlock& block)
{
    const double information = Information(cell, transmission, direction, block.mcs);
    const double weight = static_cast<double>(transmission.prbs) / block.prbs;
    block.informationSum += weight * information;
    block.weight += weight;
    const double bler = m_link->Bler(
        block.mcs, block.prbs, block.informationSum / block.weight, block.weight, direction);
    const bool ok = m_decode->GetValue() >= bler;
    if (!m_blockTrace.IsEmpty())
    {
        TraceBlock(direction, transmission, block, information, bler, ok);
    }
    return ok;
}

double
CellNetwork::Information(uint16_t cell,
                         const Transmission& transmission,
                         Direction direction,
                         uint8_t mcs)
{
    auto& air = m_air[static_cast<size_t>(direction)];
    std::array<float, RbgMask::MAX_RBGS> sinr;
    if (direction == Direction::DOWNLINK)
    {
        m_channel->GetSinr(transmission.ue->id, transmission.mask, air.masks, sinr.data());
    }
    else
    {
        m_uplink->GetSinr(transmission, air.blocks, air.masks, sinr.data());
    }
    double sum = 0;
    const auto& scheduler = *m_cells[cell].Link(direction).scheduler;
    transmission.mask.ForEach([&](uint32_t rbg) {
        sum += scheduler.GetRbgPrbs(rbg) * m_link->MutualInformation(mcs, sinr[rbg]);
    });
    return sum / transmission.prbs;
}

void
CellNetwork::AdaptOffset(UeLink& link, bool ok) const
{
    link.offsetDb = std::clamp(
        link.offsetDb + (ok ? STEP_UP_DB : -STEP_DOWN_DB), OFFSET_LOW_DB, OFFSET_HIGH_DB);
}

void
CellNetwork::TraceBlock(Direction direction,
                        const Transmission& transmission,
                        const HarqBlock& block,
                        double information,
                        double bler,
                        bool ok)
{
    const auto& ue = *transmission.ue;
    m_blockTrace({.start = m_carrier.slot * static_cast<int64_t>(m_slot),
                  .cell = ue.cell,
                  .slice = ue.slice,
                  .ue = ue.id,
                  .direction = direction,
                  .mcs = block.mcs,
                  .prbs = transmission.prbs,
                  .bytes = block.bytes,
                  .attempt = block.attempts,
                  .sinrDb = 10 * std::log10(m_link->SinrOf(block.mcs, information)),
                  .bler = bler,
                  .ok = ok});
}

void
CellNetwork::Depart(UeContext& ue,
                    Direction direction,
                    std::vector<RlcQueue::Departure> departures,
                    DropCause why)
{
    auto& link = ue.Link(direction);
    if (!ue.suspended)
    {
        SetWaiting(ue, direction, link.queue.GetSdus() > 0);
    }
    for (const auto& departure : departures)
    {
        if (!departure.delivered)
        {
            CountDrop(ue, direction, why, departure.packet->GetSize());
        }
    }
    std::erase_if(departures, [](const auto& departure) { return !departure.delivered; });
    if (departures.empty())
    {
        return;
    }
    link.inDelivery += static_cast<uint32_t>(departures.size());
    const bool downlink = direction == Direction::DOWNLINK;
    const uint32_t slots = m_processingSlots + (downlink ? 0 : m_grantDelaySlots);
    const auto& node = downlink ? ue.device->GetNode() : m_cells[ue.cell].device->GetNode();
    // ns-3 wants a node's packets in events of that node's context.
    Simulator::ScheduleWithContext(node->GetId(),
                                   m_carrier.slot * static_cast<int64_t>(slots),
                                   &CellNetwork::Deliver,
                                   this,
                                   ue.id,
                                   ue.cell,
                                   direction,
                                   std::move(departures));
}

void
CellNetwork::Deliver(uint32_t id,
                     uint16_t cell,
                     Direction direction,
                     const std::vector<RlcQueue::Departure>& departures)
{
    auto& ue = *m_ues[id];
    auto& counters = m_cells[cell].Link(direction).slices[ue.slice].counters;
    ue.Link(direction).inDelivery -= static_cast<uint32_t>(departures.size());
    for (const auto& departure : departures)
    {
        const Time delay = Simulator::Now() - departure.enqueued;
        const uint32_t bytes = departure.packet->GetSize();
        ++counters.deliveredSdus;
        counters.deliveredBytes += bytes;
        counters.delaySumS += delay.GetSeconds();
        m_deliveredTrace(cell, ue.slice, ue.id, direction, bytes, delay);
        if (direction == Direction::DOWNLINK)
        {
            ue.device->Deliver(departure.packet);
        }
        else
        {
            m_cells[cell].device->Deliver(departure.packet);
        }
    }
}

void
CellNetwork::SetWaiting(UeContext& ue, Direction direction, bool waiting)
{
    auto& ofUe = ue.Link(direction);
    if (ofUe.waiting == waiting)
    {
        return;
    }
    ofUe.waiting = waiting;
    auto& link = m_cells[ue.cell].Link(direction);
    auto& slice = link.slices[ue.slice];
    auto& list = link.waiting[ue.slice];
    Integrate(slice);
    if (waiting)
    {
        list.push_back(&ue);
        ++slice.waitingUes;
        ++link.waitingUes;
    }
    else
    {
        list.erase(std::find(list.begin(), list.end(), &ue));
        --slice.waitingUes;
        --link.waitingUes;
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
CellNetwork::CountDrop(const UeContext& ue, Direction direction, DropCause cause, uint32_t bytes)
{
    auto& counters = SliceOf(ue, direction).counters;
    ++counters.droppedSdus[static_cast<size_t>(cause)];
    counters.droppedBytes[static_cast<size_t>(cause)] += bytes;
    m_droppedTrace(ue.cell, ue.slice, ue.id, direction, cause, bytes);
}

CellNetwork::CellSlice&
CellNetwork::SliceOf(const UeContext& ue, Direction direction)
{
    return m_cells[ue.cell].Link(direction).slices[ue.slice];
}

uint64_t
CellNetwork::SlotAt(Time time) const
{
    return static_cast<uint64_t>(time.GetTimeStep() / m_carrier.slot.GetTimeStep());
}

uint64_t
CellNetwork::SlotFrom(Time time) const
{
    const auto slot = SlotAt(time);
    return m_carrier.slot * static_cast<int64_t>(slot) < time ? slot + 1 : slot;
}

} // namespace ns3
