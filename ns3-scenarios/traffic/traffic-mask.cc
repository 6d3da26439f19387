// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/traffic-mask.h"

#include "traffic/daily-profile.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ns3
{

namespace
{

const std::string COLUMN_PREFIX = "slice_";
const std::string CONSTANT = "constant";

std::vector<std::string>
SplitAtCommas(const std::string& line)
{
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');)
    {
        cells.push_back(cell);
    }
    return cells;
}

/** Says where in the file something is wrong. */
[[noreturn]] void
Refuse(const std::string& path, size_t line, const std::string& what)
{
    throw std::invalid_argument("mask_file " + path + ", line " + std::to_string(line) + ": " +
                                what);
}

template <typename T>
bool
ParseWhole(const std::string& text, T& value)
{
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end;
}

std::vector<uint32_t>
ParseHeader(const std::string& path, const std::string& line)
{
    const auto names = SplitAtCommas(line);
    std::vector<uint32_t> slices;
    for (size_t column = 1; column < names.size(); ++column)
    {
        uint32_t slice = 0;
        if (names[column].rfind(COLUMN_PREFIX, 0) != 0 ||
            !ParseWhole(names[column].substr(COLUMN_PREFIX.size()), slice))
        {
            Refuse(path, 1, "column '" + names[column] + "' is not slice_<id>");
        }
        slices.push_back(slice);
    }
    if (names.empty() || names[0] != "step" || slices.empty())
    {
        Refuse(path, 1, "the header is 'step,slice_<id>,...', not '" + line + "'");
    }
    return slices;
}

} // namespace

TrafficMask
TrafficMask::FromProfile(uint32_t firstInterval, uint32_t intervalsPerQuarter)
{
    TrafficMask mask;
    mask.m_source = "profile";
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
TrafficMask::FromCsv(const std::string& path)
{
    std::ifstream in(path);
    std::string line;
    if (!in || !std::getline(in, line))
    {
        throw std::invalid_argument("mask_file " + path + ": not a readable, non-empty file");
    }
    TrafficMask mask;
    mask.m_source = path;
    const auto slices = ParseHeader(path, line);
    for (size_t number = 2; std::getline(in, line); ++number)
    {
        const auto cells = SplitAtCommas(line);
        uint32_t step = 0;
        if (cells.size() != slices.size() + 1)
        {
            Refuse(path,
                   number,
                   std::to_string(cells.size()) + " columns; the header has " +
                       std::to_string(slices.size() + 1));
        }
        if (!ParseWhole(cells[0], step) || step != number - 2)
        {
            Refuse(path,
                   number,
                   "step is '" + cells[0] + "'; " + std::to_string(number - 2) + " comes next");
        }
        for (size_t i = 0; i < slices.size(); ++i)
        {
            double value = -1;
            if (!ParseWhole(cells[i + 1], value) || !(value >= 0 && value <= 1))
            {
                Refuse(path,
                       number,
                       COLUMN_PREFIX + std::to_string(slices[i]) + " is '" + cells[i + 1] +
                           "'; a number between 0 and 1 is required");
            }
            mask.m_series[slices[i]].push_back(value);
        }
    }
    return mask;
}

double
TrafficMask::Get(uint32_t interval, uint32_t slice) const
{
    if (m_source == CONSTANT)
    {
        return 1;
    }
    if (m_series.empty())
    {
        return DailyProfile(slice - 1, 1.0 * (m_firstInterval + interval) / m_intervalsPerQuarter);
    }
    return m_series.at(slice).at(interval);
}

void
TrafficMask::Require(uint32_t intervals, const std::vector<uint32_t>& slices) const
{
    if (m_series.empty())
    {
        return; // for ever, for all
    }
    for (const auto slice : slices)
    {
        const auto series = m_series.find(slice);
        if (series == m_series.end())
        {
            throw std::invalid_argument("mask_file " + m_source + " has no column " +
                                        COLUMN_PREFIX + std::to_string(slice));
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
