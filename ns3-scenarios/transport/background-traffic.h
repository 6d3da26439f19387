// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_BACKGROUND_TRAFFIC_H
#define SLICEBED_BACKGROUND_TRAFFIC_H

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
 * UDP traffic that follows a rate which a derived class changes from time to time.
 *
 * What the rate offers is gathered, and a packet leaves whenever it is enough for the next one, so
 * that bytes sent follow the integral of the rate to within one packet. Rates and sizes are those
 * of IP packets, header included; each packet's size is uniform between the two attributes.
 */
class BackgroundTraffic : public Application
{
  public:
    static TypeId GetTypeId();
    BackgroundTraffic();

    /** @param remote where to send to: an InetSocketAddress */
    void SetRemote(const Address& remote);

    /** @return the rate offered now [bit/s] */
    double GetRateBps() const;

    /** @return bytes of IP packets sent since the start */
    uint64_t GetSentBytes() const;

    int64_t AssignStreams(int64_t stream) override;

    /** TraceSource signature. @param bytes of the IP packet */
    using SentCallback = void (*)(uint32_t bytes);

  protected:
    /** Offers this rate from now on. */
    void SetRateBps(double rateBps);

    /** Sets the first rate: the application has started. */
    virtual void Begin() = 0;

    /** Schedules nothing more: the application has stopped. */
    virtual void Cease() = 0;

    void DoDispose() override;

  private:
    void StartApplication() override;
    void StopApplication() override;
    void Gather();
    void ScheduleNext();
    void SendPacket();
    void DrawSize();

    Address m_remote;                     //!< destination
    uint32_t m_minPacketBytes;            //!< least size of an IP packet
    uint32_t m_maxPacketBytes;            //!< largest
    Ptr<Socket> m_socket;                 //!< made on start
    Ptr<UniformRandomVariable> m_uniform; //!< sizes, and the phase of the first packet
    EventId m_next;                       //!< the next packet
    double m_rateBps{0};                  //!< offered now
    double m_gatheredBit{0};              //!< offered, not yet sent
    Time m_gathered;                      //!< up to here
    uint32_t m_packetBytes{0};            //!< size of the next packet
    uint64_t m_sentBytes{0};              //!< since the start
    TracedCallback<uint32_t> m_sentTrace; //!< a packet was sent
};

} // namespace ns3

#endif // SLICEBED_BACKGROUND_TRAFFIC_H
