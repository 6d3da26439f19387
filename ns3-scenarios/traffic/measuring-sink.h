// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_MEASURING_SINK_H
#define SLICEBED_MEASURING_SINK_H

#include "ns3/application.h"
#include "ns3/nstime.h"
#include "ns3/socket.h"
#include "ns3/traced-callback.h"

namespace ns3
{

/** UDP sink that reports size, one-way delay and sender of every packet of a LoadSource. */
class MeasuringSink : public Application
{
  public:
    static TypeId GetTypeId();

    /** TraceSource signature. @param bytes payload @param delay from sending to here @param from
     * the sender, an InetSocketAddress */
    using ReceivedCallback = void (*)(uint32_t bytes, Time delay, const Address& from);

  protected:
    void DoDispose() override;

  private:
    void StartApplication() override;
    void StopApplication() override;
    void HandleRead(Ptr<Socket> socket);

    uint16_t m_port;                                                //!< UDP port
    Ptr<Socket> m_socket;                                           //!< made on start
    TracedCallback<uint32_t, Time, const Address&> m_receivedTrace; //!< a packet arrived
};

} // namespace ns3

#endif // SLICEBED_MEASURING_SINK_H
