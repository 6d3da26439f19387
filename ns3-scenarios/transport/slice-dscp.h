// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_DSCP_H
#define SLICEBED_SLICE_DSCP_H

#include "ns3/socket.h"

#include <cstdint>
#include <optional>

namespace ns3
{

/*
 * The slice of a packet, written where networks write it: in the DSCP field of its IP header.
 *
 * An ns-3 packet tag would hold any number, but tags belong to the simulation: they are lost where
 * a model builds a new packet (TCP segments, RLC, tunnels) and no network has them. The DSCP is
 * part of the packet, survives all of this, and shows in a pcap file. Its price is room for few
 * slices: the 16 code points xxxx11 ("pool 2" of RFC 2474, section 6) are for local use; slice s
 * has code point (s - 1) << 2 | 3. All others mean what they mean elsewhere: the packet is in no
 * slice.
 */

constexpr uint16_t FIRST_MARKED_SLICE = 1; //!< least slice id with a code point
constexpr uint16_t LAST_MARKED_SLICE = 16; //!< largest slice id with a code point

/** @return the code point of a slice. @throws std::invalid_argument if it has none */
uint8_t SliceToDscp(uint16_t slice);

/** @return the slice of a code point (6 bit), if it stands for one */
std::optional<uint16_t> DscpToSlice(uint8_t dscp);

/** Marks all that a socket sends from now on. @throws std::invalid_argument as SliceToDscp */
void MarkSlice(Ptr<Socket> socket, uint16_t slice);

} // namespace ns3

#endif // SLICEBED_SLICE_DSCP_H
