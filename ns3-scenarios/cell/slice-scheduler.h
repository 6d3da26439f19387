// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_SCHEDULER_H
#define SLICEBED_SLICE_SCHEDULER_H

#include "cell/slice-allocator.h"
#include "cell/ue-context.h"

#include "ns3/nstime.h"

#include <vector>

namespace ns3
{

/**
 * The scheduler of one cell and direction: asks the SliceAllocator on behalf of the UEs that have
 * something to send, and makes transport blocks of what they get.
 */
class SliceScheduler
{
  public:
    /**
     * @param settings of the allocator
     * @param averagingSlots time constant of the served rate
     * @param link tables
     */
    SliceScheduler(const SliceAllocator::Settings& settings,
                   double averagingSlots,
                   Ptr<const LinkAdaptation> link);

    SliceQuota& GetQuota();

    /** @return PRBs of a resource block group */
    uint32_t GetRbgPrbs(uint32_t rbg) const
    {
        return m_allocator.GetRbgPrbs(rbg);
    }

    /**
     * Fills a slot.
     * @param slot number
     * @param now time
     * @param waiting by slice: the UEs that have data or blocks to send
     * @param maxRbgs function of a UE: most groups of its block
     * @param out transmissions are appended here; queues and HARQ processes have moved on
     * @param used PRBs by slice
     */
    template <typename MaxRbgs>
    void Schedule(uint64_t slot,
                  Time now,
                  const std::vector<std::vector<UeContext*>>& waiting,
                  MaxRbgs maxRbgs,
                  std::vector<Transmission>& out,
                  std::vector<uint32_t>& used)
    {
        MakeRequests(slot, now, waiting);
        for (auto& request : m_requests)
        {
            request.maxRbgs = maxRbgs(*m_asking[request.user].ue);
        }
        Fill(slot, now, waiting.size(), out, used);
    }

  private:
    /** Who is behind a request. */
    struct Asking
    {
        UeContext* ue;
        uint8_t process; //!< to send again, or free
    };

    void MakeRequests(uint64_t slot, Time now, const std::vector<std::vector<UeContext*>>& waiting);
    void MakeRequest(uint64_t slot, Time now, UeContext& ue);
    void Fill(uint64_t slot,
              Time now,
              size_t slices,
              std::vector<Transmission>& out,
              std::vector<uint32_t>& used);
    bool StartBlock(uint64_t slot, Time now, const SliceRequest& request);
    double Served(const UeLink& link, uint64_t slot) const;

    Direction m_direction;                //!< of the data
    double m_keep;                        //!< of the average from slot to slot
    Ptr<const LinkAdaptation> m_link;     //!< tables
    SliceAllocator m_allocator;           //!< divides a slot
    std::vector<SliceRequest> m_requests; //!< of the slot at hand
    std::vector<Asking> m_asking;         //!< by request
};

} // namespace ns3

#endif // SLICEBED_SLICE_SCHEDULER_H
