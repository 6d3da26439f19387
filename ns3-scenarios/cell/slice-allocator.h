// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_ALLOCATOR_H
#define SLICEBED_SLICE_ALLOCATOR_H

#include "cell/link-adaptation.h"
#include "cell/rbg-mask.h"
#include "cell/slice-quota.h"

#include "ns3/ptr.h"

#include <vector>

namespace ns3
{

/** How a slice divides its PRBs among its UEs. */
enum class IntraSlicePolicy
{
    PROPORTIONAL_FAIR, //!< per resource block group: largest ratio of possible to served rate
    ROUND_ROBIN        //!< whose turn it is, in equal parts
};

/** What a UE asks of a slot, and what it gets. */
struct SliceRequest
{
    uint16_t slice{0};       //!< it belongs to
    uint32_t user{0};        //!< anything the caller likes: its own index
    uint16_t againRbgs{0};   //!< a block to send again had these groups; 0: new data
    uint64_t since{0};       //!< slot since when that block is due, or of the last service
    uint64_t demandBytes{0}; //!< new data, headers included
    const float* efficiency{
        nullptr}; //!< that the CQIs promise [bit per resource element], by group
    uint32_t maxRbgs{RbgMask::MAX_RBGS}; //!< more would exceed the sender's power
    double offsetDb{0};                  //!< of outer-loop link adaptation
    double servedBytes{1};               //!< average per slot, for proportional fairness
    RbgMask mask{};                      //!< out: groups it gets; empty if none
    uint16_t prbs{0};                    //!< out: PRBs of these groups
    uint8_t mcs{0};                      //!< out, new data: for these groups
    double efficiencySum{0};             //!< working value: over the PRBs it has
    bool satisfied{false};               //!< working value: they hold its demand
};

/**
 * Divides the resource block groups of one slot of one cell among slices and their UEs.
 *
 * Each backlogged slice gets what its ceiling allows (SliceQuota). In a slice blocks to be sent
 * again go first, the oldest of all with what there is, the others if they fit; then new data by
 * the policy, as long as a UE has data left. What a slice does not use stays empty, or,
 * work-conserving, goes to the slices that have data left, in turn. Where the first group lies
 * moves from slot to slot, so that lightly loaded neighbours do not always collide.
 *
 * Knows no UE and no queue: the cell model's scheduler and the LTE stack's share it.
 */
class SliceAllocator
{
  public:
    /** What all slots have in common. */
    struct Settings
    {
        uint16_t cell{0}; //!< id; staggers where runs begin in different cells
        uint32_t prbs{100};
        uint32_t rbgPrbs{4}; //!< of a group; the last one may be smaller
        IntraSlicePolicy policy{IntraSlicePolicy::PROPORTIONAL_FAIR};
        bool workConserving{false};
        Direction direction{Direction::DOWNLINK};
    };

    SliceAllocator(const Settings& settings, Ptr<const LinkAdaptation> link);

    SliceQuota& GetQuota();

    /** @return PRBs of a group */
    uint32_t GetRbgPrbs(uint32_t rbg) const
    {
        return rbg == m_rbgs - 1 ? m_lastRbgPrbs : m_settings.rbgPrbs;
    }

    uint32_t GetRbgs() const;

    /**
     * Fills a slot.
     * @param slot number
     * @param slices how many there are
     * @param requests one a UE; what each gets is written into it
     */
    void Allocate(uint64_t slot, uint16_t slices, std::vector<SliceRequest>& requests);

  private:
    using Requests = std::vector<SliceRequest*>;

    uint32_t SendAgain(Requests& requests, uint32_t budgetPrbs);
    uint32_t ShareNew(Requests& requests, uint32_t budgetPrbs);
    void ShareRest(uint64_t slot, uint16_t slices);
    SliceRequest* Pick(Requests& requests, uint32_t rbg) const;
    void Give(SliceRequest& request, uint32_t rbg) const;
    uint32_t RbgsWithin(uint32_t prbs) const;
    uint32_t TakeRbg();

    Settings m_settings;              //!< as given
    Ptr<const LinkAdaptation> m_link; //!< tables
    SliceQuota m_quota;               //!< ceilings
    uint32_t m_rbgs;                  //!< of the carrier
    uint32_t m_lastRbgPrbs;           //!< of the last group
    uint32_t m_nextRbg{0};            //!< first free one
    uint32_t m_freeRbgs{0};           //!< from there on, round the carrier's end
    std::vector<Requests> m_bySlice;  //!< scratch
};

} // namespace ns3

#endif // SLICEBED_SLICE_ALLOCATOR_H
