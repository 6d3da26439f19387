// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_QUEUE_DISC_H
#define SLICEBED_SLICE_QUEUE_DISC_H

#include "ns3/data-rate.h"
#include "ns3/event-id.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/nstime.h"
#include "ns3/queue-disc.h"
#include "ns3/queue-size.h"
#include "ns3/tbf-queue-disc.h"

#include <vector>

namespace ns3
{

/**
 * Shares a link among slices: a token bucket a slice, whose rate may change while running.
 *
 * A packet belongs to the slice that its DSCP marks (SliceMark). Each slice has an
 * ns3::TbfQueueDisc, and inside that a queue disc of the type Aqm. Slices whose tokens suffice are
 * served in turn. A bucket holds what its rate brings in the time Burst, but no less than
 * LEAST_BURST_BYTES. Packets without a mark (control messages) are not shaped and go first.
 *
 * TbfQueueDisc was made for the root: its watchdog wakes itself, not its parent, and does not look
 * at a rate that changed meanwhile. So the parent alone asks its children, and wakes itself when
 * the first of them will have the tokens.
 */
class SliceQueueDisc : public QueueDisc
{
  public:
    static constexpr const char* NO_SUCH_SLICE = "no such slice"; //!< reason of a drop
    static constexpr double MAX_MBPS = 1e6;                       //!< of a slice
    static constexpr uint32_t LEAST_BURST_BYTES = 3200;           //!< two of the largest packets

    static TypeId GetTypeId();
    SliceQueueDisc();

    /**
     * Sets the rate of a slice, counted in bytes of IP packets. In force at once; what a slice has
     * saved up, at most a bucket, stays. 0 lets nothing pass.
     * @throws std::invalid_argument if the rate is not a number from 0 to MAX_MBPS
     */
    void SetRate(uint32_t slice, double mbps);

    double GetRateMbps(uint32_t slice) const;

    /** @return counters of a slice: packets in, out, dropped by cause */
    const Stats& GetSliceStats(uint32_t slice);

    /** @return packets of a slice that wait */
    uint32_t GetSlicePackets(uint32_t slice) const;

    uint32_t GetSlices() const;

  protected:
    void DoDispose() override;

  private:
    /** A slice's part. */
    struct Slice
    {
        Ptr<TbfQueueDisc> bucket;
        double mbps{0};
        Time checkedAt; //!< when the bucket counted its tokens last
    };

    bool DoEnqueue(Ptr<QueueDiscItem> item) override;
    Ptr<QueueDiscItem> DoDequeue() override;
    bool CheckConfig() override;
    void InitializeParams() override;
    Ptr<QueueDisc> MakeChild(const TypeId& type, const QueueSize& limit);
    Ptr<QueueDisc> QueueOf(const Slice& slice) const;
    Time WaitOf(const Slice& slice) const;
    void ScheduleWake();

    uint32_t m_sliceCount;                     //!< how many slices
    Time m_burst;                              //!< of tokens: the rate for so long
    QueueSize m_queueLimit;                    //!< of what may wait for tokens, a slice
    TypeId m_aqm;                              //!< queue disc inside a slice
    std::vector<Slice> m_slices;               //!< by index
    Ptr<QueueDisc> m_rest;                     //!< packets without a mark
    Ptr<NetDeviceQueueInterface> m_neverReady; //!< keeps children from sending by themselves
    uint32_t m_next{0};                        //!< slice whose turn it is
    EventId m_wake;                            //!< when tokens suffice
};

} // namespace ns3

#endif // SLICEBED_SLICE_QUEUE_DISC_H
