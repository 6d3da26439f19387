// SPDX-License-Identifier: GPL-2.0-only
#include "cell/carrier.h"

#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace ns3
{

namespace
{

using PrbTable = std::map<double, uint32_t>; // by bandwidth [MHz]

const PrbTable LTE_PRBS{{1.4, 6}, {3, 15}, {5, 25}, {10, 50}, {15, 75}, {20, 100}};
const std::vector<PrbTable> NR_PRBS{{{5, 25},
                                     {10, 52},
                                     {15, 79},
                                     {20, 106},
                                     {25, 133},
                                     {30, 160},
                                     {35, 188},
                                     {40, 216},
                                     {45, 242},
                                     {50, 270}},
                                    {{5, 11},
                                     {10, 24},
                                     {15, 38},
                                     {20, 51},
                                     {25, 65},
                                     {30, 78},
                                     {35, 92},
                                     {40, 106},
                                     {45, 119},
                                     {50, 133},
                                     {60, 162},
                                     {70, 189},
                                     {80, 217},
                                     {90, 245},
                                     {100, 273}}};
constexpr double LTE_PRB_HZ = 180e3;

uint32_t
PrbsOf(const PrbTable& table, double bandwidthMhz, const std::string& whose)
{
    const auto found = table.find(bandwidthMhz);
    if (found != table.end())
    {
        return found->second;
    }
    std::ostringstream text;
    text << "bandwidth_mhz is " << bandwidthMhz << "; " << whose << " has ";
    const char* separator = "";
    for (const auto& [mhz, prbs] : table)
    {
        text << separator << mhz;
        separator = ", ";
    }
    throw std::invalid_argument(text.str());
}

} // namespace

Carrier
MakeCarrier(Technology technology, uint32_t numerology, double bandwidthMhz)
{
    if (technology == Technology::LTE)
    {
        if (numerology != 0)
        {
            throw std::invalid_argument("numerology is " + std::to_string(numerology) +
                                        "; LTE has one of 15 kHz only: 0 is required");
        }
        const uint32_t prbs = PrbsOf(LTE_PRBS, bandwidthMhz, "LTE");
        const uint32_t rbgPrbs = prbs <= 10 ? 1 : (prbs <= 26 ? 2 : (prbs <= 63 ? 3 : 4));
        return {technology, prbs, rbgPrbs, LTE_PRB_HZ, bandwidthMhz * 1e6, MilliSeconds(1)};
    }
    if (numerology >= NR_PRBS.size())
    {
        throw std::invalid_argument("numerology is " + std::to_string(numerology) +
                                    "; 0 or 1 is required");
    }
    const auto& table = NR_PRBS[numerology];
    const uint32_t prbs =
        PrbsOf(table, bandwidthMhz, "NR with numerology " + std::to_string(numerology));
    const uint32_t rbgPrbs = prbs <= 36 ? 2 : (prbs <= 72 ? 4 : (prbs <= 144 ? 8 : 16));
    return {technology,
            prbs,
            rbgPrbs,
            LTE_PRB_HZ * (1 << numerology),
            bandwidthMhz * 1e6,
            MicroSeconds(1000 >> numerology)};
}

} // namespace ns3
