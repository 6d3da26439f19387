// SPDX-License-Identifier: GPL-2.0-only
#include "topology/hex-grid.h"

#include <cmath>
#include <numbers>

namespace ns3
{

std::vector<Vector>
HexGrid(uint32_t sites, double interSiteDistanceM, double heightM)
{
    std::vector<Vector> positions{{0, 0, heightM}};
    for (uint32_t ring = 1; positions.size() < sites; ++ring)
    {
        // A ring starts at its eastern corner; each of its six sides is `ring` steps long.
        double x = ring * interSiteDistanceM;
        double y = 0;
        for (uint32_t side = 0; side < 6; ++side)
        {
            const double heading = (120 + 60 * side) * std::numbers::pi / 180;
            for (uint32_t step = 0; step < ring && positions.size() < sites; ++step)
            {
                positions.emplace_back(x, y, heightM);
                x += interSiteDistanceM * std::cos(heading);
                y += interSiteDistanceM * std::sin(heading);
            }
        }
    }
    return positions;
}

} // namespace ns3
