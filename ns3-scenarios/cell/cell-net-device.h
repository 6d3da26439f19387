// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_NET_DEVICE_H
#define SLICEBED_CELL_NET_DEVICE_H

#include "ns3/mac48-address.h"
#include "ns3/net-device.h"
#include "ns3/node.h"
#include "ns3/traced-callback.h"

namespace ns3
{

/** What the two ends of the air share as net devices: a point-to-point link for IP packets. */
class CellNetDevice : public NetDevice
{
  public:
    static TypeId GetTypeId();
    CellNetDevice();

    void SetIfIndex(uint32_t index) override;
    uint32_t GetIfIndex() const override;
    Ptr<Channel> GetChannel() const override;
    void SetAddress(Address address) override;
    Address GetAddress() const override;
    bool SetMtu(uint16_t mtu) override;
    uint16_t GetMtu() const override;
    bool IsLinkUp() const override;
    void AddLinkChangeCallback(Callback<void> callback) override;
    bool IsBroadcast() const override;
    Address GetBroadcast() const override;
    bool IsMulticast() const override;
    Address GetMulticast(Ipv4Address group) const override;
    Address GetMulticast(Ipv6Address group) const override;
    bool IsBridge() const override;
    bool IsPointToPoint() const override;
    bool Send(Ptr<Packet> packet, const Address& dest, uint16_t protocol) override;
    bool SendFrom(Ptr<Packet> packet,
                  const Address& source,
                  const Address& dest,
                  uint16_t protocol) override;
    Ptr<Node> GetNode() const override;
    void SetNode(Ptr<Node> node) override;
    bool NeedsArp() const override;
    void SetReceiveCallback(ReceiveCallback callback) override;
    void SetPromiscReceiveCallback(PromiscReceiveCallback callback) override;
    bool SupportsSendFrom() const override;

  protected:
    void DoDispose() override;

    /** Hands an IP packet to the node's protocol stack. */
    void ReceiveUp(Ptr<Packet> packet);

  private:
    Ptr<Node> m_node;                                //!< it is on
    uint32_t m_index{0};                             //!< on that node
    uint16_t m_mtu{1500};                            //!< [byte]
    Mac48Address m_address;                          //!< unused on the air
    ReceiveCallback m_receive;                       //!< the stack
    TracedCallback<Ptr<const Packet>> m_txDropTrace; //!< nothing can be sent this way
};

} // namespace ns3

#endif // SLICEBED_CELL_NET_DEVICE_H
