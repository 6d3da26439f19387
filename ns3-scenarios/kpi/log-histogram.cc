// SPDX-License-Identifier: GPL-2.0-only
#include "kpi/log-histogram.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

LogHistogram::LogHistogram(const LogBins& bins)
{
    m_edges.push_back(0);
    for (uint32_t i = 0; i <= bins.decades * bins.perDecade; ++i)
    {
        m_edges.push_back(bins.low * std::pow(10.0, static_cast<double>(i) / bins.perDecade));
    }
    m_edges.push_back(bins.high);
    for (size_t i = 1; i < m_edges.size(); ++i)
    {
        if (!(m_edges[i] > m_edges[i - 1]) || !std::isfinite(m_edges[i]))
        {
            throw std::invalid_argument(
                "edge " + std::to_string(i) + " of the bins is " + std::to_string(m_edges[i]) +
                " after " + std::to_string(m_edges[i - 1]) + "; edges that rise are required");
        }
    }
    Clear();
}

void
LogHistogram::Add(double value)
{
    if (!(value >= 0))
    {
        throw std::invalid_argument("value is " + std::to_string(value) +
                                    "; a number of at least 0 is required");
    }
    const auto above = std::upper_bound(m_edges.begin(), m_edges.end(), value);
    const auto bin = static_cast<size_t>(above - m_edges.begin()) - 1;
    ++m_counts[std::min(bin, m_counts.size() - 1)];
}

void
LogHistogram::Clear()
{
    m_counts.assign(m_edges.size() - 1, 0);
}

const std::vector<double>&
LogHistogram::GetEdges() const
{
    return m_edges;
}

const std::vector<uint64_t>&
LogHistogram::GetCounts() const
{
    return m_counts;
}

} // namespace ns3
