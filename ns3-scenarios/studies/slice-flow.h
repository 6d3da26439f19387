// SPDX-License-Identifier: GPL-2.0-only
// A shaped link with UDP flows over it: what the transport study and its tests run.
#ifndef SLICEBED_SLICE_FLOW_H
#define SLICEBED_SLICE_FLOW_H

#include "transport/slice-dscp.h"
#include "transport/wan-link.h"

#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/random-variable-stream.h"
#include "ns3/seq-ts-header.h"
#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"

#include <algorithm>
#include <vector>

namespace ns3
{

constexpr uint32_t UDP_IP_BYTES = 28; //!< headers of UDP and IPv4

/** Two nodes and a WanLink whose end 0 is shaped by slices. */
struct ShapedLink
{
    ShapedLink(DataRate rate, Time delay)
        : link(CreateObjectWithAttributes<WanLink>("Rate",
                                                   DataRateValue(rate),
                                                   "Delay",
                                                   TimeValue(delay)))
    {
        InternetStackHelper().Install(nodes[0]);
        InternetStackHelper().Install(nodes[1]);
        link->Join(nodes[0], nodes[1], "10.0.0.0");
        queueDisc = link->ShapeSlices(0);
    }

    Ptr<Node> nodes[2]{CreateObject<Node>(), CreateObject<Node>()}; //!< sender, receiver
    Ptr<WanLink> link;                                              //!< between them
    Ptr<SliceQueueDisc> queueDisc;                                  //!< of the sender
};

/** When packets of a flow go. */
enum class Spacing
{
    EVEN,
    POISSON
};

/** UDP packets of one size over a shaped link, from now on; and what arrives of them. */
class SliceFlow
{
  public:
    /** A packet that arrived. */
    struct Arrival
    {
        Time at;
        Time delay; //!< since it was handed to the socket
    };

    /** @param slice 0: unmarked; one flow a slice @param rateBps of IP packets @param packetBytes
     * as IP packet */
    SliceFlow(ShapedLink& shaped,
              uint16_t slice,
              double rateBps,
              Spacing spacing,
              uint32_t packetBytes = 1500)
        : m_rateBps(rateBps)
        , m_packetBytes(packetBytes)
        , m_spacing(spacing)
    {
        const InetSocketAddress remote(shaped.link->GetAddress(1), FIRST_PORT + slice);
        m_sink = Socket::CreateSocket(shaped.nodes[1], UdpSocketFactory::GetTypeId());
        m_sink->Bind(remote);
        m_sink->SetRecvCallback(Callback<void, Ptr<Socket>>([this](Ptr<Socket>) { Receive(); }));
        m_socket = Socket::CreateSocket(shaped.nodes[0], UdpSocketFactory::GetTypeId());
        m_socket->Bind();
        m_socket->Connect(remote);
        if (slice != 0)
        {
            MarkSlice(m_socket, slice);
        }
        m_gap->SetStream(slice);
        ScheduleNext();
    }

    SliceFlow(const SliceFlow&) = delete;
    SliceFlow& operator=(const SliceFlow&) = delete;

    /** Sends nothing more. */
    void Cease()
    {
        Simulator::Cancel(m_next);
    }

    /** @return packets handed to the socket */
    uint64_t GetSent() const
    {
        return m_sent;
    }

    /** @return what arrived, in order */
    const std::vector<Arrival>& GetArrivals() const
    {
        return m_arrivals;
    }

    /** @return IP bytes that arrived in [from, to), per time [bit/s] */
    double GetRateBps(Time from, Time to) const
    {
        const auto packets =
            std::count_if(m_arrivals.begin(), m_arrivals.end(), [&](const Arrival& arrival) {
                return arrival.at >= from && arrival.at < to;
            });
        return 8.0 * m_packetBytes * static_cast<double>(packets) / (to - from).GetSeconds();
    }

    /** @return mean delay of what arrived from a time on [s] */
    double GetMeanDelayS(Time from) const
    {
        double sumS = 0;
        uint64_t packets = 0;
        for (const auto& arrival : m_arrivals)
        {
            if (arrival.at >= from)
            {
                sumS += arrival.delay.GetSeconds();
                ++packets;
            }
        }
        return sumS / static_cast<double>(packets);
    }

  private:
    void ScheduleNext()
    {
        const double meanS = 8.0 * m_packetBytes / m_rateBps;
        const double gapS = m_spacing == Spacing::EVEN ? meanS : meanS * m_gap->GetValue();
        m_next = Simulator::Schedule(Seconds(gapS), &SliceFlow::Send, this);
    }

    void Send()
    {
        const SeqTsHeader header; // its constructor stamps the time
        auto packet = Create<Packet>(m_packetBytes - UDP_IP_BYTES - header.GetSerializedSize());
        packet->AddHeader(header);
        m_socket->Send(packet);
        ++m_sent;
        ScheduleNext();
    }

    void Receive()
    {
        while (auto packet = m_sink->Recv())
        {
            SeqTsHeader header;
            packet->RemoveHeader(header);
            m_arrivals.push_back({Simulator::Now(), Simulator::Now() - header.GetTs()});
        }
    }

    static constexpr uint16_t FIRST_PORT = 1000; //!< of slice 0

    double m_rateBps;       //!< offered
    uint32_t m_packetBytes; //!< each packet
    Spacing m_spacing;      //!< of packets
    Ptr<Socket> m_socket;   //!< sends
    EventId m_next;         //!< the next packet
    Ptr<Socket> m_sink;     //!< receives
    Ptr<ExponentialRandomVariable> m_gap{CreateObject<ExponentialRandomVariable>()}; //!< mean 1
    uint64_t m_sent{0};                                                              //!< packets
    std::vector<Arrival> m_arrivals;                                                 //!< in order
};

} // namespace ns3

#endif // SLICEBED_SLICE_FLOW_H
