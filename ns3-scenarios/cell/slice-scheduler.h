// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_SCHEDULER_H
#define SLICEBED_SLICE_SCHEDULER_H

#include "cell/link-adaptation.h"
#include "cell/slice-quota.h"
#include "cell/ue-context.h"

#include <vector>

namespace ns3
{

/**
 * The downlink scheduler of one cell.
 *
 * Each slot every slice with work gets its quota as a run of neighbouring PRBs; where the first run
 * begins moves from slot to slot. In a run retransmissions go first; then each sub-band goes to the
 * UE of the slice with the largest ratio of the rate it could have there to the rate it was served
 * at (proportional fairness), as long as that UE has data left. A slice never uses more than its
 * quota and no other slice uses what it leaves.
 */
class SliceScheduler
{
  public:
    /**
     * @param cell id; staggers where runs begin in different cells
     * @param prbs of the cell
     * @param subBandPrbs granularity of CQI reports
     * @param averagingSlots time constant of the served rate
     * @param link tables
     */
    SliceScheduler(uint16_t cell,
                   uint32_t prbs,
                   uint32_t subBandPrbs,
                   double averagingSlots,
                   Ptr<const LinkAdaptation> link);

    SliceQuota& GetQuota();

    /**
     * Fills a slot.
     * @param slot number
     * @param waiting by slice: the UEs that have data or blocks to send
     * @param out transmissions are appended here; queues and HARQ processes have moved on
     * @param used PRBs by slice
     */
    void Schedule(uint64_t slot,
                  const std::vector<std::vector<UeContext*>>& waiting,
                  std::vector<Transmission>& out,
                  std::vector<uint32_t>& used);

  private:
    /** What a UE gets of a run. */
    struct Share
    {
        UeContext* ue;
        uint8_t process;           //!< free HARQ process
        uint32_t demandBytes;      //!< of its queue
        double servedBytes;        //!< average, now
        double efficiencySum{0};   //!< over its PRBs
        std::vector<uint8_t> prbs; //!< its PRBs
        bool satisfied{false};     //!< they hold its demand
    };

    /** A block that is due again. */
    struct Due
    {
        uint64_t dueSlot;
        UeContext* ue;
        uint8_t process;
    };

    /** A run of PRBs, wrapping round the carrier's end. */
    struct Run
    {
        uint32_t next; //!< its next PRB
        uint32_t left; //!< how many
    };

    bool HasWork(uint64_t slot, const UeContext& ue) const;
    void Retransmit(uint64_t slot,
                    const std::vector<UeContext*>& ues,
                    Run& run,
                    std::vector<Transmission>& out);
    void FindShares(uint64_t slot, const std::vector<UeContext*>& ues);
    void ShareRun(Run& run);
    Share* PickShare(uint32_t subBand);
    void SendShares(uint64_t slot, std::vector<Transmission>& out);
    uint8_t McsOf(double efficiencySum, size_t prbs) const;
    uint32_t Advance(Run& run) const;

    uint16_t m_cell;                  //!< id
    uint32_t m_prbs;                  //!< of the cell
    uint32_t m_subBandPrbs;           //!< granularity
    double m_keep;                    //!< of the average from slot to slot
    Ptr<const LinkAdaptation> m_link; //!< tables
    SliceQuota m_quota;               //!< ceilings
    std::vector<bool> m_backlogged;   //!< by slice, in this slot
    std::vector<Share> m_shares;      //!< of the slice at hand
    std::vector<Due> m_due;           //!< of the slice at hand
    size_t m_shareCount{0};           //!< of m_shares in use
};

} // namespace ns3

#endif // SLICEBED_SLICE_SCHEDULER_H
