// SPDX-License-Identifier: GPL-2.0-only
// Configuration and downlink; slice-ff-mac-uplink.cc has the uplink.
#include "cell/lte/slice-ff-mac-scheduler.h"

#include "cell/lte-link-adaptation.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/log.h"
#include "ns3/lte-common.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SliceFfMacScheduler);

namespace
{

constexpr uint8_t FIRST_DATA_CHANNEL = 3; // 0 to 2 are signalling radio bearers
constexpr uint8_t MAX_RV = 3;             // four transmissions
constexpr uint8_t FEEDBACK_SLOTS = 9;     // later than ns-3's UEs answer
constexpr uint32_t RLC_HEADER_BYTES = 2;
constexpr double LEAST_SERVED_BYTES = 1e-3; // keeps proportional fairness finite

/** @return bytes that a queue asks for */
uint64_t
DemandOf(const SliceFfMacUser::Queue& queue)
{
    return queue.m_rlcTransmissionQueueSize + queue.m_rlcRetransmissionQueueSize +
           queue.m_rlcStatusPduSize;
}

/** Takes a PDU off what a queue is known to hold. */
void
TakeOff(SliceFfMacUser::Queue& queue, uint32_t bytes)
{
    // RLC sends status, then retransmissions, then new data: one kind a PDU.
    if (queue.m_rlcStatusPduSize > 0 && bytes >= queue.m_rlcStatusPduSize)
    {
        queue.m_rlcStatusPduSize = 0;
    }
    else if (queue.m_rlcRetransmissionQueueSize > 0 && bytes >= queue.m_rlcRetransmissionQueueSize)
    {
        queue.m_rlcRetransmissionQueueSize = 0;
    }
    else
    {
        const uint32_t data = bytes > RLC_HEADER_BYTES ? bytes - RLC_HEADER_BYTES : 0;
        queue.m_rlcTransmissionQueueSize -= std::min(queue.m_rlcTransmissionQueueSize, data);
    }
}

} // namespace

TypeId
SliceFfMacScheduler::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::SliceFfMacScheduler")
            .SetParent<FfMacScheduler>()
            .SetGroupName("Slicebed")
            .AddConstructor<SliceFfMacScheduler>()
            .AddAttribute("IntraSlicePolicy",
                          "How a slice divides its downlink PRBs among its UEs.",
                          EnumValue(IntraSlicePolicy::PROPORTIONAL_FAIR),
                          MakeEnumAccessor<IntraSlicePolicy>(&SliceFfMacScheduler::m_policy),
                          MakeEnumChecker(IntraSlicePolicy::PROPORTIONAL_FAIR,
                                          "ProportionalFair",
                                          IntraSlicePolicy::ROUND_ROBIN,
                                          "RoundRobin"))
            .AddAttribute("WorkConserving",
                          "Whether downlink PRBs that slices leave go to slices with data.",
                          BooleanValue(false),
                          MakeBooleanAccessor(&SliceFfMacScheduler::m_workConserving),
                          MakeBooleanChecker())
            .AddAttribute("AveragingSlots",
                          "Time constant of proportional fairness [subframe].",
                          DoubleValue(99),
                          MakeDoubleAccessor(&SliceFfMacScheduler::m_averagingSlots),
                          MakeDoubleChecker<double>(1))
            .AddAttribute("UlGrantMcs",
                          "MCS of random access grants.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&SliceFfMacScheduler::m_grantMcs),
                          MakeUintegerChecker<uint8_t>(0, 28))
            .AddTraceSource("SlicePrbs",
                            "PRBs of a subframe that a slice used.",
                            MakeTraceSourceAccessor(&SliceFfMacScheduler::m_slicePrbsTrace),
                            "ns3::SliceFfMacScheduler::SlicePrbsCallback");
    return tid;
}

SliceFfMacScheduler::SliceFfMacScheduler()
    : m_cschedSapProvider(std::make_unique<MemberCschedSapProvider<SliceFfMacScheduler>>(this))
    , m_schedSapProvider(std::make_unique<MemberSchedSapProvider<SliceFfMacScheduler>>(this))
    , m_ffrSapUser(std::make_unique<MemberLteFfrSapUser<SliceFfMacScheduler>>(this))
    , m_amc(CreateObject<LteAmc>())
{
}

SliceFfMacScheduler::~SliceFfMacScheduler() = default;

void
SliceFfMacScheduler::DoDispose()
{
    m_users.clear();
    m_sliceCallback.Nullify();
    FfMacScheduler::DoDispose();
}

void
SliceFfMacScheduler::SetCellNumber(uint16_t cell)
{
    m_cell = cell;
    if (m_allocator)
    {
        SetUpAllocator();
    }
}

void
SliceFfMacScheduler::SetSliceCallback(Callback<int, uint16_t> callback)
{
    m_sliceCallback = callback;
}

void
SliceFfMacScheduler::SetCeilings(const std::vector<double>& fractions)
{
    m_ceilings = fractions;
    ApplyCeilings();
}

double
SliceFfMacScheduler::GetCeiling(uint16_t slice) const
{
    return m_ceilings.at(slice);
}

void
SliceFfMacScheduler::SetUpAllocator()
{
    // ns-3's PHY has no last, smaller group: PRBs beyond the whole groups are not used downlink.
    const uint32_t usable = m_prbs / m_rbgPrbs * m_rbgPrbs;
    m_link = Create<LteLinkAdaptation>(m_rbgPrbs);
    m_allocator = std::make_unique<SliceAllocator>(
        SliceAllocator::Settings{.cell = m_cell,
                                 .prbs = usable,
                                 .rbgPrbs = m_rbgPrbs,
                                 .policy = m_policy,
                                 .workConserving = m_workConserving,
                                 .direction = Direction::DOWNLINK},
        m_link);
    m_uplinkQuota = std::make_unique<SliceQuota>(m_prbs);
    ApplyCeilings();
}

void
SliceFfMacScheduler::ApplyCeilings()
{
    if (!m_allocator)
    {
        return; // the cell is not configured yet
    }
    const uint32_t usable = m_prbs / m_rbgPrbs * m_rbgPrbs;
    for (uint16_t slice = 0; slice < m_ceilings.size(); ++slice)
    {
        const double fraction = m_ceilings[slice] * m_prbs / usable;
        m_allocator->GetQuota().SetCeiling(slice, std::min(fraction, 1.0));
        m_uplinkQuota->SetCeiling(slice, m_ceilings[slice]);
    }
    // Signalling: a slice of its own behind the others, without a limit.
    const auto signalling = static_cast<uint16_t>(m_ceilings.size());
    m_allocator->GetQuota().SetCeiling(signalling, 1);
    m_uplinkSpent.resize(m_ceilings.size());
}

std::optional<uint16_t>
SliceFfMacScheduler::SliceOf(uint16_t rnti, SliceFfMacUser& user)
{
    if (!user.slice)
    {
        const int slice = m_sliceCallback.IsNull() ? 0 : m_sliceCallback(rnti);
        if (slice >= 0)
        {
            user.slice = static_cast<uint16_t>(slice);
        }
    }
    return user.slice && *user.slice < m_ceilings.size() ? user.slice : std::nullopt;
}

uint64_t
SliceFfMacScheduler::GetBufferBytes(uint16_t slice, Direction direction) const
{
    uint64_t sum = 0;
    for (const auto& [rnti, user] : m_users)
    {
        if (user.slice != slice)
        {
            continue;
        }
        if (direction == Direction::UPLINK)
        {
            sum += user.uplinkBytes;
            continue;
        }
        for (const auto& [channel, queue] : user.queues)
        {
            sum += channel >= FIRST_DATA_CHANNEL ? DemandOf(queue) : 0;
        }
    }
    return sum;
}

uint32_t
SliceFfMacScheduler::GetActiveUsers(uint16_t slice, Direction direction) const
{
    const auto isActive = [&](const SliceFfMacUser& user) {
        if (direction == Direction::UPLINK)
        {
            return user.uplinkBytes > 0;
        }
        return std::any_of(user.queues.begin(),
                           user.queues.end(),
                           [](const auto& entry) {
                               return entry.first >= FIRST_DATA_CHANNEL &&
                                      DemandOf(entry.second) > 0;
                           }) ||
               std::any_of(user.downlink.begin(), user.downlink.end(), [](const auto& block) {
                   return block.busy;
               });
    };
    uint32_t active = 0;
    for (const auto& [rnti, user] : m_users)
    {
        active += user.slice == slice && isActive(user) ? 1 : 0;
    }
    return active;
}

uint8_t
SliceFfMacScheduler::GetWidebandCqi(uint16_t rnti) const
{
    return m_users.at(rnti).widebandCqi;
}

void
SliceFfMacScheduler::SetFfMacCschedSapUser(FfMacCschedSapUser* user)
{
    m_cschedSapUser = user;
}

void
SliceFfMacScheduler::SetFfMacSchedSapUser(FfMacSchedSapUser* user)
{
    m_schedSapUser = user;
}

FfMacCschedSapProvider*
SliceFfMacScheduler::GetFfMacCschedSapProvider()
{
    return m_cschedSapProvider.get();
}

FfMacSchedSapProvider*
SliceFfMacScheduler::GetFfMacSchedSapProvider()
{
    return m_schedSapProvider.get();
}

void
SliceFfMacScheduler::SetLteFfrSapProvider(LteFfrSapProvider*)
{
    // Frequency reuse would cut slices' PRBs a second time: it is not asked.
}

LteFfrSapUser*
SliceFfMacScheduler::GetLteFfrSapUser()
{
    return m_ffrSapUser.get();
}

void
SliceFfMacScheduler::DoCschedCellConfigReq(const Csched::CschedCellConfigReqParameters& params)
{
    m_prbs = params.m_dlBandwidth;
    // TS 36.213 Table 7.1.6.1-1.
    m_rbgPrbs = m_prbs <= 10 ? 1 : (m_prbs <= 26 ? 2 : (m_prbs <= 63 ? 3 : 4));
    m_uplinkUsed.assign(m_prbs, false);
    SetUpAllocator();
    FfMacCschedSapUser::CschedUeConfigCnfParameters confirmation;
    confirmation.m_result = SUCCESS;
    m_cschedSapUser->CschedUeConfigCnf(confirmation);
}

void
SliceFfMacScheduler::DoCschedUeConfigReq(const Csched::CschedUeConfigReqParameters& params)
{
    NS_ABORT_MSG_IF(params.m_transmissionMode != 0,
                    "SliceFfMacScheduler has transmission mode 1 (index 0) only, not index "
                        << +params.m_transmissionMode);
    auto& user = m_users[params.m_rnti];
    user.efficiency.assign(m_prbs / m_rbgPrbs, static_cast<float>(m_link->EfficiencyOfCqi(1)));
}

void
SliceFfMacScheduler::DoCschedLcConfigReq(const Csched::CschedLcConfigReqParameters&)
{
    // Channels make themselves known by their buffer reports.
}

void
SliceFfMacScheduler::DoCschedLcReleaseReq(const Csched::CschedLcReleaseReqParameters& params)
{
    for (const auto channel : params.m_logicalChannelIdentity)
    {
        m_users[params.m_rnti].queues.erase(channel);
    }
}

void
SliceFfMacScheduler::DoCschedUeReleaseReq(const Csched::CschedUeReleaseReqParameters& params)
{
    m_users.erase(params.m_rnti);
}

void
SliceFfMacScheduler::DoSchedDlRlcBufferReq(const Sched::SchedDlRlcBufferReqParameters& params)
{
    m_users[params.m_rnti].queues[params.m_logicalChannelIdentity] = params;
}

void
SliceFfMacScheduler::DoSchedDlPagingBufferReq(const Sched::SchedDlPagingBufferReqParameters&)
{
    NS_FATAL_ERROR("ns-3's LTE has no paging");
}

void
SliceFfMacScheduler::DoSchedDlMacBufferReq(const Sched::SchedDlMacBufferReqParameters&)
{
    NS_FATAL_ERROR("ns-3's LTE has no MAC buffer requests");
}

void
SliceFfMacScheduler::DoSchedDlRachInfoReq(const Sched::SchedDlRachInfoReqParameters& params)
{
    m_randomAccess = params.m_rachList;
}

void
SliceFfMacScheduler::DoSchedDlCqiInfoReq(const Sched::SchedDlCqiInfoReqParameters& params)
{
    for (const auto& report : params.m_cqiList)
    {
        auto found = m_users.find(report.m_rnti);
        if (found == m_users.end())
        {
            continue; // released since
        }
        auto& user = found->second;
        if (report.m_cqiType == CqiListElement_s::P10)
        {
            user.widebandCqi = report.m_wbCqi.front();
            continue;
        }
        if (report.m_cqiType != CqiListElement_s::A30)
        {
            continue;
        }
        const auto& groups = report.m_sbMeasResult.m_higherLayerSelected;
        for (size_t rbg = 0; rbg < user.efficiency.size() && rbg < groups.size(); ++rbg)
        {
            const uint8_t cqi = groups[rbg].m_sbCqi.front();
            user.efficiency[rbg] = static_cast<float>(cqi > 0 ? m_link->EfficiencyOfCqi(cqi) : 0);
        }
    }
}

void
SliceFfMacScheduler::DoSchedDlTriggerReq(const Sched::SchedDlTriggerReqParameters& params)
{
    ++m_slot;
    m_uplinkProcess = (m_uplinkProcess + 1) % HARQ_PROC_NUM;
    FfMacSchedSapUser::SchedDlConfigIndParameters plan;
    plan.m_buildRarList = GrantRandomAccess();
    AgeBlocks();
    TakeFeedback(params.m_dlInfoList);
    MakeRequests();
    const auto slices = static_cast<uint16_t>(m_ceilings.size() + 1);
    m_allocator->Allocate(m_slot, slices, m_requests);
    for (const auto& request : m_requests)
    {
        if (request.prbs > 0)
        {
            const auto process = m_asking[request.user].process;
            plan.m_buildDataList.push_back(request.againRbgs > 0 ? SendAgain(request, process)
                                                                 : SendNew(request, process));
        }
    }
    CountDownlink();
    if (!plan.m_buildDataList.empty() || !plan.m_buildRarList.empty())
    {
        m_schedSapUser->SchedDlConfigInd(plan);
    }
}

void
SliceFfMacScheduler::AgeBlocks()
{
    for (auto& [rnti, user] : m_users)
    {
        for (auto& block : user.downlink)
        {
            // A UE that did not hear the DCI gives no feedback: the block is sent again.
            if (block.busy && !block.failed && ++block.age > FEEDBACK_SLOTS)
            {
                block.failed = block.dci.m_rv.front() < MAX_RV;
                block.busy = block.failed;
                block.since = m_slot;
            }
        }
    }
}

void
SliceFfMacScheduler::TakeFeedback(const std::vector<DlInfoListElement_s>& feedback)
{
    for (const auto& info : feedback)
    {
        auto found = m_users.find(info.m_rnti);
        if (found == m_users.end())
        {
            continue; // released since
        }
        auto& block = found->second.downlink.at(info.m_harqProcessId);
        const bool failed = info.m_harqStatus.front() == DlInfoListElement_s::NACK;
        if (!failed || block.dci.m_rv.front() == MAX_RV)
        {
            block.busy = false;
            block.failed = false;
        }
        else if (block.busy)
        {
            block.failed = true;
            block.since = m_slot;
        }
    }
}

void
SliceFfMacScheduler::MakeRequests()
{
    m_requests.clear();
    m_asking.clear();
    for (auto& [rnti, user] : m_users)
    {
        MakeRequest(rnti, user);
    }
}

void
SliceFfMacScheduler::MakeRequest(uint16_t rnti, SliceFfMacUser& user)
{
    const auto slice = SliceOf(rnti, user);
    const auto signalling = static_cast<uint16_t>(m_ceilings.size());
    SliceRequest request;
    request.user = static_cast<uint32_t>(m_requests.size());
    Asking asking{rnti, HARQ_PROC_NUM, 0};
    for (uint8_t process = 0; process < HARQ_PROC_NUM; ++process)
    {
        const auto& block = user.downlink[process];
        if (block.busy && block.failed && (request.againRbgs == 0 || block.since < request.since))
        {
            request.againRbgs = static_cast<uint16_t>(std::popcount(block.dci.m_rbBitmap));
            request.since = block.since;
            asking.process = process;
        }
        else if (!block.busy && request.againRbgs == 0)
        {
            asking.process = process;
        }
    }
    if (request.againRbgs > 0)
    {
        const bool isData =
            user.downlink[asking.process].content.m_logicalChannelIdentity >= FIRST_DATA_CHANNEL;
        request.slice = isData && slice ? *slice : signalling;
        m_requests.push_back(request);
        m_asking.push_back(asking);
        return;
    }
    // The lowest channel with data: signalling before data.
    const auto found = std::find_if(user.queues.begin(), user.queues.end(), [](const auto& entry) {
        return DemandOf(entry.second) > 0;
    });
    if (asking.process == HARQ_PROC_NUM || found == user.queues.end())
    {
        return;
    }
    asking.channel = found->first;
    const bool isData = asking.channel >= FIRST_DATA_CHANNEL;
    if (isData && !slice)
    {
        return;
    }
    request.slice = isData ? *slice : signalling;
    request.demandBytes = DemandOf(found->second) + RLC_HEADER_BYTES;
    request.efficiency = user.efficiency.data();
    request.since = user.servedSlot;
    request.servedBytes =
        std::max(user.servedBytes * std::pow(1 - 1 / m_averagingSlots,
                                             static_cast<double>(m_slot - user.servedSlot)),
                 LEAST_SERVED_BYTES);
    m_requests.push_back(request);
    m_asking.push_back(asking);
}

BuildDataListElement_s
SliceFfMacScheduler::SendAgain(const SliceRequest& request, uint8_t process)
{
    auto& user = m_users.at(m_asking[request.user].rnti);
    auto& block = user.downlink[process];
    block.failed = false;
    block.age = 0;
    block.dci.m_ndi = {0};
    ++block.dci.m_rv.front();
    block.dci.m_rbBitmap = request.mask.Bits();
    BuildDataListElement_s element;
    element.m_rnti = m_asking[request.user].rnti;
    element.m_dci = block.dci;
    element.m_rlcPduList = {{block.content}};
    return element;
}

BuildDataListElement_s
SliceFfMacScheduler::SendNew(const SliceRequest& request, uint8_t process)
{
    const auto& asking = m_asking[request.user];
    auto& user = m_users.at(asking.rnti);
    auto& block = user.downlink[process];
    const auto bytes =
        static_cast<uint16_t>(m_amc->GetDlTbSizeFromMcs(request.mcs, request.prbs) / 8);
    block = {};
    block.busy = true;
    block.content.m_logicalChannelIdentity = asking.channel;
    block.content.m_size = bytes;
    block.dci.m_rnti = asking.rnti;
    block.dci.m_rbBitmap = request.mask.Bits();
    block.dci.m_resAlloc = 0;
    block.dci.m_harqProcess = process;
    block.dci.m_mcs = {request.mcs};
    block.dci.m_tbsSize = {bytes};
    block.dci.m_ndi = {1};
    block.dci.m_rv = {0};
    block.dci.m_tpc = 1; // 0 dB
    TakeOff(user.queues.at(asking.channel), bytes);
    user.servedBytes = request.servedBytes + bytes / m_averagingSlots;
    user.servedSlot = m_slot;
    BuildDataListElement_s element;
    element.m_rnti = asking.rnti;
    element.m_dci = block.dci;
    element.m_rlcPduList = {{block.content}};
    return element;
}

void
SliceFfMacScheduler::CountDownlink()
{
    for (uint16_t slice = 0; slice < m_ceilings.size(); ++slice)
    {
        uint32_t prbs = 0;
        for (const auto& request : m_requests)
        {
            prbs += request.slice == slice ? request.prbs : 0;
        }
        if (prbs > 0)
        {
            m_slicePrbsTrace(slice, Direction::DOWNLINK, prbs);
        }
    }
}

} // namespace ns3
