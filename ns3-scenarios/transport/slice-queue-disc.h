// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_QUEUE_DISC_H
#define SLICEBED_SLICE_QUEUE_DISC_H

#include "transport/slice-queue-counters.h"
#include "transport/slice-tbf-queue-disc.h"

#include "ns3/event-id.h"
#include "ns3/queue-disc.h"
#include "ns3/traced-callback.h"

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{

/**
 * Root queue disc of a link that gives each slice a rate of its own, which may change at any time.
 *
 * A packet goes by its DSCP (slice-dscp.h) to the queue of its slice; an unmarked one to that of
 * DefaultSlice; one of a slice that is not here is dropped. Below each slice is a token bucket
 * (SliceTbfQueueDisc) and below that a queue disc of the type in Aqm. As far as their tokens go,
 * slices with packets take turns by bytes: a slice may send while its balance is positive, and
 * gets a quantum of one MTU when its turn comes round (Shreedhar and Varghese's deficit round
 * robin, with the balance settled after a packet instead of before, so no packet has to be looked
 * at first).
 *
 * Sizes are those of IP packets, header included, link-layer header not. A bucket holds Burst
 * bytes. It must be at least one MTU or the largest packets would never pass, and more than what a
 * slice gathers while the link is busy with the others, or those tokens were lost: ten packets by
 * default, at 100 Mbit/s 1.2 ms worth. After a change of rate at most the tokens of one bucket go
 * out that were gathered at the old rate, so the new one is in force within one bucket, Burst /
 * rate. With BurstTime, a bucket holds what its rate brings in that time instead, but at least
 * LEAST_BURST_BYTES: so policing costs all rates alike.
 *
 * The device's own queue behind this one is first come, first served, and should be of one packet.
 */
class SliceQueueDisc : public QueueDisc
{
  public:
    static constexpr const char* NO_SUCH_SLICE_DROP = "No such slice"; //!< its DSCP's is not here

    static constexpr uint32_t LEAST_BURST_BYTES = 3200; //!< with BurstTime: two large packets

    static TypeId GetTypeId();
    SliceQueueDisc();

    /**
     * Makes a slice. SliceLimit, Burst and Aqm are those of this moment.
     * @throws std::invalid_argument if it is there already, or Aqm is no fitting queue disc
     */
    void AddSlice(uint16_t slice, DataRate rate);

    /** Changes a slice's rate now; 0 stops it. @throws std::invalid_argument if it is not here */
    void SetRate(uint16_t slice, DataRate rate);

    /** The same. @param rateBps [bit/s] @throws std::invalid_argument also if negative, not finite
     */
    void SetRate(uint16_t slice, double rateBps);

    /** @return a slice's rate. @throws std::invalid_argument if it is not here */
    DataRate GetRate(uint16_t slice) const;

    /** @return what became of a slice's packets. @throws std::invalid_argument if it is not here */
    SliceQueueCounters GetCounters(uint16_t slice) const;

    /** @return packets dropped because their slice is not here */
    PacketCount GetNoSuchSliceDrops();

    /** TraceSource signature. @param slice whose packet @param item it is */
    using SentCallback = void (*)(uint16_t slice, Ptr<const QueueDiscItem> item);
    /** TraceSource signature. @param slice whose packet @param item it is @param reason in words */
    using DroppedCallback = void (*)(uint16_t slice,
                                     Ptr<const QueueDiscItem> item,
                                     const char* reason);
    /** TraceSource signature. @param slice whose rate @param rate it is */
    using RateCallback = void (*)(uint16_t slice, DataRate rate);

  protected:
    void DoDispose() override;

  private:
    /** A slice and its turn. */
    struct Class
    {
        uint16_t slice;             //!< its id
        Ptr<SliceTbfQueueDisc> tbf; //!< its bucket, and below it its queue
        int64_t balanceBytes{0};    //!< may send while positive
    };

    bool DoEnqueue(Ptr<QueueDiscItem> item) override;
    Ptr<QueueDiscItem> DoDequeue() override;
    bool CheckConfig() override;
    void InitializeParams() override;
    Ptr<QueueDisc> MakeInner() const;
    Ptr<QueueDiscItem> TakeTurn(Class& turn);
    void WakeWhenTokensSuffice();
    const Class& Find(uint16_t slice) const;

    uint32_t BurstOf(DataRate rate) const;

    uint32_t m_burstBytes;               //!< of a bucket
    Time m_burstTime;                    //!< if above 0: its size, in time of its rate
    QueueSize m_sliceLimit;              //!< of a slice's queue
    TypeId m_aqm;                        //!< of it
    uint16_t m_defaultSlice;             //!< of unmarked packets
    std::vector<Class> m_slices;         //!< in the order of their turns
    std::map<uint16_t, size_t> m_places; //!< of slices in m_slices
    size_t m_turn{0};                    //!< whose it is
    EventId m_wake;                      //!< when the next packet has its tokens

    TracedCallback<uint16_t, Ptr<const QueueDiscItem>> m_sentTrace; //!< to the device
    TracedCallback<uint16_t, Ptr<const QueueDiscItem>, const char*> m_droppedTrace; //!< and why
    TracedCallback<uint16_t, DataRate> m_rateTrace; //!< a slice has a new rate
};

} // namespace ns3

#endif // SLICEBED_SLICE_QUEUE_DISC_H
