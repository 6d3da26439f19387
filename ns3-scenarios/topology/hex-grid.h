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

/**
 * Translations that put copies of the cluster of HexGrid's first sites side by side without gaps or
 * overlaps.
 *
 * @param sites of the cluster: 1, 7 or 19
 * @param interSiteDistanceM between neighbours [m]
 * @return the six neighbours' translations, and none first
 * @throws std::invalid_argument for other numbers of sites: their clusters do not close
 */
std::vector<Vector> WrapAroundShifts(uint32_t sites, double interSiteDistanceM);

} // namespace ns3

#endif // SLICEBED_HEX_GRID_H
