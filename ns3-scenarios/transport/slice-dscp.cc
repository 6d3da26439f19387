// SPDX-License-Identifier: GPL-2.0-only
#include "transport/slice-dscp.h"

#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{

constexpr uint8_t POOL_BITS = 2;  //!< that tell the pools of code points apart
constexpr uint8_t LOCAL_USE = 3;  //!< their value in pool 2
constexpr uint8_t POOL_MASK = 3;  //!< where they are
constexpr uint8_t ECN_BITS = 2;   //!< right of the DSCP in the TOS byte
constexpr uint8_t DSCP_LAST = 63; //!< 6 bit

} // namespace

uint8_t
SliceToDscp(uint16_t slice)
{
    if (slice < FIRST_MARKED_SLICE || slice > LAST_MARKED_SLICE)
    {
        throw std::invalid_argument(
            "slice " + std::to_string(slice) + " has no DSCP; marked slices are " +
            std::to_string(FIRST_MARKED_SLICE) + " to " + std::to_string(LAST_MARKED_SLICE));
    }
    return static_cast<uint8_t>((slice - FIRST_MARKED_SLICE) << POOL_BITS | LOCAL_USE);
}

std::optional<uint16_t>
DscpToSlice(uint8_t dscp)
{
    if (dscp > DSCP_LAST || (dscp & POOL_MASK) != LOCAL_USE)
    {
        return std::nullopt;
    }
    return static_cast<uint16_t>((dscp >> POOL_BITS) + FIRST_MARKED_SLICE);
}

void
MarkSlice(Ptr<Socket> socket, uint16_t slice)
{
    socket->SetIpTos(static_cast<uint8_t>(SliceToDscp(slice) << ECN_BITS));
}

} // namespace ns3
