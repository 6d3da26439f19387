// SPDX-License-Identifier: GPL-2.0-only
#include "cell/slice-scheduler.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

namespace
{

// Keeps the ratio of proportional fairness finite for a UE that was idle for long.
constexpr double LEAST_SERVED_BYTES = 1e-3;

} // namespace

SliceScheduler::SliceScheduler(const SliceAllocator::Settings& settings,
                               double averagingSlots,
                               Ptr<const LinkAdaptation> link)
    : m_direction(settings.direction)
    , m_keep(1 - 1 / averagingSlots)
    , m_link(link)
    , m_allocator(settings, std::move(link))
{
}

SliceQuota&
SliceScheduler::GetQuota()
{
    return m_allocator.GetQuota();
}

void
SliceScheduler::MakeRequests(uint64_t slot,
                             Time now,
                             const std::vector<std::vector<UeContext*>>& waiting)
{
    m_requests.clear();
    m_asking.clear();
    for (const auto& ofSlice : waiting)
    {
        for (auto* ue : ofSlice)
        {
            MakeRequest(slot, now, *ue);
        }
    }
}

void
SliceScheduler::MakeRequest(uint64_t slot, Time now, UeContext& ue)
{
    auto& link = ue.Link(m_direction);
    SliceRequest request;
    request.slice = ue.slice;
    request.user = static_cast<uint32_t>(m_requests.size());
    // One block a slot: a UE that sends again has no new data.
    if (const auto process = link.harq.FindDue(slot))
    {
        const auto& block = link.harq.Get(*process);
        request.againRbgs = block.rbgs;
        request.since = block.dueSlot;
        m_requests.push_back(request);
        m_asking.push_back({&ue, *process});
        return;
    }
    const auto process = link.harq.FindFree();
    request.demandBytes = m_direction == Direction::DOWNLINK ? link.queue.GetDemandBytes(now)
                                                             : ue.status.GetKnownBytes(slot);
    if (request.demandBytes == 0 || !process)
    {
        return;
    }
    request.since = link.servedSlot;
    request.efficiency = link.efficiency.data();
    request.offsetDb = link.offsetDb;
    request.servedBytes = Served(link, slot);
    m_requests.push_back(request);
    m_asking.push_back({&ue, *process});
}

void
SliceScheduler::Fill(uint64_t slot,
                     Time now,
                     size_t slices,
                     std::vector<Transmission>& out,
                     std::vector<uint32_t>& used)
{
    used.assign(slices, 0);
    if (m_requests.empty())
    {
        return;
    }
    m_allocator.Allocate(slot, static_cast<uint16_t>(slices), m_requests);
    for (const auto& request : m_requests)
    {
        if (request.prbs == 0)
        {
            continue;
        }
        auto& [ue, process] = m_asking[request.user];
        if (request.againRbgs > 0)
        {
            ue->Link(m_direction).harq.SendAgain(process);
        }
        else if (!StartBlock(slot, now, request))
        {
            continue;
        }
        out.push_back({ue, process, request.prbs, request.mask});
        used[request.slice] += request.prbs;
    }
}

bool
SliceScheduler::StartBlock(uint64_t slot, Time now, const SliceRequest& request)
{
    auto& [ue, process] = m_asking[request.user];
    auto& link = ue->Link(m_direction);
    const uint32_t bytes = m_link->TbsBytes(request.mcs, request.prbs, m_direction);
    auto segments = link.queue.Send(bytes, now);
    if (m_direction == Direction::UPLINK)
    {
        // Even a block of padding has been granted and carries a report.
        ue->status.NoteBlock(slot, bytes, link.queue.GetDemandBytes(now));
    }
    else if (segments.empty())
    {
        return false; // too small a block for a header and a byte: nothing is sent
    }
    link.servedBytes = request.servedBytes + (1 - m_keep) * bytes;
    link.servedSlot = slot;
    link.harq.Start(process,
                    {.mcs = request.mcs,
                     .prbs = request.prbs,
                     .rbgs = static_cast<uint16_t>(request.mask.Count()),
                     .bytes = bytes,
                     .attempts = 0,
                     .informationSum = 0,
                     .weight = 0,
                     .dueSlot = slot,
                     .segments = std::move(segments)});
    return true;
}

double
SliceScheduler::Served(const UeLink& link, uint64_t slot) const
{
    const auto slots = static_cast<double>(slot - link.servedSlot);
    return std::max(link.servedBytes * (slots == 1 ? m_keep : std::pow(m_keep, slots)),
                    LEAST_SERVED_BYTES);
}

} // namespace ns3
