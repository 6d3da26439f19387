// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_UE_NET_DEVICE_H
#define SLICEBED_CELL_UE_NET_DEVICE_H

#include "cell/cell-net-device.h"

namespace ns3
{

class CellNetwork;

/** The UE's end of the air. */
class CellUeNetDevice : public CellNetDevice
{
  public:
    static TypeId GetTypeId();

    /** To be called once, by the network that the UE belongs to. */
    void Attach(CellNetwork* network, uint32_t ue, uint16_t slice);

    /** Sends an IP packet uplink. @return false if it was dropped at once; the network's SduDropped
     * trace says why */
    bool Send(Ptr<Packet> packet, const Address& dest, uint16_t protocol) override;

    /** Takes an IP packet off the air. */
    void Deliver(Ptr<Packet> packet);

    uint32_t GetUeId() const;

    /** @return the cell that serves it now */
    uint16_t GetCellId() const;
    uint16_t GetSlice() const;

  private:
    CellNetwork* m_network{nullptr}; //!< outlives its devices' use
    uint32_t m_ue{0};                //!< id
    uint16_t m_slice{0};             //!< it belongs to
};

} // namespace ns3

#endif // SLICEBED_CELL_UE_NET_DEVICE_H
