// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LOAD_SOURCE_H
#define SLICEBED_LOAD_SOURCE_H

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/nstime.h"
#include "ns3/socket.h"
#include "ns3/traced-callback.h"

namespace ns3
{

/**
 * UDP source that offers a given number of bits over a given time; a derived class says when in
 * that time its packets leave. Each packet begins with a SeqTsHeader, for a MeasuringSink.
 */
class LoadSource : public Application
{
  public:
    static TypeId GetTypeId();

    /** @param remote where to send to: an InetSocketAddress */
    void SetRemote(const Address& remote);

    /**
     * Offers `bits` over `duration` from now; replaces what was left of an earlier offer. Aborts
     * unless both make sense.
     */
    void Offer(double bits, Time duration);

    /** Sends nothing more and forgets what was carried over. */
    virtual void Cease() = 0;

    /** @return payload bytes sent since the start */
    uint64_t GetSentBytes() const;

    /** TraceSource signature. @param bytes payload of the packet */
    using SentCallback = void (*)(uint32_t bytes);

  protected:
    void DoDispose() override;

    /** Sends one packet now. @param bytes of UDP payload, at least LeastPacketBytes() */
    void Send(uint32_t bytes);

    /** @return payload of the smallest packet: its header alone */
    static uint32_t LeastPacketBytes();

    /** @return payload of the largest packet */
    uint32_t GetMaxPacketBytes() const;

  private:
    virtual void DoOffer(double bits, Time duration) = 0;
    void StartApplication() override;
    void StopApplication() override;

    Address m_remote;                        //!< destination
    uint32_t m_maxPacketBytes;               //!< largest payload [byte]
    uint8_t m_tos;                           //!< of all packets
    Ptr<Socket> m_socket;                    //!< made on start
    uint32_t m_sequence{0};                  //!< number of the next packet
    uint64_t m_sentBytes{0};                 //!< payload sent since the start [byte]
    TracedCallback<uint32_t> m_sentTrace;    //!< a packet was sent
    TracedCallback<uint32_t> m_refusedTrace; //!< the stack refused a packet
};

} // namespace ns3

#endif // SLICEBED_LOAD_SOURCE_H
