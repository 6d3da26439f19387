// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CORE_NETWORK_H
#define SLICEBED_CORE_NETWORK_H

#include "cell/cell-gnb-net-device.h"
#include "cell/cell-types.h"
#include "cell/cell-ue-net-device.h"

#include "ns3/data-rate.h"
#include "ns3/ipv4-address.h"
#include "ns3/node.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/traced-callback.h"
#include "ns3/virtual-net-device.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace ns3
{

/**
 * The way of packets between the remote host and the cells of its UEs, and the UEs' IP addresses.
 *
 * The remote host has one IP interface to all UEs (prefix 7.0.0.0/8), a tunnel end that puts each
 * packet on the point-to-point link of the cell that serves its destination; at the link's other
 * end the gNB takes it, whole, to the radio. So a UE keeps its address wherever it is served. What
 * UEs send goes the same way back.
 */
class CoreNetwork : public Object
{
  public:
    static TypeId GetTypeId();
    CoreNetwork();

    /** @return the host that sends to the UEs; it has an IP stack */
    Ptr<Node> GetRemoteHost() const;

    /** Links a cell's gNB with the remote host; cells in the order of their ids. */
    void AddCell(Ptr<CellGnbNetDevice> gnb);

    /** @param cellOf tells which cell serves a UE now */
    void SetRouting(std::function<uint16_t(uint32_t ue)> cellOf);

    /** Gives a UE an IP stack and an address. UEs in the order of their ids. @return the address */
    Ipv4Address AddUe(Ptr<CellUeNetDevice> ue);

    /** @return the remote host's address */
    Ipv4Address GetRemoteAddress() const;

    /** @return a UE's address */
    Ipv4Address GetUeAddress(uint32_t ue) const;

    /** @return packets that entered a cell's link and have not left it yet (queued or on the wire)
     */
    uint64_t GetInFlight() const;

    /** TraceSource signature. @param ue that the packet was for or from @param uplink its way */
    using DroppedCallback = void (*)(uint32_t ue, Direction direction);

  protected:
    void DoDispose() override;

  private:
    /** One cell's link, as seen from the remote host. */
    struct Link
    {
        Ptr<CellGnbNetDevice> gnb;             //!< the cell
        Ptr<PointToPointNetDevice> hostDevice; //!< the remote host's end
        Ptr<PointToPointNetDevice> gnbDevice;  //!< the gNB's end
        uint64_t inFlight{0};                  //!< packets queued or on the wire, both ways
    };

    bool Forward(Ptr<Packet> packet, const Address& from, const Address& to, uint16_t protocol);
    void SendUp(uint16_t cell, Ptr<Packet> packet);
    bool SendInto(Link& link,
                  PointToPointNetDevice& device,
                  Ptr<Packet> packet,
                  uint32_t ue,
                  Direction direction);
    void ArriveAtGnb(uint16_t cell, Ptr<const Packet> packet);
    void ArriveAtHost(uint16_t cell, Ptr<const Packet> packet);

    Time m_delay;                                       //!< of a link, one way
    DataRate m_rate;                                    //!< of a link
    uint32_t m_queuePackets;                            //!< of a link
    Ptr<Node> m_remoteHost;                             //!< sends to the UEs
    Ptr<VirtualNetDevice> m_tunnel;                     //!< its interface to all UEs
    std::vector<Link> m_links;                          //!< by cell
    uint32_t m_ues{0};                                  //!< how many
    std::function<uint16_t(uint32_t)> m_cellOf;         //!< serving cell by UE
    TracedCallback<uint32_t, Direction> m_droppedTrace; //!< a link's queue was full
};

} // namespace ns3

#endif // SLICEBED_CORE_NETWORK_H
