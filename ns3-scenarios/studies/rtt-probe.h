// SPDX-License-Identifier: GPL-2.0-only
// Round trips as a ping sees them: what the transport study and its tests measure with.
#ifndef SLICEBED_RTT_PROBE_H
#define SLICEBED_RTT_PROBE_H

#include "ns3/inet-socket-address.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/udp-socket-factory.h"

#include <cstring>
#include <vector>

namespace ns3
{

/**
 * Sends UDP packets of 56 bytes payload to a node that sends them back: IP packets of 84 bytes,
 * as of a ping. One after the other, at even times.
 */
class RttProbe
{
  public:
    RttProbe(Ptr<Node> from, Ptr<Node> to, Ipv4Address address, Time interval)
        : m_interval(interval)
    {
        const InetSocketAddress remote(address, ECHO_PORT);
        m_echo = Socket::CreateSocket(to, UdpSocketFactory::GetTypeId());
        m_echo->Bind(remote);
        m_echo->SetRecvCallback(Callback<void, Ptr<Socket>>([](Ptr<Socket> socket) {
            Address sender;
            while (auto packet = socket->RecvFrom(sender))
            {
                socket->SendTo(packet, 0, sender);
            }
        }));
        m_socket = Socket::CreateSocket(from, UdpSocketFactory::GetTypeId());
        m_socket->Bind();
        m_socket->Connect(remote);
        m_socket->SetRecvCallback(Callback<void, Ptr<Socket>>([this](Ptr<Socket>) { Receive(); }));
        Simulator::Schedule(m_interval, &RttProbe::Send, this);
    }

    RttProbe(const RttProbe&) = delete;
    RttProbe& operator=(const RttProbe&) = delete;

    /** @return round trip times of the probes that came back [s] */
    const std::vector<double>& GetRttsS() const
    {
        return m_rttsS;
    }

    /** @return probes sent */
    size_t GetSent() const
    {
        return m_sentAt.size();
    }

  private:
    static constexpr uint16_t ECHO_PORT = 7;
    static constexpr uint32_t PAYLOAD_BYTES = 56;

    void Send()
    {
        std::vector<uint8_t> payload(PAYLOAD_BYTES, 0);
        const auto number = static_cast<uint32_t>(m_sentAt.size());
        std::memcpy(payload.data(), &number, sizeof(number));
        m_sentAt.push_back(Simulator::Now());
        m_socket->Send(Create<Packet>(payload.data(), PAYLOAD_BYTES));
        Simulator::Schedule(m_interval, &RttProbe::Send, this);
    }

    void Receive()
    {
        while (auto packet = m_socket->Recv())
        {
            uint32_t number = 0;
            packet->CopyData(reinterpret_cast<uint8_t*>(&number), sizeof(number));
            m_rttsS.push_back((Simulator::Now() - m_sentAt[number]).GetSeconds());
        }
    }

    Time m_interval;             //!< between probes
    Ptr<Socket> m_socket;        //!< sends and receives
    Ptr<Socket> m_echo;          //!< sends back
    std::vector<Time> m_sentAt;  //!< by number
    std::vector<double> m_rttsS; //!< in the order of arrival
};

} // namespace ns3

#endif // SLICEBED_RTT_PROBE_H
