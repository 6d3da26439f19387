// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_HEX_GRID_H
#define SLICEBED_HEX_GRID_H

#include "ns3/vector.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{

/** Boresights of the three sectors of a site, counter-clockwise from east [degree]. */
inline constexpr std::array<double, 3> SECTOR_BEARINGS_DEG{30, 150, 270};

/**
 * Sites on a hexagonal grid, numbered along a spiral from the centre.
 *
 * @param sites how many
 * @param interSiteDistanceM between neighbours [m]
 * @param heightM of the antennas [m]
 * @return their positions
 */
std::vector<Vector> HexGrid(uint32_t sites, double interSiteDistanceM, double heightM);

} // namespace ns3

#endif // SLICEBED_HEX_GRID_H
