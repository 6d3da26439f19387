// SPDX-License-Identifier: GPL-2.0-only
// How packets say which slice they belong to on their way through the transport network.
#ifndef SLICEBED_SLICE_MARK_H
#define SLICEBED_SLICE_MARK_H

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace ns3
{

/**
 * The mark is the DSCP of the IP header: what TS 23.501 (5.8.2.7) has UPF and gNB write into the
 * outer header, and what real routers read. Slices take RFC 2474's pool 3 (xxxx01), which is there
 * for local use and so never means one of the standard classes.
 */
class SliceMark
{
  public:
    static constexpr uint32_t MAX_SLICES = 16; //!< code points in pool 3

    /** @throws std::invalid_argument for a slice from MAX_SLICES on */
    static uint8_t DscpOf(uint32_t slice)
    {
        if (slice >= MAX_SLICES)
        {
            throw std::invalid_argument("slice " + std::to_string(slice) +
                                        " has no mark; at most " + std::to_string(MAX_SLICES) +
                                        " slices, from 0, can share a transport link");
        }
        return static_cast<uint8_t>(slice << 2 | POOL);
    }

    /** @return the slice that a DSCP marks, if it does */
    static std::optional<uint32_t> SliceOf(uint8_t dscp)
    {
        return (dscp & POOL_MASK) == POOL ? std::optional<uint32_t>(dscp >> 2) : std::nullopt;
    }

  private:
    static constexpr uint8_t POOL = 0b01;
    static constexpr uint8_t POOL_MASK = 0b11;
};

} // namespace ns3

#endif // SLICEBED_SLICE_MARK_H
