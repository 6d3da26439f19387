// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_RLC_QUEUE_H
#define SLICEBED_RLC_QUEUE_H

#include "ns3/nstime.h"
#include "ns3/packet.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ns3
{

/** A part of an SDU in a transport block. */
struct RlcSegment
{
    uint64_t sequence; //!< of the SDU
    uint32_t bytes;    //!< of it
};

/** What RLC does about segments that HARQ gave up. */
enum class RlcMode
{
    UNACKNOWLEDGED, //!< the SDU is lost (TS 36.322 and 38.322, UM)
    ACKNOWLEDGED    //!< they are sent again once a status report has told (AM)
};

/**
 * The SDUs of one UE and direction, from IP stack to IP stack: a FIFO of finite size, cut into the
 * segments that transport blocks take, and put together and delivered in order.
 *
 * An SDU stays here until it was delivered or lost; a lost one holds up those behind it no longer
 * than until the loss is known. Each segment costs HEADER_BYTES of a block.
 */
class RlcQueue
{
  public:
    /** PDCP (2, 12-bit SN), RLC UM (1) and MAC subheader (2): TS 36.323 6.2, 36.322 6.2, 36.321 6.2
     */
    static constexpr uint32_t HEADER_BYTES = 5;

    /** What all queues of a network have in common. */
    struct Settings
    {
        uint32_t limitBytes{50'000};           //!< may wait to be sent; on the air does not count
        RlcMode mode{RlcMode::UNACKNOWLEDGED}; //!< what becomes of lost segments
        Time statusDelay{};                    //!< AM: from a loss to its retransmission
        uint8_t maxRetransmissions{8};         //!< AM: of an SDU's segments before it is given up
    };

    /** An SDU that left the queue. */
    struct Departure
    {
        Ptr<Packet> packet; //!< the SDU
        Time enqueued;      //!< when it came
        bool delivered;     //!< or lost
    };

    explicit RlcQueue(const Settings& settings);

    /** @return false if it does not fit */
    bool Enqueue(Ptr<Packet> sdu, Time now);

    /** @return block bytes needed for all that can be sent now, headers included */
    uint64_t GetDemandBytes(Time now) const;

    /** @return when the next lost segment may be sent again, if one waits for that */
    std::optional<Time> GetNextRetransmission() const;

    /** Cuts segments for a block of `blockBytes`; none if not even one byte fits. */
    std::vector<RlcSegment> Send(uint32_t blockBytes, Time now);

    /** A block arrived, or was given up. @return the SDUs that leave, in order */
    std::vector<Departure> Settle(const std::vector<RlcSegment>& segments, bool arrived, Time now);

    /**
     * Takes back all SDUs that are on the air, whole, to send them again: a handover. Blocks that
     * hold their segments must have been given up before.
     */
    void Rewind();

    /** Empties the queue. @return all SDUs, as lost; segments still in blocks are then unknown */
    std::vector<Departure> Flush();

    /** @return bytes that wait to be sent */
    uint64_t GetBytes() const;

    /** @return SDUs that wait, are on the air or are held for those before them */
    uint64_t GetSdus() const;

  private:
    /** An SDU on its way. */
    struct Sdu
    {
        Ptr<Packet> packet;
        Time enqueued;
        uint32_t size;     //!< [byte]
        uint32_t sent{0};  //!< in blocks so far [byte]
        uint32_t onAir{0}; //!< segments in blocks that are not settled, or to be sent again
        uint8_t retransmissions{0}; //!< AM: of its segments
        bool lost{false};           //!< a segment is lost for good
    };

    /** A segment to send again. */
    struct Again
    {
        Time due;
        RlcSegment segment;
    };

    bool IsSettled(const Sdu& sdu) const;
    void Lose(Sdu& sdu);
    void SkipSent();
    uint32_t SendAgain(uint32_t blockBytes, Time now, std::vector<RlcSegment>& segments);
    std::vector<Departure> TakeSettled();

    const Settings* m_settings; //!< shared; outlives the queue
    std::deque<Sdu> m_sdus;     //!< oldest first
    std::vector<Again> m_again; //!< AM: by due time
    uint64_t m_first{0};        //!< sequence of m_sdus.front()
    uint64_t m_nextToSend{0};   //!< sequence of the first SDU with bytes to send
    uint64_t m_unsentBytes{0};  //!< of all SDUs here, not yet in a block
};

} // namespace ns3

#endif // SLICEBED_RLC_QUEUE_H
