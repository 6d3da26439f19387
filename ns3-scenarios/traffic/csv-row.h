// SPDX-License-Identifier: GPL-2.0-only
// What the readers of CSV files share: cells of a line, numbers of which nothing is left.
#ifndef SLICEBED_CSV_ROW_H
#define SLICEBED_CSV_ROW_H

#include <charconv>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace ns3
{

/** @return the cells of a line without quotes */
inline std::vector<std::string>
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

/** Reads a number. @return whether the text is one, and nothing else */
template <typename T>
bool
ParseWhole(const std::string& text, T& value)
{
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end;
}

} // namespace ns3

#endif // SLICEBED_CSV_ROW_H
