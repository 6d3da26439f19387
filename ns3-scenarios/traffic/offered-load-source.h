// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_OFFERED_LOAD_SOURCE_H
#define SLICEBED_OFFERED_LOAD_SOURCE_H

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/random-variable-stream.h"
#include "ns3/socket.h"
#include "ns3/traced-callback.h"

namespace ns3
{

/**
 * UDP source that offers an exact number of bits over a given time.
 *
 * Offer() cuts the bits into packets of equal size, at most MaxPacketBytes of payload each, and
 * sends the k-th of n at (k + u_k) / n of the time with u_k uniform in [0, 1). So the offered load
 * of every interval is exact to the rounding of the packets to whole bytes, while arrivals are not
 * periodic.
 */
class OfferedLoadSource : public Application
{
  public:
    static TypeId GetTypeId();
    OfferedLoadSource();

    /** @param remote where to send to: an InetSocketAddress */
    void SetRemote(const Address& remote);

    /**
     * Offers `bits` of UDP payload over `duration` from now; replaces what was left of an earlier
     * offer. What is too little for one packet's header is carried over to the next offer.
     */
    void Offer(double bits, Time duration);

    /** Sends nothing more and forgets what was carried over. */
    void Cease();

    /** @return payload bytes sent since the start */
    uint64_t GetSentBytes() const;

    int64_t AssignStreams(int64_t stream) override;

    /** TraceSource signature. @param bytes payload of the packet */
    using SentCallback = void (*)(uint32_t bytes);

  protected:
    void DoDispose() override;

  private:
    void StartApplication() override;
    void StopApplication() override;
    void ScheduleNext();
    void SendPacket();

    Address m_remote;                        //!< destination
    uint32_t m_maxPacketBytes;               //!< largest payload [byte]
    Ptr<Socket> m_socket;                    //!< made on start
    Ptr<UniformRandomVariable> m_jitter;     //!< u_k
    EventId m_next;                          //!< the next packet
    Time m_offerStart;                       //!< when the current offer began
    Time m_offerDuration;                    //!< how long it lasts
    uint32_t m_packets{0};                   //!< packets of the current offer
    uint32_t m_sentPackets{0};               //!< of them, already sent
    uint32_t m_packetBytes{0};               //!< their payload [byte]
    double m_carryBytes{0};                  //!< offered but not yet in any packet [byte]
    uint32_t m_sequence{0};                  //!< number of the next packet
    uint64_t m_sentBytes{0};                 //!< payload sent since the start [byte]
    TracedCallback<uint32_t> m_sentTrace;    //!< a packet was sent
    TracedCallback<uint32_t> m_refusedTrace; //!< the stack refused a packet
};

} // namespace ns3

#endif // SLICEBED_OFFERED_LOAD_SOURCE_H
