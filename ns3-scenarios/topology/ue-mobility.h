// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_UE_MOBILITY_H
#define SLICEBED_UE_MOBILITY_H

#include "ns3/mobility-model.h"
#include "ns3/nstime.h"
#include "ns3/vector.h"

#include <string>
#include <utility>
#include <vector>

namespace ns3
{

inline constexpr double UE_HEIGHT_M = 1.5; //!< TR 38.901 Table 7.2-1

/** How UEs move. */
enum class UeMobility
{
    WALK,     //!< at random in a square about their place, turning every 5 s
    WAYPOINT, //!< from one random place of the network to the next
    TRACE     //!< as a file says
};

/** What walking and random-waypoint UEs have in common. */
struct UeMovement
{
    UeMobility mobility{UeMobility::WALK};
    double speedMps{0};  //!< 0: they stand still
    double roamM{20};    //!< walk: half side of the square
    Vector centre{};     //!< waypoint: of the disc that they cross
    double radiusM{500}; //!< waypoint: of the same
};

/** @return a mobility model that starts at a place @param stream first of ten random streams */
Ptr<MobilityModel> MakeUeMobility(const UeMovement& movement, const Vector& start, int64_t stream);

/** Where UEs are over time, read from a file. */
class UeTrace
{
  public:
    /**
     * Reads a CSV file with header `time_s,ue,x_m,y_m`: UEs from 0 without gaps, times of each from
     * 0 on and rising; between them UEs move straight.
     * @param sites whose coverage UEs stay in
     * @param reachM how far that is from a site
     * @throws std::invalid_argument naming file, line, value and what would be right
     */
    UeTrace(const std::string& path, const std::vector<Vector>& sites, double reachM);

    size_t GetUes() const;

    /** @return a mobility model that follows the file */
    Ptr<MobilityModel> MakeMobility(size_t ue) const;

  private:
    std::vector<std::vector<std::pair<Time, Vector>>> m_points; //!< by UE
};

} // namespace ns3

#endif // SLICEBED_UE_MOBILITY_H
