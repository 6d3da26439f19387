// SPDX-License-Identifier: GPL-2.0-only
#include "topology/hex-grid.h"

#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>

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

std::vector<Vector>
WrapAroundShifts(uint32_t sites, double interSiteDistanceM)
{
    // A cluster of N = i^2 + ij + j^2 sites repeats i steps along one axis of the grid and j along
    // the next: clusters of whole rings are j = i + 1.
    const std::map<uint32_t, uint32_t> steps{{1, 0}, {7, 1}, {19, 2}};
    const auto found = steps.find(sites);
    if (found == steps.end())
    {
        throw std::invalid_argument("sites is " + std::to_string(sites) +
                                    "; wrap_around needs 1, 7 or 19, whose cluster closes");
    }
    const double i = found->second;
    const double j = found->second + 1;
    std::vector<Vector> shifts{{0, 0, 0}};
    for (uint32_t turn = 0; turn < 6; ++turn)
    {
        const double along = turn * std::numbers::pi / 3;
        const double next = (turn + 1) * std::numbers::pi / 3;
        shifts.emplace_back(interSiteDistanceM * (j * std::cos(along) + i * std::cos(next)),
                            interSiteDistanceM * (j * std::sin(along) + i * std::sin(next)),
                            0);
    }
    return shifts;
}

} // namespace ns3
