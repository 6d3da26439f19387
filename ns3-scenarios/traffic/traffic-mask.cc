// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/traffic-mask.h"

#include "traffic/csv-row.h"
#include "traffic/daily-profile.h"

#include <fstream>
#include <stdexcept>

namespace ns3
{

namespace
{

const std::string CONSTANT = "constant";

/** Says where in the file something is wrong. */
[[noreturn]] void
Refuse(const std::string& path, size_t line, const std::string& what)
{
    throw std::invalid_argument("mask_file " + path + ", line " + std::to_string(line) + ": " +
                                what);
}

std::vector<uint32_t>
ParseHeader(const std::string& path, const std::string& line, const std::string& prefix)
{
    const auto names = SplitAtCommas(line);
    std::vector<uint32_t> ids;
    for (size_t column = 1; column < names.size(); ++column)
    {
        uint32_t id = 0;
        if (names[column].rfind(prefix, 0) != 0 ||
            !ParseWhole(names[column].substr(prefix.size()), id))
        {
            Refuse(path, 1, "column '" + names[column] + "' is not " + prefix + "<id>");
        }
        ids.push_back(id);
    }
    if (names.empty() || names[0] != "step" || ids.empty())
    {
        Refuse(path, 1, "the header is 'step," + prefix + "<id>,...', not '" + line + "'");
    }
    return ids;
}

} // namespace

TrafficMask
TrafficMask::FromProfile(uint32_t firstInterval,
                         const MaskColumns& columns,
                         double intervalsPerQuarter)
{
    TrafficMask mask;
    mask.m_source = "profile";
    mask.m_columns = columns;
    mask.m_firstInterval = firstInterval;
    mask.m_intervalsPerQuarter = intervalsPerQuarter;
    return mask;
}

TrafficMask
TrafficMask::Constant()
{
    TrafficMask mask;
    mask.m_source = CONSTANT;
    return mask;
}

TrafficMask
TrafficMask::FromCsv(const std::string& path, const MaskColumns& columns)
{
    std::ifstream in(path);
    std::string line;
    if (!in || !std::getline(in, line))
    {
        throw std::invalid_argument("mask_file " + path + ": not a readable, non-empty file");
    }
    TrafficMask mask;
    mask.m_source = path;
    mask.m_columns = columns;
    const auto ids = ParseHeader(path, line, columns.prefix);
    for (size_t number = 2; std::getline(in, line); ++number)
    {
        const auto cells = SplitAtCommas(line);
        uint32_t step = 0;
        if (cells.size() != ids.size() + 1)
        {
            Refuse(path,
                   number,
                   std::to_string(cells.size()) + " columns; the header has " +
                       std::to_string(ids.size() + 1));
        }
        if (!ParseWhole(cells[0], step) || step != number - 2)
        {
            Refuse(path,
                   number,
                   "step is '" + cells[0] + "'; " + std::to_string(number - 2) + " comes next");
        }
        for (size_t i = 0; i < ids.size(); ++i)
        {
            double value = -1;
            if (!ParseWhole(cells[i + 1], value) || !(value >= 0 && value <= 1))
            {
                Refuse(path,
                       number,
                       columns.prefix + std::to_string(ids[i]) + " is '" + cells[i + 1] +
                           "'; a number between 0 and 1 is required");
            }
            mask.m_series[ids[i]].push_back(value);
        }
    }
    return mask;
}

double
TrafficMask::Get(uint32_t interval, uint32_t id) const
{
    if (m_source == CONSTANT)
    {
        return 1;
    }
    if (m_series.empty())
    {
        return DailyProfile(id - m_columns.firstId,
                            (m_firstInterval + interval) / m_intervalsPerQuarter);
    }
    return m_series.at(id).at(interval);
}

void
TrafficMask::Require(uint32_t intervals, const std::vector<uint32_t>& ids) const
{
    if (m_series.empty())
    {
        return; // for ever, for all
    }
    for (const auto id : ids)
    {
        const auto series = m_series.find(id);
        if (series == m_series.end())
        {
            throw std::invalid_argument("mask_file " + m_source + " has no column " +
                                        m_columns.prefix + std::to_string(id));
        }
        if (series->second.size() < intervals)
        {
            throw std::invalid_argument(
                "mask_file " + m_source + " has " + std::to_string(series->second.size()) +
                " intervals; steps=" + std::to_string(intervals) + " needs as many");
        }
    }
}

const std::string&
TrafficMask::GetSource() const
{
    return m_source;
}

} // namespace ns3
