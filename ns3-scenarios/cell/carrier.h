// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CARRIER_H
#define SLICEBED_CARRIER_H

#include "ns3/nstime.h"

#include <cstdint>

namespace ns3
{

/** Whose standard a carrier follows. */
enum class Technology : uint8_t
{
    LTE,
    NR
};

/** How a carrier is divided in frequency and time. */
struct Carrier
{
    Technology technology; //!< its standard
    uint32_t prbs;         //!< of the carrier
    uint32_t rbgPrbs;      //!< of a resource block group; the last one may be smaller
    double prbHz;          //!< width of a PRB [Hz]
    double bandwidthHz;    //!< of the channel, guard bands included [Hz]
    Time slot;             //!< length of a slot
};

/**
 * @param technology of the carrier
 * @param numerology mu of NR (TS 38.211, 4.2), 0 or 1; 0 for LTE
 * @param bandwidthMhz of the channel
 * @return the carrier: PRBs by TS 36.101 Table 5.6-1 or TS 38.101-1 Table 5.3.2-1, groups by TS
 * 36.213 Table 7.1.6.1-1 or TS 38.214 Table 5.1.2.2.1-1 (configuration 1)
 * @throws std::invalid_argument naming the parameter, its value and what would be right
 */
Carrier MakeCarrier(Technology technology, uint32_t numerology, double bandwidthMhz);

} // namespace ns3

#endif // SLICEBED_CARRIER_H
