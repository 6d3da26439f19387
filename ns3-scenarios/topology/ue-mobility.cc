// SPDX-License-Identifier: GPL-2.0-only
#include "topology/ue-mobility.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/object-factory.h"
#include "ns3/pointer.h"
#include "ns3/position-allocator.h"
#include "ns3/random-walk-2d-mobility-model.h"
#include "ns3/random-waypoint-mobility-model.h"
#include "ns3/rectangle.h"
#include "ns3/string.h"
#include "ns3/waypoint-mobility-model.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace ns3
{

namespace
{

const std::string HEADER = "time_s,ue,x_m,y_m";

std::string
Constant(double value)
{
    return "ns3::ConstantRandomVariable[Constant=" + std::to_string(value) + "]";
}

Ptr<MobilityModel>
MakeWalk(const UeMovement& movement, const Vector& start)
{
    const Rectangle square(start.x - movement.roamM,
                           start.x + movement.roamM,
                           start.y - movement.roamM,
                           start.y + movement.roamM);
    return CreateObjectWithAttributes<RandomWalk2dMobilityModel>(
        "Bounds",
        RectangleValue(square),
        "Mode",
        StringValue("Time"),
        "Time",
        TimeValue(Seconds(5)),
        "Speed",
        StringValue(Constant(movement.speedMps)));
}

Ptr<MobilityModel>
MakeRandomWaypoint(const UeMovement& movement)
{
    auto places = CreateObjectWithAttributes<RandomDiscPositionAllocator>(
        "X",
        DoubleValue(movement.centre.x),
        "Y",
        DoubleValue(movement.centre.y),
        "Z",
        DoubleValue(UE_HEIGHT_M),
        "Rho",
        StringValue("ns3::UniformRandomVariable[Min=0|Max=" + std::to_string(movement.radiusM) +
                    "]"));
    return CreateObjectWithAttributes<RandomWaypointMobilityModel>(
        "Speed",
        StringValue(Constant(movement.speedMps)),
        "Pause",
        StringValue(Constant(0)),
        "PositionAllocator",
        PointerValue(places));
}

/** One line of a trace. */
struct Line
{
    double timeS;
    double ue;
    double x;
    double y;
};

[[noreturn]] void
Refuse(const std::string& path, size_t line, const std::string& what)
{
    throw std::invalid_argument("mobility_file " + path + ", line " + std::to_string(line) + ": " +
                                what);
}

Line
Parse(const std::string& path, size_t number, const std::string& text)
{
    std::istringstream in(text);
    Line line{};
    char comma[3] = {};
    in >> line.timeS >> comma[0] >> line.ue >> comma[1] >> line.x >> comma[2] >> line.y;
    const bool commas = std::all_of(comma, comma + 3, [](char c) { return c == ','; });
    if (!in || !commas || in.peek() != std::char_traits<char>::eof())
    {
        Refuse(path, number, "'" + text + "' is not four numbers " + HEADER);
    }
    return line;
}

double
DistanceToNearest(const std::vector<Vector>& sites, const Line& line)
{
    double nearestM = std::numeric_limits<double>::infinity();
    for (const auto& site : sites)
    {
        nearestM = std::min(nearestM, std::hypot(line.x - site.x, line.y - site.y));
    }
    return nearestM;
}

} // namespace

Ptr<MobilityModel>
MakeUeMobility(const UeMovement& movement, const Vector& start, int64_t stream)
{
    Ptr<MobilityModel> mobility;
    if (movement.speedMps <= 0)
    {
        mobility = CreateObject<ConstantPositionMobilityModel>();
    }
    else
    {
        mobility = movement.mobility == UeMobility::WAYPOINT ? MakeRandomWaypoint(movement)
                                                             : MakeWalk(movement, start);
        mobility->AssignStreams(stream);
    }
    mobility->SetPosition(start);
    return mobility;
}

UeTrace::UeTrace(const std::string& path, const std::vector<Vector>& sites, double reachM)
{
    std::ifstream in(path);
    std::string text;
    if (!std::getline(in, text))
    {
        throw std::invalid_argument("mobility_file " + path + " cannot be read, or is empty");
    }
    if (text != HEADER)
    {
        Refuse(path, 1, "'" + text + "'; the header " + HEADER + " is required");
    }
    for (size_t number = 2; std::getline(in, text); ++number)
    {
        const auto line = Parse(path, number, text);
        if (line.ue < 0 || line.ue != std::floor(line.ue) || line.ue > m_points.size())
        {
            Refuse(path,
                   number,
                   "UE " + std::to_string(line.ue) + " comes before UE " +
                       std::to_string(m_points.size()));
        }
        if (DistanceToNearest(sites, line) > reachM)
        {
            Refuse(path,
                   number,
                   "UE " + std::to_string(static_cast<size_t>(line.ue)) +
                       " is outside all coverage: the nearest site is " +
                       std::to_string(std::lround(DistanceToNearest(sites, line))) +
                       " m away; at most " + std::to_string(std::lround(reachM)) +
                       " m are allowed");
        }
        m_points.resize(std::max(m_points.size(), static_cast<size_t>(line.ue) + 1));
        auto& points = m_points[static_cast<size_t>(line.ue)];
        const Time at = Seconds(line.timeS);
        if (points.empty() ? at != Time(0) : at <= points.back().first)
        {
            Refuse(path,
                   number,
                   "time_s is " + std::to_string(line.timeS) +
                       (points.empty() ? "; a UE's first is 0" : "; times rise"));
        }
        points.emplace_back(at, Vector(line.x, line.y, UE_HEIGHT_M));
    }
}

size_t
UeTrace::GetUes() const
{
    return m_points.size();
}

Ptr<MobilityModel>
UeTrace::MakeMobility(size_t ue) const
{
    auto mobility = CreateObject<WaypointMobilityModel>();
    for (const auto& [at, place] : m_points.at(ue))
    {
        mobility->AddWaypoint(Waypoint(at, place));
    }
    return mobility;
}

} // namespace ns3
