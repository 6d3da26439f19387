// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_FF_MAC_SCHEDULER_H
#define SLICEBED_SLICE_FF_MAC_SCHEDULER_H

#include "cell/cell-types.h"
#include "cell/lte/slice-ff-mac-user.h"
#include "cell/slice-allocator.h"

#include "ns3/ff-mac-csched-sap.h"
#include "ns3/ff-mac-sched-sap.h"
#include "ns3/ff-mac-scheduler.h"
#include "ns3/lte-amc.h"
#include "ns3/lte-ffr-sap.h"
#include "ns3/traced-callback.h"

#include <map>
#include <memory>
#include <vector>

namespace ns3
{

/**
 * Slice-aware scheduler for ns-3's LTE eNB: per-slice PRB ceilings in both directions.
 *
 * Downlink: SliceAllocator, as in the cell model: proportional fairness by resource block group
 * inside each slice. Uplink: each slice has a run of neighbouring PRBs (SC-FDMA) of which the UE
 * that was not granted for longest takes what its buffer status asks for. Signalling radio bearers
 * go first, outside of the ceilings. Without SetCeilings() all UEs share one slice that has
 * everything. One layer (transmission mode 1) only.
 *
 *     lteHelper->SetSchedulerType("ns3::SliceFfMacScheduler");
 */
class SliceFfMacScheduler : public FfMacScheduler
{
  public:
    static TypeId GetTypeId();
    SliceFfMacScheduler();
    ~SliceFfMacScheduler() override;

    /** @param cell number that staggers where neighbours begin to fill their PRBs */
    void SetCellNumber(uint16_t cell);

    /** @param callback that knows the slice of an RNTI; asked until it answers 0 or more */
    void SetSliceCallback(Callback<int, uint16_t> callback);

    /** Sets the ceilings, both directions. @param fractions of the PRBs by slice, at most 1 in all
     */
    void SetCeilings(const std::vector<double>& fractions);

    double GetCeiling(uint16_t slice) const;

    /** @return bytes that wait in the eNB's RLC for the UEs of a slice, as RLC reports them */
    uint64_t GetBufferBytes(uint16_t slice, Direction direction) const;

    /** @return UEs of a slice with data waiting */
    uint32_t GetActiveUsers(uint16_t slice, Direction direction) const;

    /** @return the last wideband CQI of an RNTI */
    uint8_t GetWidebandCqi(uint16_t rnti) const;

    /** TraceSource signature. @param slice that used them @param prbs in a subframe */
    using SlicePrbsCallback = void (*)(uint16_t slice, Direction direction, uint32_t prbs);

    void SetFfMacCschedSapUser(FfMacCschedSapUser* user) override;
    void SetFfMacSchedSapUser(FfMacSchedSapUser* user) override;
    FfMacCschedSapProvider* GetFfMacCschedSapProvider() override;
    FfMacSchedSapProvider* GetFfMacSchedSapProvider() override;
    void SetLteFfrSapProvider(LteFfrSapProvider* provider) override;
    LteFfrSapUser* GetLteFfrSapUser() override;

    friend class MemberCschedSapProvider<SliceFfMacScheduler>;
    friend class MemberSchedSapProvider<SliceFfMacScheduler>;

  protected:
    void DoDispose() override;

  private:
    using Csched = FfMacCschedSapProvider;
    using Sched = FfMacSchedSapProvider;

    void DoCschedCellConfigReq(const Csched::CschedCellConfigReqParameters& params);
    void DoCschedUeConfigReq(const Csched::CschedUeConfigReqParameters& params);
    void DoCschedLcConfigReq(const Csched::CschedLcConfigReqParameters& params);
    void DoCschedLcReleaseReq(const Csched::CschedLcReleaseReqParameters& params);
    void DoCschedUeReleaseReq(const Csched::CschedUeReleaseReqParameters& params);
    void DoSchedDlRlcBufferReq(const Sched::SchedDlRlcBufferReqParameters& params);
    void DoSchedDlPagingBufferReq(const Sched::SchedDlPagingBufferReqParameters& params);
    void DoSchedDlMacBufferReq(const Sched::SchedDlMacBufferReqParameters& params);
    void DoSchedDlTriggerReq(const Sched::SchedDlTriggerReqParameters& params);
    void DoSchedDlRachInfoReq(const Sched::SchedDlRachInfoReqParameters& params);
    void DoSchedDlCqiInfoReq(const Sched::SchedDlCqiInfoReqParameters& params);
    void DoSchedUlTriggerReq(const Sched::SchedUlTriggerReqParameters& params);
    void DoSchedUlNoiseInterferenceReq(const Sched::SchedUlNoiseInterferenceReqParameters& params);
    void DoSchedUlSrInfoReq(const Sched::SchedUlSrInfoReqParameters& params);
    void DoSchedUlMacCtrlInfoReq(const Sched::SchedUlMacCtrlInfoReqParameters& params);
    void DoSchedUlCqiInfoReq(const Sched::SchedUlCqiInfoReqParameters& params);

    /** A run of PRBs for an uplink slice. */
    struct Run
    {
        uint32_t next; //!< first free PRB from here on
        uint32_t left; //!< PRBs that the slice may use
    };

    void SetUpAllocator();
    void ApplyCeilings();
    std::optional<uint16_t> SliceOf(uint16_t rnti, SliceFfMacUser& user);
    // downlink
    void TakeFeedback(const std::vector<DlInfoListElement_s>& feedback);
    void AgeBlocks();
    std::vector<BuildRarListElement_s> GrantRandomAccess();
    void MakeRequests();
    void MakeRequest(uint16_t rnti, SliceFfMacUser& user);
    BuildDataListElement_s SendAgain(const SliceRequest& request, uint8_t process);
    BuildDataListElement_s SendNew(const SliceRequest& request, uint8_t process);
    void CountDownlink();
    // uplink
    void SendUplinkAgain(const std::vector<UlInfoListElement_s>& feedback,
                         std::vector<UlDciListElement_s>& grants);
    void GrantSlice(uint16_t slice, std::vector<UlDciListElement_s>& grants);
    bool GrantUser(uint16_t rnti,
                   SliceFfMacUser& user,
                   Run& run,
                   std::vector<UlDciListElement_s>& grants);
    uint8_t UplinkMcs(const SliceFfMacUser& user, uint32_t first, uint32_t prbs) const;
    uint32_t FreeRun(uint32_t first, uint32_t most) const;

    /** What is asked for a request: who, and with which HARQ process or logical channel. */
    struct Asking
    {
        uint16_t rnti;
        uint8_t process;
        uint8_t channel;
    };

    std::unique_ptr<Csched> m_cschedSapProvider;   //!< for the MAC
    std::unique_ptr<Sched> m_schedSapProvider;     //!< for the MAC
    FfMacCschedSapUser* m_cschedSapUser{nullptr};  //!< the MAC
    FfMacSchedSapUser* m_schedSapUser{nullptr};    //!< the MAC
    std::unique_ptr<LteFfrSapUser> m_ffrSapUser;   //!< for an FFR algorithm, which is not asked
    Ptr<LteAmc> m_amc;                             //!< block sizes
    Ptr<const LinkAdaptation> m_link;              //!< the allocator's tables
    std::unique_ptr<SliceAllocator> m_allocator;   //!< of the downlink
    std::unique_ptr<SliceQuota> m_uplinkQuota;     //!< of the uplink
    IntraSlicePolicy m_policy;                     //!< downlink, in all slices
    bool m_workConserving;                         //!< downlink
    double m_averagingSlots;                       //!< of proportional fairness
    uint8_t m_grantMcs;                            //!< of random access grants
    uint16_t m_cell{0};                            //!< number
    uint32_t m_prbs{0};                            //!< of the carrier
    uint32_t m_rbgPrbs{0};                         //!< of a resource block group
    Callback<int, uint16_t> m_sliceCallback;       //!< knows slices
    std::vector<double> m_ceilings{1.0};           //!< by slice
    std::map<uint16_t, SliceFfMacUser> m_users;    //!< by RNTI
    std::vector<RachListElement_s> m_randomAccess; //!< asked for since the last slot
    uint64_t m_slot{0};                            //!< subframes so far
    uint8_t m_uplinkProcess{0};                    //!< HARQ process of the subframe at hand
    std::vector<SliceRequest> m_requests;          //!< of the slot at hand
    std::vector<Asking> m_asking;                  //!< by request
    std::vector<bool> m_uplinkUsed;                //!< PRBs taken in the subframe at hand
    std::vector<uint32_t> m_uplinkSpent;           //!< by slice: PRBs beyond its credit, to be paid
    TracedCallback<uint16_t, Direction, uint32_t> m_slicePrbsTrace; //!< SlicePrbs
};

} // namespace ns3

#endif // SLICEBED_SLICE_FF_MAC_SCHEDULER_H
