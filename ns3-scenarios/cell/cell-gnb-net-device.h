// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_GNB_NET_DEVICE_H
#define SLICEBED_CELL_GNB_NET_DEVICE_H

#include "cell/cell-net-device.h"

namespace ns3
{

class CellNetwork;

/** The base station's end of the air, one a cell. */
class CellGnbNetDevice : public CellNetDevice
{
  public:
    static TypeId GetTypeId();

    /** To be called once, by the network that the cell belongs to. */
    void Attach(CellNetwork* network, uint16_t cell);

    /**
     * Gives the cell an IP packet for a UE; what becomes of it the network's traces tell.
     * @param packet with its IP header; taken over
     * @param ue id of the UE
     */
    void EnqueueDownlink(Ptr<Packet> packet, uint32_t ue);

    /** @param callback that takes the IP packets that UEs have sent */
    void SetUplinkCallback(Callback<void, Ptr<Packet>> callback);

    /** Takes an IP packet off the air. */
    void Deliver(Ptr<Packet> packet);

    uint16_t GetCellId() const;

  private:
    CellNetwork* m_network{nullptr};              //!< outlives its devices' use
    uint16_t m_cell{0};                           //!< id
    Callback<void, Ptr<Packet>> m_uplinkCallback; //!< towards the core network
};

} // namespace ns3

#endif // SLICEBED_CELL_GNB_NET_DEVICE_H
