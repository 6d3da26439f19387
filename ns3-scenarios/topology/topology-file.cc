// SPDX-License-Identifier: GPL-2.0-only
#include "topology/topology-file.h"

#include "topology/hex-grid.h"
#include "topology/sliced-cells.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace ns3
{

namespace
{

constexpr double GRID_STEP_M = 10;
constexpr int DIGITS = 12; // rates to the bit/s

/** Joins what `item` writes for 0 .. count-1 by commas. */
template <typename F>
std::string
List(size_t count, F&& item)
{
    std::ostringstream out;
    out << std::setprecision(7) << "[";
    for (size_t i = 0; i < count; ++i)
    {
        out << (i == 0 ? "" : ",");
        item(out, i);
    }
    out << "]";
    return out.str();
}

std::string
Nodes(const std::vector<TopologyNode>& nodes)
{
    return List(nodes.size(), [&](std::ostream& out, size_t i) {
        const auto& entry = nodes[i];
        out << R"({"name":")" << entry.name << R"(","kind":")" << entry.kind << R"(","x":)"
            << entry.x << R"(,"y":)" << entry.y;
        if (entry.slice)
        {
            out << R"(,"slice":)" << *entry.slice;
        }
        if (const auto mobility = entry.node->GetObject<MobilityModel>())
        {
            const auto position = mobility->GetPosition();
            out << R"(,"x_m":)" << position.x << R"(,"y_m":)" << position.y;
        }
        out << "}";
    });
}

/** Writes the ends of a link, and what it is, in an object. */
template <typename L, typename F>
std::string
Links(const TopologyDescription& description, const std::vector<L>& links, F&& properties)
{
    return List(links.size(), [&](std::ostream& out, size_t i) {
        out << std::setprecision(DIGITS) << R"({"from":")" << description.nodes[links[i].from].name
            << R"(","to":")" << description.nodes[links[i].to].name << R"(",)";
        properties(out, links[i]);
        out << "}";
    });
}

std::string
Wires(const TopologyDescription& description)
{
    return Links(description, description.wires, [](std::ostream& out, const TopologyWire& wire) {
        out << R"("rate_bps":)" << wire.rate.GetBitRate() << R"(,"delay_s":)"
            << wire.delay.GetSeconds();
    });
}

std::string
Airs(const TopologyDescription& description)
{
    return Links(description, description.airs, [](std::ostream& out, const TopologyAir& air) {
        out << R"("bandwidth_hz":)" << air.bandwidthHz;
    });
}

std::string
Sites(const std::vector<Vector>& sites)
{
    return List(sites.size(), [&](std::ostream& out, size_t i) {
        out << R"({"id":)" << i << R"(,"x_m":)" << sites[i].x << R"(,"y_m":)" << sites[i].y << "}";
    });
}

std::string
Cells(const std::vector<Vector>& sites, uint32_t sectors)
{
    return List(sites.size() * sectors, [&](std::ostream& out, size_t i) {
        const auto& site = sites[i / sectors];
        out << R"({"id":)" << i << R"(,"site":)" << i / sectors << R"(,"bearing_deg":)"
            << SECTOR_BEARINGS_DEG[i % sectors] << R"(,"x_m":)" << site.x << R"(,"y_m":)" << site.y
            << "}";
    });
}

std::string
Ues(const SlicedCells& cells)
{
    const auto& ues = cells.GetUes();
    return List(ues.size(), [&](std::ostream& out, size_t i) {
        const auto position = ues[i].node->GetObject<MobilityModel>()->GetPosition();
        out << R"({"id":)" << i << R"(,"cell":)" << ues[i].cell << R"(,"slice":)"
            << cells.GetConfig().services[ues[i].slice].id << R"(,"x_m":)" << position.x
            << R"(,"y_m":)" << position.y << "}";
    });
}

std::string
SinrMap(const SlicedCells& cells)
{
    const auto& sites = cells.GetSites();
    const double marginM = 0.75 * cells.GetConfig().interSiteDistanceM;
    auto [west, east] =
        std::minmax_element(sites.begin(), sites.end(), [](auto& a, auto& b) { return a.x < b.x; });
    auto [south, north] =
        std::minmax_element(sites.begin(), sites.end(), [](auto& a, auto& b) { return a.y < b.y; });
    const double x0 = west->x - marginM;
    const double y0 = south->y - marginM;
    const auto columns = static_cast<size_t>(std::ceil((east->x + marginM - x0) / GRID_STEP_M));
    const auto rows = static_cast<size_t>(std::ceil((north->y + marginM - y0) / GRID_STEP_M));
    std::vector<Vector> points;
    points.reserve(columns * rows);
    for (size_t row = 0; row < rows; ++row)
    {
        for (size_t column = 0; column < columns; ++column)
        {
            points.emplace_back(x0 + column * GRID_STEP_M, y0 + row * GRID_STEP_M, UE_HEIGHT_M);
        }
    }
    const auto sinrDb = cells.GetRadio()->GetChannel()->MeanSinrMapDb(points);
    std::ostringstream out;
    out << R"({"x0_m":)" << x0 << R"(,"y0_m":)" << y0 << R"(,"step_m":)" << GRID_STEP_M
        << R"(,"columns":)" << columns << R"(,"rows":)" << rows << R"(,"sinr_db":)"
        << List(sinrDb.size(),
                [&](std::ostream& list, size_t i) { list << std::round(sinrDb[i] * 10) / 10; })
        << "}";
    return out.str();
}

/** Writes a file whole or not at all. */
void
WriteWhole(const std::string& text, const std::string& path)
{
    const std::string partial = path + ".partial";
    std::ofstream out(partial);
    out << text;
    out.close();
    if (!out || std::rename(partial.c_str(), path.c_str()) != 0)
    {
        throw std::invalid_argument("topology_file " + path + ": cannot be written");
    }
}

} // namespace

void
WriteTopologyFile(const TopologyDescription& description, const std::string& path)
{
    WriteWhole(R"({"nodes":)" + Nodes(description.nodes) + ",\n" + R"("wires":)" +
                   Wires(description) + ",\n" + R"("airs":)" + Airs(description) + "}\n",
               path);
}

void
WriteTopologyFile(const SlicedCells& cells, const std::string& path)
{
    WriteWhole(R"({"sites":)" + Sites(cells.GetSites()) + ",\n" + R"("cells":)" +
                   Cells(cells.GetSites(), cells.GetConfig().sectors) + ",\n" + R"("ues":)" +
                   Ues(cells) + ",\n" + R"("sinr_map":)" + SinrMap(cells) + "}\n",
               path);
}

} // namespace ns3
