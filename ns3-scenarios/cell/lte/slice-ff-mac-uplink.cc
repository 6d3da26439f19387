// SPDX-License-Identifier: GPL-2.0-only
// The uplink of SliceFfMacScheduler: random access, buffer status, sounding, grants.
#include "cell/lte/slice-ff-mac-scheduler.h"

#include "ns3/log.h"
#include "ns3/lte-common.h"
#include "ns3/lte-vendor-specific-parameters.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

namespace
{

constexpr uint32_t LEAST_PRBS = 3;         // RLC wants 7 bytes even at the lowest MCS
constexpr uint8_t MAX_RETRANSMISSIONS = 3; // four transmissions
constexpr uint32_t RLC_HEADER_BYTES = 2;

/** @return a grant without any options */
UlDciListElement_s
MakeGrant(uint16_t rnti, uint32_t first, uint32_t prbs, uint8_t mcs, uint32_t bytes)
{
    UlDciListElement_s grant;
    grant.m_rnti = rnti;
    grant.m_rbStart = static_cast<uint8_t>(first);
    grant.m_rbLen = static_cast<uint8_t>(prbs);
    grant.m_mcs = mcs;
    grant.m_tbSize = static_cast<uint16_t>(bytes);
    grant.m_ndi = 1;
    grant.m_cceIndex = 0;
    grant.m_aggrLevel = 1;
    grant.m_ueTxAntennaSelection = 3; // off
    grant.m_hopping = false;
    grant.m_n2Dmrs = 0;
    grant.m_tpc = 0;
    grant.m_cqiRequest = false;
    grant.m_ulIndex = 0;
    grant.m_dai = 1;
    grant.m_freqHopping = 0;
    grant.m_pdcchPowerOffset = 0;
    return grant;
}

} // namespace

std::vector<BuildRarListElement_s>
SliceFfMacScheduler::GrantRandomAccess()
{
    std::vector<BuildRarListElement_s> answers;
    uint32_t first = 0;
    for (const auto& asked : m_randomAccess)
    {
        uint32_t prbs = 1;
        uint32_t bits = 0;
        while (bits < asked.m_estimatedSize && first + prbs < m_prbs)
        {
            ++prbs;
            bits = static_cast<uint32_t>(
                m_amc->GetUlTbSizeFromMcs(m_grantMcs, static_cast<int>(prbs)));
        }
        if (bits < asked.m_estimatedSize)
        {
            break; // no more room: these UEs try again
        }
        BuildRarListElement_s answer;
        answer.m_rnti = asked.m_rnti;
        answer.m_grant.m_rnti = asked.m_rnti;
        answer.m_grant.m_mcs = m_grantMcs;
        answer.m_grant.m_rbStart = static_cast<uint8_t>(first);
        answer.m_grant.m_rbLen = static_cast<uint8_t>(prbs);
        answer.m_grant.m_tbSize = static_cast<uint16_t>(bits / 8);
        answer.m_grant.m_hopping = false;
        answer.m_grant.m_tpc = 0;
        answer.m_grant.m_cqiRequest = false;
        answer.m_grant.m_ulDelay = false;
        answers.push_back(answer);
        m_users[asked.m_rnti].uplink[m_uplinkProcess] = {
            0, MakeGrant(asked.m_rnti, first, prbs, m_grantMcs, bits / 8)};
        std::fill_n(m_uplinkUsed.begin() + first, prbs, true);
        first += prbs;
    }
    m_randomAccess.clear();
    return answers;
}

void
SliceFfMacScheduler::DoSchedUlTriggerReq(const Sched::SchedUlTriggerReqParameters& params)
{
    FfMacSchedSapUser::SchedUlConfigIndParameters plan;
    SendUplinkAgain(params.m_ulInfoList, plan.m_dciList);
    const auto slices = static_cast<uint16_t>(m_ceilings.size());
    for (uint16_t turn = 0; turn < slices; ++turn)
    {
        GrantSlice(static_cast<uint16_t>((m_slot + turn) % slices), plan.m_dciList);
    }
    m_uplinkUsed.assign(m_prbs, false);
    if (!plan.m_dciList.empty())
    {
        m_schedSapUser->SchedUlConfigInd(plan);
    }
}

void
SliceFfMacScheduler::SendUplinkAgain(const std::vector<UlInfoListElement_s>& feedback,
                                     std::vector<UlDciListElement_s>& grants)
{
    for (const auto& info : feedback)
    {
        auto found = m_users.find(info.m_rnti);
        if (info.m_receptionStatus != UlInfoListElement_s::NotOk || found == m_users.end())
        {
            continue;
        }
        auto& user = found->second;
        const auto process =
            static_cast<uint8_t>((m_uplinkProcess + HARQ_PROC_NUM - HARQ_PERIOD) % HARQ_PROC_NUM);
        const auto before = user.uplink[process];
        const auto used = m_uplinkUsed.begin() + before.dci.m_rbStart;
        // Uplink HARQ is synchronous and stays where it was: what is not free is given up.
        if (before.retransmissions >= MAX_RETRANSMISSIONS ||
            std::any_of(used, used + before.dci.m_rbLen, [](bool taken) { return taken; }))
        {
            continue;
        }
        std::fill_n(used, before.dci.m_rbLen, true);
        auto& block = user.uplink[m_uplinkProcess];
        block = before;
        ++block.retransmissions;
        block.dci.m_ndi = 0;
        user.uplink[process].retransmissions = 0;
        user.uplinkSlot = m_slot;
        grants.push_back(block.dci);
        if (const auto slice = SliceOf(info.m_rnti, user))
        {
            m_uplinkSpent[*slice] += block.dci.m_rbLen;
        }
    }
}

void
SliceFfMacScheduler::GrantSlice(uint16_t slice, std::vector<UlDciListElement_s>& grants)
{
    std::vector<std::pair<uint64_t, uint16_t>> byTurn; // since when, RNTI
    for (auto& [rnti, user] : m_users)
    {
        if (SliceOf(rnti, user) == slice && user.uplinkBytes > 0 && user.uplinkSlot < m_slot)
        {
            byTurn.emplace_back(user.uplinkSlot, rnti);
        }
    }
    auto& spent = m_uplinkSpent[slice]; // by retransmissions, now and before
    if (byTurn.empty() && spent == 0)
    {
        return;
    }
    const uint32_t credit = m_uplinkQuota->Accrue(slice);
    const uint32_t paid = std::min(spent, credit);
    const uint32_t again = spent;
    spent -= paid;
    std::sort(byTurn.begin(), byTurn.end());
    Run run{0, credit - paid};
    const uint32_t before = run.left;
    for (const auto& [since, rnti] : byTurn)
    {
        if (!GrantUser(rnti, m_users.at(rnti), run, grants))
        {
            break;
        }
    }
    const uint32_t granted = before - run.left;
    m_uplinkQuota->Settle(slice, paid + granted, LEAST_PRBS);
    if (granted + again > 0)
    {
        m_slicePrbsTrace(slice, Direction::UPLINK, granted + (again - spent));
    }
}

bool
SliceFfMacScheduler::GrantUser(uint16_t rnti,
                               SliceFfMacUser& user,
                               Run& run,
                               std::vector<UlDciListElement_s>& grants)
{
    while (run.next < m_prbs && m_uplinkUsed[run.next])
    {
        ++run.next;
    }
    const uint32_t room = FreeRun(run.next, run.left);
    if (room < LEAST_PRBS)
    {
        run.next += room;
        return run.next < m_prbs && run.left >= LEAST_PRBS && GrantUser(rnti, user, run, grants);
    }
    const uint8_t mcs = UplinkMcs(user, run.next, room);
    const uint32_t wanted = user.uplinkBytes + RLC_HEADER_BYTES;
    uint32_t prbs = LEAST_PRBS;
    const auto bytesOf = [&](uint32_t count) {
        return static_cast<uint32_t>(m_amc->GetUlTbSizeFromMcs(mcs, static_cast<int>(count))) / 8;
    };
    while (prbs < room && bytesOf(prbs) < wanted)
    {
        ++prbs;
    }
    const auto grant = MakeGrant(rnti, run.next, prbs, mcs, bytesOf(prbs));
    grants.push_back(grant);
    user.uplink[m_uplinkProcess] = {0, grant};
    user.uplinkSlot = m_slot;
    user.uplinkBytes -= std::min(user.uplinkBytes, bytesOf(prbs) - RLC_HEADER_BYTES);
    std::fill_n(m_uplinkUsed.begin() + run.next, prbs, true);
    run.next += prbs;
    run.left -= prbs;
    return true;
}

uint32_t
SliceFfMacScheduler::FreeRun(uint32_t first, uint32_t most) const
{
    uint32_t prbs = 0;
    while (prbs < most && first + prbs < m_prbs && !m_uplinkUsed[first + prbs])
    {
        ++prbs;
    }
    return prbs;
}

uint8_t
SliceFfMacScheduler::UplinkMcs(const SliceFfMacUser& user, uint32_t first, uint32_t prbs) const
{
    if (user.uplinkSinrDb.empty())
    {
        return 0; // never sounded
    }
    const auto begin = user.uplinkSinrDb.begin() + first;
    const double sinr = std::pow(10, *std::min_element(begin, begin + prbs) / 10);
    const auto cqi = m_link->CqiOf(static_cast<float>(sinr));
    return cqi == 0 ? 0 : m_link->McsOfCqi(cqi);
}

void
SliceFfMacScheduler::DoSchedUlNoiseInterferenceReq(
    const Sched::SchedUlNoiseInterferenceReqParameters&)
{
    // Sounding tells of it per UE.
}

void
SliceFfMacScheduler::DoSchedUlSrInfoReq(const Sched::SchedUlSrInfoReqParameters&)
{
    // ns-3's UEs report their buffers without asking first.
}

void
SliceFfMacScheduler::DoSchedUlMacCtrlInfoReq(const Sched::SchedUlMacCtrlInfoReqParameters& params)
{
    for (const auto& element : params.m_macCeList)
    {
        auto found = m_users.find(element.m_rnti);
        if (element.m_macCeType != MacCeListElement_s::BSR || found == m_users.end())
        {
            continue;
        }
        uint32_t bytes = 0;
        for (const auto level : element.m_macCeValue.m_bufferStatus)
        {
            bytes += BufferSizeLevelBsr::BsrId2BufferSize(level);
        }
        found->second.uplinkBytes = bytes;
    }
}

void
SliceFfMacScheduler::DoSchedUlCqiInfoReq(const Sched::SchedUlCqiInfoReqParameters& params)
{
    if (params.m_ulCqi.m_type != UlCqi_s::SRS)
    {
        return; // sounding tells of all PRBs, shared-channel reports of some
    }
    for (const auto& entry : params.m_vendorSpecificList)
    {
        if (entry.m_type != SRS_CQI_RNTI_VSP)
        {
            continue;
        }
        auto found = m_users.find(DynamicCast<SrsCqiRntiVsp>(entry.m_value)->GetRnti());
        if (found == m_users.end())
        {
            continue;
        }
        auto& sinrDb = found->second.uplinkSinrDb;
        sinrDb.clear();
        for (const auto fixed : params.m_ulCqi.m_sinr)
        {
            sinrDb.push_back(LteFfConverter::fpS11dot3toDouble(fixed));
        }
    }
}

} // namespace ns3
