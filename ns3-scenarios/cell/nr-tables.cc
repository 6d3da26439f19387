// SPDX-License-Identifier: GPL-2.0-only
#include "cell/nr-tables.h"

#include "ns3/assert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace ns3
{

namespace
{

/** A row of a table: bits a symbol, code rate x 1024. */
struct Row
{
    uint8_t order;
    double rate;
};

const std::vector<Row> MCS_64{{2, 120}, {2, 157}, {2, 193}, {2, 251}, {2, 308}, {2, 379},
                              {2, 449}, {2, 526}, {2, 602}, {2, 679}, {4, 340}, {4, 378},
                              {4, 434}, {4, 490}, {4, 553}, {4, 616}, {4, 658}, {6, 438},
                              {6, 466}, {6, 517}, {6, 567}, {6, 616}, {6, 666}, {6, 719},
                              {6, 772}, {6, 822}, {6, 873}, {6, 910}, {6, 948}};
const std::vector<Row> MCS_256{{2, 120}, {2, 193}, {2, 308},   {2, 449}, {2, 602}, {4, 378},
                               {4, 434}, {4, 490}, {4, 553},   {4, 616}, {4, 658}, {6, 466},
                               {6, 517}, {6, 567}, {6, 616},   {6, 666}, {6, 719}, {6, 772},
                               {6, 822}, {6, 873}, {8, 682.5}, {8, 711}, {8, 754}, {8, 797},
                               {8, 841}, {8, 885}, {8, 916.5}, {8, 948}};
const std::vector<Row> CQI_64{{2, 78},
                              {2, 120},
                              {2, 193},
                              {2, 308},
                              {2, 449},
                              {2, 602},
                              {4, 378},
                              {4, 490},
                              {4, 616},
                              {6, 466},
                              {6, 567},
                              {6, 666},
                              {6, 772},
                              {6, 873},
                              {6, 948}};
const std::vector<Row> CQI_256{{2, 78},
                               {2, 193},
                               {2, 449},
                               {4, 378},
                               {4, 490},
                               {4, 616},
                               {6, 466},
                               {6, 567},
                               {6, 666},
                               {6, 772},
                               {6, 873},
                               {8, 711},
                               {8, 797},
                               {8, 885},
                               {8, 948}};

// Table 5.1.3.2-1: sizes of small blocks [bit].
const std::vector<uint32_t> SMALL_BLOCKS{
    24,   32,   40,   48,   56,   64,   72,   80,   88,   96,   104,  112,  120,  128,  136,  144,
    152,  160,  168,  176,  184,  192,  208,  224,  240,  256,  272,  288,  304,  320,  336,  352,
    368,  384,  408,  432,  456,  480,  504,  528,  552,  576,  608,  640,  672,  704,  736,  768,
    808,  848,  888,  928,  984,  1032, 1064, 1128, 1160, 1192, 1224, 1256, 1288, 1320, 1352, 1416,
    1480, 1544, 1608, 1672, 1736, 1800, 1864, 1928, 2024, 2088, 2152, 2216, 2280, 2408, 2472, 2536,
    2600, 2664, 2728, 2792, 2856, 2976, 3104, 3240, 3368, 3496, 3624, 3752, 3824};
constexpr double SMALL_BITS = 3824;

constexpr double RES_PER_PRB = 12.0 * 12 - 12; // data symbols, less reference signals

NrMcs
FromRow(const Row& row)
{
    return {row.order, row.rate / 1024};
}

uint32_t
LargeBlockBits(double information, double codeRate)
{
    const double step = std::exp2(std::floor(std::log2(information - 24)) - 5);
    const double rounded = std::max(3840.0, step * std::round((information - 24) / step));
    const double most = codeRate <= 0.25 ? 3816 : 8424; // of a code block
    const double blocks = codeRate <= 0.25 || rounded > most ? std::ceil((rounded + 24) / most) : 1;
    return static_cast<uint32_t>(8 * blocks * std::ceil((rounded + 24) / (8 * blocks)) - 24);
}

} // namespace

uint8_t
GetNrMaxMcs(NrMcsTable table)
{
    return static_cast<uint8_t>((table == NrMcsTable::QAM64 ? MCS_64 : MCS_256).size() - 1);
}

NrMcs
GetNrMcs(NrMcsTable table, uint8_t mcs)
{
    return FromRow((table == NrMcsTable::QAM64 ? MCS_64 : MCS_256).at(mcs));
}

NrMcs
GetNrCqi(NrMcsTable table, uint8_t cqi)
{
    return FromRow((table == NrMcsTable::QAM64 ? CQI_64 : CQI_256).at(cqi - 1));
}

uint32_t
NrBlockBits(const NrMcs& mcs, uint32_t prbs)
{
    const double information = RES_PER_PRB * prbs * mcs.codeRate * mcs.order;
    if (information > SMALL_BITS)
    {
        return LargeBlockBits(information, mcs.codeRate);
    }
    const double step = std::exp2(std::max(3.0, std::floor(std::log2(information)) - 6));
    const double rounded = std::max(24.0, step * std::floor(information / step));
    return *std::lower_bound(SMALL_BLOCKS.begin(), SMALL_BLOCKS.end(), rounded);
}

double
BicmMutualInformation(uint8_t order, double sinr)
{
    // A square QAM is two amplitude modulations of half the bits, each with half the noise.
    const uint32_t bits = order / 2;
    const uint32_t levels = 1U << bits;
    NS_ASSERT(order >= 2 && order <= 8 && order % 2 == 0);
    const double spacing = std::sqrt(6.0 / (levels * levels - 1.0)); // unit energy, both dimensions
    const double variance = 1 / (2 * sinr);
    const auto amplitude = [&](uint32_t i) {
        return (i - (levels - 1) / 2.0) * spacing;
    };
    const auto gray = [](uint32_t i) {
        return i ^ (i >> 1);
    };
    constexpr int STEPS = 48; // of the noise, from -6 to 6 standard deviations
    double loss = 0;
    for (uint32_t sent = 0; sent < levels; ++sent)
    {
        for (int k = 0; k <= STEPS; ++k)
        {
            const double deviation = -6 + 12.0 * k / STEPS;
            const double weight =
                std::exp(-deviation * deviation / 2) / std::sqrt(2 * M_PI) * 12 / STEPS;
            const double received = amplitude(sent) + deviation * std::sqrt(variance);
            std::array<double, 16> likelihood{};
            double all = 0;
            for (uint32_t i = 0; i < levels; ++i)
            {
                const double distance = received - amplitude(i);
                likelihood[i] = std::exp((deviation * deviation * variance - distance * distance) /
                                         (2 * variance));
                all += likelihood[i];
            }
            for (uint32_t bit = 0; bit < bits; ++bit)
            {
                double matching = 0;
                for (uint32_t i = 0; i < levels; ++i)
                {
                    matching += (gray(i) >> bit & 1) == (gray(sent) >> bit & 1) ? likelihood[i] : 0;
                }
                loss += weight * std::log2(all / matching);
            }
        }
    }
    return std::clamp(1 - loss / (levels * bits), 0.0, 1.0);
}

} // namespace ns3
