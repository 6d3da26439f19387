// SPDX-License-Identifier: GPL-2.0-only
#include "compute/share-plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{

constexpr double SUM_SLACK = 1e-6; // what float32 leaves of a sum of 1

double
Sum(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

void
Require(const std::vector<double>& offered, const std::vector<double>& shares)
{
    if (shares.size() < offered.size())
    {
        throw std::invalid_argument("shares has " + std::to_string(shares.size()) +
                                    " numbers; one for each of " + std::to_string(offered.size()) +
                                    " edges is required");
    }
    const auto require = [](const char* name, const std::vector<double>& values) {
        for (const double value : values)
        {
            if (!std::isfinite(value) || value < 0)
            {
                throw std::invalid_argument(std::string(name) + " has " + std::to_string(value) +
                                            "; numbers of at least 0 are required");
            }
        }
    };
    require("offered", offered);
    require("shares", shares);
    if (std::abs(Sum(shares) - 1) > SUM_SLACK)
    {
        throw std::invalid_argument("shares sum to " + std::to_string(Sum(shares)) +
                                    "; 1 is required");
    }
}

} // namespace

std::vector<std::vector<double>>
PlanShares(const std::vector<double>& offered, const std::vector<double>& shares)
{
    Require(offered, shares);
    const double total = Sum(offered);
    std::vector<double> lacking = shares; // of the whole: what own load does not fill
    std::vector<double> kept(offered.size(), 0);
    for (size_t edge = 0; total > 0 && edge < offered.size(); ++edge)
    {
        kept[edge] = std::min(offered[edge] / total, shares[edge]);
        lacking[edge] -= kept[edge];
    }
    const double lackingSum = Sum(lacking);
    std::vector<std::vector<double>> plan;
    for (size_t edge = 0; edge < offered.size(); ++edge)
    {
        const double own = total > 0 ? offered[edge] / total : 0;
        // An edge without load has no plan of its own: it would share like the whole.
        auto row = own > 0 ? std::vector<double>(shares.size(), 0) : shares;
        if (own > 0)
        {
            row[edge] = kept[edge] / own;
            const double excess = 1 - row[edge];
            for (size_t node = 0; lackingSum > 0 && node < shares.size(); ++node)
            {
                row[node] += excess * lacking[node] / lackingSum;
            }
        }
        const double sum = Sum(row);
        std::transform(row.begin(), row.end(), row.begin(), [&](double x) { return x / sum; });
        plan.push_back(std::move(row));
    }
    return plan;
}

} // namespace ns3
