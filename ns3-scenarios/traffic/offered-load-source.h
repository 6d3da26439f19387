// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_OFFERED_LOAD_SOURCE_H
#define SLICEBED_OFFERED_LOAD_SOURCE_H

#include "traffic/load-source.h"

#include "ns3/event-id.h"
#include "ns3/random-variable-stream.h"

namespace ns3
{

/**
 * UDP source that offers an exact number of bits over a given time, evenly but for jitter.
 *
 * Offer() cuts the bits into packets of equal size, at most MaxPacketBytes of payload each, and
 * sends the k-th of n at (k + u_k) / n of the time with u_k uniform in [0, 1). So the offered load
 * of every interval is exact to the rounding of the packets to whole bytes, while arrivals are not
 * periodic. Bits are of UDP payload; what is too little for one packet's header is carried over to
 * the next offer.
 */
class OfferedLoadSource : public LoadSource
{
  public:
    static TypeId GetTypeId();
    OfferedLoadSource();

    void Cease() override;

    int64_t AssignStreams(int64_t stream) override;

  protected:
    void DoDispose() override;

  private:
    void DoOffer(double bits, Time duration) override;
    void ScheduleNext();
    void SendPacket();

    Ptr<UniformRandomVariable> m_jitter; //!< u_k
    EventId m_next;                      //!< the next packet
    Time m_offerStart;                   //!< when the current offer began
    Time m_offerDuration;                //!< how long it lasts
    uint32_t m_packets{0};               //!< packets of the current offer
    uint32_t m_sentPackets{0};           //!< of them, already sent
    uint32_t m_packetBytes{0};           //!< their payload [byte]
    double m_carryBytes{0};              //!< offered but not yet in any packet [byte]
};

} // namespace ns3

#endif // SLICEBED_OFFERED_LOAD_SOURCE_H
