// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_GTP_TUNNEL_H
#define SLICEBED_GTP_TUNNEL_H

#include "ns3/callback.h"
#include "ns3/epc-gtpu-header.h"
#include "ns3/ipv4-address.h"
#include "ns3/node.h"
#include "ns3/object.h"
#include "ns3/packet.h"
#include "ns3/socket.h"

namespace ns3
{

/**
 * One end of the N3 interface: carries UEs' IP packets between gNB and UPF over UDP (TS 29.281).
 *
 * A packet becomes the payload of GTP-U over UDP over IPv4, with the DSCP of its slice in the outer
 * header, where the routers between look (TS 23.501, 5.8.2.7: transport level packet marking). An
 * overlay network between gNB and UPF adds its own headers; they travel as so many bytes.
 */
class GtpTunnel : public Object
{
  public:
    static constexpr uint16_t PORT = 2152; //!< TS 29.281, 4.4.2.3

    /** GTP-U with optional fields and the PDU session container that N3 has (TS 38.415, 5.5.2). */
    static constexpr uint32_t GTP_BYTES = 12 + 4;

    /** VXLAN (RFC 7348, 5): outer Ethernet, IPv4, UDP, VXLAN, inner Ethernet. */
    static constexpr uint32_t VXLAN_BYTES = 14 + 20 + 8 + 8 + 14;

    static TypeId GetTypeId();

    /** What takes the packets that come out. @param teid tunnel endpoint identifier */
    using Receiver = Callback<void, Ptr<Packet>, uint32_t>;

    /**
     * Opens this end.
     * @param node with an IPv4 stack
     * @param peer address of the other end
     * @param receiver of what comes out
     */
    void Open(Ptr<Node> node, Ipv4Address peer, Receiver receiver);

    /**
     * Sends an IP packet to the other end.
     * @param packet taken over
     * @param teid tunnel endpoint identifier
     * @param dscp of the outer header, 0 to 63
     * @return false if the node had no way for it
     */
    bool Send(Ptr<Packet> packet, uint32_t teid, uint8_t dscp);

  protected:
    void DoDispose() override;

  private:
    void Read(Ptr<Socket> socket);
    uint32_t TailBytes(const GtpuHeader& header) const;

    uint32_t m_overlayBytes; //!< of an overlay network's headers
    Ptr<Socket> m_socket;    //!< made when opened
    Receiver m_receiver;     //!< of what comes out
};

} // namespace ns3

#endif // SLICEBED_GTP_TUNNEL_H
