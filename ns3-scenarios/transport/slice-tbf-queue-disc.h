// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_TBF_QUEUE_DISC_H
#define SLICEBED_SLICE_TBF_QUEUE_DISC_H

#include "ns3/data-rate.h"
#include "ns3/nstime.h"
#include "ns3/tbf-queue-disc.h"

#include <optional>

namespace ns3
{

/**
 * A TbfQueueDisc for one slice under a SliceQueueDisc: its rate may change at any time.
 *
 * TbfQueueDisc of ns-3 3.44 cannot be used as it is, for three reasons:
 * - it counts tokens only when a packet leaves, at the rate of that moment, so a change of Rate
 *   counts for the time since the last packet as well;
 * - it schedules QueueDisc::Run on itself, at a time that it never revises. As a child it has no
 *   device to send to, and the old time stays when the rate changes;
 * - it divides by the rate, and stops on an assertion where the rate is 0.
 * Here tokens are counted up to each change at the rate that was in force, in fractions of a bit,
 * and the parent asks with GetWait() when to come back. Attributes and inner queue disc are the
 * base class's; its second bucket (PeakRate) and its traces of tokens are not used.
 */
class SliceTbfQueueDisc : public TbfQueueDisc
{
  public:
    static TypeId GetTypeId();

    /**
     * A new rate from now on; tokens gathered so far stay.
     * @param rate 0: nothing passes once they are spent
     */
    void ChangeRate(DataRate rate);

    /** @return time until the first packet may leave; none if there is none or it never may */
    std::optional<Time> GetWait();

  private:
    void InitializeParams() override;
    Ptr<QueueDiscItem> DoDequeue() override;
    void GatherTokens();

    double m_tokensBit{0};  //!< in the bucket
    Time m_gathered;        //!< tokens are counted up to here
    DataRate m_rateInForce; //!< since m_gathered
};

} // namespace ns3

#endif // SLICEBED_SLICE_TBF_QUEUE_DISC_H
