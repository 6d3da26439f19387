// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_UE_NET_DEVICE_H
#define SLICEBED_CELL_UE_NET_DEVICE_H

#include "cell/cell-net-device.h"

#include <vector>

namespace ns3
{

/** The UE's end of the air. */
class CellUeNetDevice : public CellNetDevice
{
  public:
    static TypeId GetTypeId();

    /** To be called by the network when the UE is served. */
    void Attach(uint32_t ue, uint16_t cell, uint16_t slice);

    /** Takes IP packets off the air, in order. */
    void Deliver(const std::vector<Ptr<Packet>>& packets);

    uint32_t GetUeId() const;
    uint16_t GetCellId() const;
    uint16_t GetSlice() const;

  private:
    uint32_t m_ue{0};    //!< id
    uint16_t m_cell{0};  //!< that serves it
    uint16_t m_slice{0}; //!< it belongs to
};

} // namespace ns3

#endif // SLICEBED_CELL_UE_NET_DEVICE_H
