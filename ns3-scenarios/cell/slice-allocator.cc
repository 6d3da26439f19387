// SPDX-License-Identifier: GPL-2.0-only
#include "cell/slice-allocator.h"

#include "ns3/abort.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ns3
{

namespace
{

// Where a slot's first group lies moves by strides that are prime to all numbers of groups up to
// 32, so every group is the first equally often and neighbours drift through one another.
constexpr uint64_t SLOT_STRIDE = 37;
constexpr uint64_t CELL_STRIDE = 61;

// What a backlogged slice may save while its UEs send blocks again that are smaller than its due.
constexpr uint32_t SAVED_RBGS = 4;

} // namespace

SliceAllocator::SliceAllocator(const Settings& settings, Ptr<const LinkAdaptation> link)
    : m_settings(settings)
    , m_link(std::move(link))
    , m_quota(settings.prbs)
    , m_rbgs((settings.prbs + settings.rbgPrbs - 1) / settings.rbgPrbs)
    , m_lastRbgPrbs(settings.prbs - (m_rbgs - 1) * settings.rbgPrbs)
{
    NS_ABORT_MSG_IF(m_rbgs > RbgMask::MAX_RBGS, m_rbgs << " resource block groups; at most 32");
}

SliceQuota&
SliceAllocator::GetQuota()
{
    return m_quota;
}

uint32_t
SliceAllocator::GetRbgs() const
{
    return m_rbgs;
}

void
SliceAllocator::Allocate(uint64_t slot, uint16_t slices, std::vector<SliceRequest>& requests)
{
    m_bySlice.resize(slices);
    for (auto& ofSlice : m_bySlice)
    {
        ofSlice.clear();
    }
    for (auto& request : requests)
    {
        m_bySlice[request.slice].push_back(&request);
    }
    m_nextRbg =
        static_cast<uint32_t>((slot * SLOT_STRIDE + m_settings.cell * CELL_STRIDE) % m_rbgs);
    m_freeRbgs = m_rbgs;
    for (uint16_t turn = 0; turn < slices; ++turn)
    {
        const auto slice = static_cast<uint16_t>((slot + turn) % slices);
        if (m_bySlice[slice].empty())
        {
            continue;
        }
        const uint32_t budget = m_quota.Accrue(slice);
        uint32_t used = SendAgain(m_bySlice[slice], budget);
        used += ShareNew(m_bySlice[slice], budget - used);
        // Where others filled the carrier, spending what they had saved, the slice is owed as much.
        const uint32_t keep = SAVED_RBGS * m_settings.rbgPrbs;
        m_quota.Settle(slice, used, m_freeRbgs == 0 ? std::max(keep, budget) : keep);
    }
    if (m_settings.workConserving)
    {
        ShareRest(slot, slices);
    }
    for (auto& request : requests)
    {
        if (request.againRbgs == 0 && request.prbs > 0)
        {
            request.mcs = m_link->McsOf(request.efficiencySum / request.prbs, request.offsetDb);
        }
    }
}

uint32_t
SliceAllocator::SendAgain(Requests& requests, uint32_t budgetPrbs)
{
    const auto isNew = [](const auto* request) {
        return request->againRbgs == 0;
    };
    if (std::all_of(requests.begin(), requests.end(), isNew))
    {
        return 0;
    }
    std::stable_sort(requests.begin(), requests.end(), [](const auto* a, const auto* b) {
        return std::pair(a->againRbgs == 0, a->since) < std::pair(b->againRbgs == 0, b->since);
    });
    uint32_t used = 0;
    for (auto* request : requests)
    {
        if (request->againRbgs == 0)
        {
            break;
        }
        // The oldest makes do with what there is (its receiver combines), so none starves; the
        // others wait for as many groups as they had.
        if (request->prbs > 0 || (used > 0 && RbgsWithin(budgetPrbs - used) < request->againRbgs))
        {
            continue;
        }
        for (uint32_t i = std::min<uint32_t>(request->againRbgs, RbgsWithin(budgetPrbs - used));
             i > 0;
             --i)
        {
            Give(*request, TakeRbg());
        }
        used += request->prbs;
    }
    return used;
}

uint32_t
SliceAllocator::ShareNew(Requests& requests, uint32_t budgetPrbs)
{
    uint32_t used = 0;
    while (m_freeRbgs > 0 && GetRbgPrbs(m_nextRbg) <= budgetPrbs - used)
    {
        const auto unsatisfied = [](const auto* r) {
            return r->againRbgs == 0 && !r->satisfied;
        };
        if (std::none_of(requests.begin(), requests.end(), unsatisfied))
        {
            break;
        }
        const uint32_t rbg = TakeRbg();
        // Where nobody of the slice hears anything the group stays empty; the next may serve.
        if (auto* request = Pick(requests, rbg))
        {
            Give(*request, rbg);
            used += GetRbgPrbs(rbg);
        }
    }
    return used;
}

void
SliceAllocator::ShareRest(uint64_t slot, uint16_t slices)
{
    for (uint16_t turn = 0; turn < slices; ++turn)
    {
        SendAgain(m_bySlice[(slot + turn) % slices], m_settings.prbs);
    }
    // One group a turn to each slice that still has data.
    for (uint16_t turn = 0, idle = 0; m_freeRbgs > 0 && idle < slices; ++turn)
    {
        auto& requests = m_bySlice[(slot + turn) % slices];
        auto* request = requests.empty() ? nullptr : Pick(requests, m_nextRbg);
        idle = request ? 0 : idle + 1;
        if (request)
        {
            Give(*request, TakeRbg());
        }
    }
}

SliceRequest*
SliceAllocator::Pick(Requests& requests, uint32_t rbg) const
{
    SliceRequest* best = nullptr;
    double bestRatio = 0;
    for (auto* request : requests)
    {
        if (request->againRbgs > 0 || request->satisfied || request->efficiency[rbg] <= 0)
        {
            continue;
        }
        if (m_settings.policy == IntraSlicePolicy::ROUND_ROBIN)
        {
            // In equal parts, beginning with whoever was not served for longest.
            if (!best || std::tuple(request->prbs, request->since, request->user) <
                             std::tuple(best->prbs, best->since, best->user))
            {
                best = request;
            }
            continue;
        }
        const double ratio = m_link->RateOf(request->efficiency[rbg]) / request->servedBytes;
        if (ratio > bestRatio)
        {
            best = request;
            bestRatio = ratio;
        }
    }
    return best;
}

void
SliceAllocator::Give(SliceRequest& request, uint32_t rbg) const
{
    const uint32_t prbs = GetRbgPrbs(rbg);
    request.mask.Set(rbg);
    request.prbs = static_cast<uint16_t>(request.prbs + prbs);
    if (request.againRbgs > 0)
    {
        return;
    }
    request.efficiencySum += request.efficiency[rbg] * prbs;
    const auto mcs = m_link->McsOf(request.efficiencySum / request.prbs, request.offsetDb);
    request.satisfied =
        m_link->TbsBytes(mcs, request.prbs, m_settings.direction) >= request.demandBytes ||
        request.mask.Count() >= request.maxRbgs;
}

uint32_t
SliceAllocator::RbgsWithin(uint32_t prbs) const
{
    uint32_t rbgs = 0;
    for (uint32_t rbg = m_nextRbg; rbgs < m_freeRbgs && GetRbgPrbs(rbg) <= prbs; ++rbgs)
    {
        prbs -= GetRbgPrbs(rbg);
        rbg = rbg + 1 == m_rbgs ? 0 : rbg + 1;
    }
    return rbgs;
}

uint32_t
SliceAllocator::TakeRbg()
{
    const uint32_t rbg = m_nextRbg;
    m_nextRbg = m_nextRbg + 1 == m_rbgs ? 0 : m_nextRbg + 1;
    --m_freeRbgs;
    return rbg;
}

} // namespace ns3
