// SPDX-License-Identifier: GPL-2.0-only
// What happens now and then: the large-scale channel is looked at again, UEs change cells.
#include "cell/cell-network.h"

#include "ns3/simulator.h"

namespace ns3
{

void
CellNetwork::Refresh()
{
    TellActivity();
    m_channel->Refresh();
    m_reporter->Advance(SlotAt(Simulator::Now()));
    for (const auto& ue : m_ues)
    {
        m_uplink->ControlPower(*ue);
        if (m_handover && !ue->suspended)
        {
            CheckHandover(*ue);
        }
    }
    SampleCqi();
    m_refreshEvent = Simulator::Schedule(m_refreshPeriod, &CellNetwork::Refresh, this);
}

void
CellNetwork::TellActivity()
{
    const uint64_t slot = SlotAt(Simulator::Now());
    const double offered = static_cast<double>((slot - m_activitySlot) * m_carrier.prbs);
    m_activitySlot = slot;
    std::vector<float> activity;
    for (auto& cell : m_cells)
    {
        uint64_t prbSlots = 0;
        for (const auto& slice : cell.Link(Direction::DOWNLINK).slices)
        {
            prbSlots += slice.counters.prbSlots;
        }
        const auto used = static_cast<double>(prbSlots - cell.reportedPrbSlots);
        activity.push_back(offered > 0 ? static_cast<float>(used / offered) : 0);
        cell.reportedPrbSlots = prbSlots;
    }
    m_channel->SetActivity(activity);
}

void
CellNetwork::SampleCqi()
{
    for (const auto& ue : m_ues)
    {
        if (m_present[ue->slice])
        {
            const uint8_t cqi = m_reporter->Wideband(ue->id);
            auto& counters = SliceOf(*ue, Direction::DOWNLINK).counters;
            counters.cqiSum += cqi;
            ++counters.cqiCount;
            m_cqiTrace(ue->cell, ue->slice, ue->id, cqi);
        }
    }
}

void
CellNetwork::CheckHandover(UeContext& ue)
{
    const auto [cell, leadDb] = m_channel->FindStrongerCell(ue.id);
    if (cell == ue.cell || leadDb <= m_handoverMarginDb)
    {
        ue.strongerChecks = 0;
        return;
    }
    ue.strongerChecks = cell == ue.strongerCell ? ue.strongerChecks + 1 : 1;
    ue.strongerCell = cell;
    if (m_refreshPeriod * static_cast<int64_t>(ue.strongerChecks - 1) >= m_timeToTrigger)
    {
        ue.strongerChecks = 0;
        HandOver(ue.id, cell);
    }
}

void
CellNetwork::HandOver(uint32_t id, uint16_t target)
{
    auto& ue = *m_ues.at(id);
    NS_ABORT_MSG_IF(target >= m_cells.size(), "handover of UE " << id << " to no cell " << target);
    if (ue.suspended || target == ue.cell)
    {
        return;
    }
    uint64_t sdus = 0;
    for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
    {
        auto& link = ue.Link(direction);
        SetWaiting(ue, direction, false);
        // RLC and HARQ begin anew in the target; PDCP sends again whatever was not delivered (TS
        // 36.323 and 38.323, 5.2).
        link.harq.Reset();
        link.queue.Rewind();
        link.reportedPeriod = 0;
        link.offsetDb = 0;
        sdus += link.queue.GetSdus();
    }
    m_handoverTrace(id, ue.cell, target, sdus);
    ue.suspended = true;
    ue.status.Reset();
    ue.cell = target;
    m_servingCells[id] = target;
    m_channel->SetServingCell(id, target);
    m_uplink->ControlPower(ue);
    Simulator::Schedule(m_interruption, &CellNetwork::Resume, this, id);
}

void
CellNetwork::Resume(uint32_t id)
{
    auto& ue = *m_ues[id];
    ue.suspended = false;
    for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
    {
        SetWaiting(ue, direction, ue.Link(direction).queue.GetSdus() > 0);
    }
    if (ue.Link(Direction::UPLINK).waiting)
    {
        ue.status.NoteArrival(SlotFrom(Simulator::Now()));
    }
    Wake();
}

} // namespace ns3
