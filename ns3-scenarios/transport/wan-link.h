// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_WAN_LINK_H
#define SLICEBED_WAN_LINK_H

#include "transport/ppbp-traffic.h"
#include "transport/slice-queue-disc.h"

#include "ns3/data-rate.h"
#include "ns3/ipv4-address.h"
#include "ns3/node.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/packet-sink.h"
#include "ns3/queue-size.h"

#include <array>

namespace ns3
{

/**
 * A link between two routers or hosts: propagation, finite bandwidth, finite queues, and what
 * others send over it.
 *
 * It is a point-to-point link of ns-3's with an IP interface at both ends, and in front of each a
 * queue disc: first come, first served, unless ShapeSlices() puts another there. The device's own
 * queue holds one packet, so that the queue disc decides what is sent and what is dropped.
 */
class WanLink : public Object
{
  public:
    static TypeId GetTypeId();

    /**
     * Joins two nodes that have an internet stack; once.
     * @param network of the link; its nodes get the first two addresses, with a 30-bit mask
     * @throws std::invalid_argument if a node has no stack, or the nodes are one
     */
    void Join(Ptr<Node> first, Ptr<Node> second, Ipv4Address network);

    /** @param end 0 or 1, as joined @return its device */
    Ptr<NetDevice> GetDevice(uint32_t end) const;

    /** @param end 0 or 1 @return its address on the link */
    Ipv4Address GetAddress(uint32_t end) const;

    /**
     * Offers background traffic (PPBP) from one end to the other, from the start on. Bursts have a
     * tenth of the link's rate.
     * @param from end that sends: 0 or 1
     * @param load its mean rate as IP packets, as a share of the link's rate: 0 to 1
     * @return the traffic, to assign streams or change attributes
     * @throws std::invalid_argument if the load is out of range
     */
    Ptr<PpbpTraffic> AddBackground(uint32_t from, double load);

    /** Shapes what an end sends, by slices. @param end 0 or 1 @return to add the slices to */
    Ptr<SliceQueueDisc> ShapeSlices(uint32_t end);

    /** @return from sending a packet to its last bit's arrival when nothing else is on the link:
     * propagation + (packetBytes + 2 bytes of PPP) / rate. @param packetBytes as IP packet */
    Time GetUnloadedDelay(uint32_t packetBytes) const;

  protected:
    void DoDispose() override;

  private:
    /** One end. */
    struct End
    {
        Ptr<NetDevice> device;
        Ipv4Address address;
    };

    const End& At(uint32_t end) const;

    Time m_delay;                           //!< propagation, one way
    DataRate m_rate;                        //!< each way
    QueueSize m_queueLimit;                 //!< of an end
    std::array<End, 2> m_ends;              //!< as joined
    std::array<Ptr<PacketSink>, 2> m_sinks; //!< of background traffic, where there is any
};

} // namespace ns3

#endif // SLICEBED_WAN_LINK_H
