// SPDX-License-Identifier: GPL-2.0-only
#include "cell/slice-scheduler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ns3
{

namespace
{

// Runs begin a stride further each slot; strides and PRB counts have no common divisor, so every
// PRB is a beginning equally often.
constexpr uint64_t SLOT_STRIDE = 37;
constexpr uint64_t CELL_STRIDE = 61;

// Keeps the ratio of proportional fairness finite for a UE that was idle for long.
constexpr double LEAST_SERVED_BYTES = 1e-3;

} // namespace

SliceScheduler::SliceScheduler(uint16_t cell,
                               uint32_t prbs,
                               uint32_t subBandPrbs,
                               double averagingSlots,
                               Ptr<const LinkAdaptation> link)
    : m_cell(cell)
    , m_prbs(prbs)
    , m_subBandPrbs(subBandPrbs)
    , m_keep(1 - 1 / averagingSlots)
    , m_link(std::move(link))
    , m_quota(prbs)
{
}

SliceQuota&
SliceScheduler::GetQuota()
{
    return m_quota;
}

void
SliceScheduler::Schedule(uint64_t slot,
                         const std::vector<std::vector<UeContext*>>& waiting,
                         std::vector<Transmission>& out,
                         std::vector<uint32_t>& used)
{
    const size_t slices = waiting.size();
    m_backlogged.assign(slices, false);
    for (size_t slice = 0; slice < slices; ++slice)
    {
        m_backlogged[slice] = std::any_of(waiting[slice].begin(),
                                          waiting[slice].end(),
                                          [&](const auto* ue) { return HasWork(slot, *ue); });
    }
    const auto& quota = m_quota.Grant(slot, m_backlogged);
    Run run{static_cast<uint32_t>((slot * SLOT_STRIDE + m_cell * CELL_STRIDE) % m_prbs), 0};
    for (size_t turn = 0; turn < slices; ++turn)
    {
        const size_t slice = (slot + turn) % slices;
        used[slice] = 0;
        if (quota[slice] == 0)
        {
            continue;
        }
        const uint32_t next = (run.next + quota[slice]) % m_prbs;
        run.left = quota[slice];
        const auto first = out.size();
        Retransmit(slot, waiting[slice], run, out);
        FindShares(slot, waiting[slice]);
        ShareRun(run);
        SendShares(slot, out);
        for (auto i = first; i < out.size(); ++i)
        {
            used[slice] += out[i].prbs;
        }
        run.next = next;
    }
}

bool
SliceScheduler::HasWork(uint64_t slot, const UeContext& ue) const
{
    return ue.queue.GetDemandBytes() > 0 || ue.harq.FindDue(slot).has_value();
}

void
SliceScheduler::Retransmit(uint64_t slot,
                           const std::vector<UeContext*>& ues,
                           Run& run,
                           std::vector<Transmission>& out)
{
    m_due.clear();
    for (auto* ue : ues)
    {
        if (const auto process = ue->harq.FindDue(slot))
        {
            m_due.push_back({ue->harq.Get(*process).dueSlot, ue, *process});
        }
    }
    // The longest waiting goes first and has the whole run to itself: none starves.
    std::stable_sort(m_due.begin(), m_due.end(), [](const auto& a, const auto& b) {
        return a.dueSlot < b.dueSlot;
    });
    const uint32_t quota = run.left;
    for (const auto& due : m_due)
    {
        auto& block = due.ue->harq.Get(due.process);
        // A block waits for as many PRBs as it had, unless the ceiling has shrunk below that: then
        // it makes do with the whole run, and the receiver combines.
        const auto prbs = static_cast<uint16_t>(std::min<uint32_t>(block.prbs, quota));
        if (prbs > run.left)
        {
            continue;
        }
        Transmission transmission{due.ue, due.process, prbs, {}};
        for (uint32_t i = 0; i < prbs; ++i)
        {
            transmission.mask.Set(Advance(run));
        }
        block.onAir = true;
        out.push_back(transmission);
    }
}

void
SliceScheduler::FindShares(uint64_t slot, const std::vector<UeContext*>& ues)
{
    m_shareCount = 0;
    for (auto* ue : ues)
    {
        const auto demand = ue->queue.GetDemandBytes();
        const auto process = ue->harq.FindFree();
        // One block a slot: a UE that retransmits has no new data.
        if (demand == 0 || !process || ue->harq.IsOnAir())
        {
            continue;
        }
        if (m_shareCount == m_shares.size())
        {
            m_shares.emplace_back();
        }
        auto& share = m_shares[m_shareCount++];
        share.ue = ue;
        share.process = *process;
        share.demandBytes =
            static_cast<uint32_t>(std::min<uint64_t>(demand, std::numeric_limits<uint32_t>::max()));
        share.servedBytes =
            std::max(ue->servedBytes * std::pow(m_keep, static_cast<double>(slot - ue->servedSlot)),
                     LEAST_SERVED_BYTES);
        share.efficiencySum = 0;
        share.prbs.clear();
        share.satisfied = false;
    }
}

void
SliceScheduler::ShareRun(Run& run)
{
    while (run.left > 0)
    {
        const uint32_t subBand = run.next / m_subBandPrbs;
        const uint32_t end = std::min((subBand + 1) * m_subBandPrbs, m_prbs);
        const uint32_t chunk = std::min(run.left, end - run.next);
        auto* share = PickShare(subBand);
        if (!share)
        {
            // Nobody can use this sub-band; somebody may use the next.
            run.next = end % m_prbs;
            run.left -= chunk;
            continue;
        }
        const double efficiency = share->ue->efficiency[subBand];
        const auto has = static_cast<uint32_t>(share->prbs.size());
        const auto mcs = McsOf(share->efficiencySum + efficiency * chunk, has + chunk);
        const auto needs =
            std::max(m_link->PrbsFor(mcs, share->demandBytes, has + chunk), has + 1) - has;
        for (uint32_t i = 0; i < needs; ++i)
        {
            share->prbs.push_back(static_cast<uint8_t>(Advance(run)));
        }
        share->efficiencySum += efficiency * needs;
        share->satisfied = m_link->TbsBytes(McsOf(share->efficiencySum, share->prbs.size()),
                                            share->prbs.size()) >= share->demandBytes;
    }
}

SliceScheduler::Share*
SliceScheduler::PickShare(uint32_t subBand)
{
    Share* best = nullptr;
    double bestRatio = 0;
    for (size_t i = 0; i < m_shareCount; ++i)
    {
        auto& share = m_shares[i];
        const double ratio = share.ue->efficiency[subBand] / share.servedBytes;
        if (!share.satisfied && ratio > bestRatio)
        {
            best = &share;
            bestRatio = ratio;
        }
    }
    return best;
}

void
SliceScheduler::SendShares(uint64_t slot, std::vector<Transmission>& out)
{
    for (size_t i = 0; i < m_shareCount; ++i)
    {
        auto& share = m_shares[i];
        auto& ue = *share.ue;
        ue.servedBytes = share.servedBytes;
        ue.servedSlot = slot;
        if (share.prbs.empty())
        {
            continue;
        }
        const auto mcs = McsOf(share.efficiencySum, share.prbs.size());
        const auto prbs = m_link->PrbsFor(mcs, share.demandBytes, share.prbs.size());
        const auto bytes = m_link->TbsBytes(mcs, prbs);
        auto segments = ue.queue.Send(bytes);
        if (segments.empty())
        {
            continue; // too small a block for a header and a byte: nothing is sent
        }
        Transmission transmission{&ue, share.process, static_cast<uint16_t>(prbs), {}};
        for (uint32_t prb = 0; prb < prbs; ++prb)
        {
            transmission.mask.Set(share.prbs[prb]);
        }
        out.push_back(transmission);
        auto& block = ue.harq.Get(share.process);
        block = {.busy = true,
                 .onAir = true,
                 .mcs = mcs,
                 .prbs = static_cast<uint16_t>(prbs),
                 .bytes = bytes,
                 .attempts = 0,
                 .sinr = 0,
                 .dueSlot = slot,
                 .segments = std::move(segments)};
        ue.servedBytes += (1 - m_keep) * bytes;
    }
}

uint8_t
SliceScheduler::McsOf(double efficiencySum, size_t prbs) const
{
    return m_link->McsFromCqi(m_link->CqiFromEfficiency(efficiencySum / static_cast<double>(prbs)));
}

uint32_t
SliceScheduler::Advance(Run& run) const
{
    const uint32_t prb = run.next;
    run.next = (run.next + 1) % m_prbs;
    --run.left;
    return prb;
}

} // namespace ns3
