// SPDX-License-Identifier: GPL-2.0-only
#include "cell/block-error-curves.h"

#include "ns3/lte-mi-error-model.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ns3
{

namespace
{

// Code rates of LteMiErrorModel's curves, which it does not tell; by modulation, rising.
constexpr std::array<double, 38> CURVE_RATE{
    0.01,  0.026, 0.04, 0.08, 0.1,  0.11, 0.15, 0.19, 0.24, 0.3,  0.37,   0.44,  0.51,
    0.075, 0.1,   0.15, 0.3,  0.33, 0.37, 0.42, 0.48, 0.54, 0.6,  0.1075, 0.143, 0.215,
    0.43,  0.45,  0.5,  0.55, 0.6,  0.65, 0.7,  0.75, 0.8,  0.85, 0.89,   0.92};
constexpr std::array<size_t, 4> FIRST_CURVE{0, 13, 23, 38}; // by modulation, and the end
constexpr uint32_t CODE_BLOCK_CRC_BITS = 24;
constexpr uint32_t LARGEST_CURVE_BITS = 6144;

/** @return the curve of the highest rate of at most that, or the lowest */
size_t
CurveBelow(uint8_t modulation, double codeRate)
{
    size_t curve = FIRST_CURVE[modulation + 1] - 1;
    while (curve > FIRST_CURVE[modulation] && CURVE_RATE[curve] > codeRate)
    {
        --curve;
    }
    return curve;
}

size_t
NearestCurve(uint8_t modulation, double codeRate)
{
    const size_t below = CurveBelow(modulation, codeRate);
    const size_t above = std::min(below + 1, FIRST_CURVE[modulation + 1] - 1);
    return std::abs(CURVE_RATE[above] - codeRate) < std::abs(codeRate - CURVE_RATE[below]) ? above
                                                                                           : below;
}

} // namespace

double
BlockErrorRate(uint8_t modulation,
               double codeRate,
               CurveChoice choice,
               uint32_t blockBits,
               uint32_t maxCodeBlockBits,
               double mutualInformation)
{
    const size_t curve = choice == CurveChoice::BELOW ? CurveBelow(modulation, codeRate)
                                                      : NearestCurve(modulation, codeRate);
    const double shift = choice == CurveChoice::BELOW ? 0 : codeRate - CURVE_RATE[curve];
    const uint32_t most = maxCodeBlockBits - CODE_BLOCK_CRC_BITS;
    const uint32_t blocks = blockBits <= maxCodeBlockBits ? 1 : (blockBits + most - 1) / most;
    const uint32_t bits = blocks == 1 ? blockBits : blockBits / blocks + CODE_BLOCK_CRC_BITS;
    const double one =
        LteMiErrorModel::MappingMiBler(std::clamp(mutualInformation - shift, 0.0, 1.0),
                                       static_cast<uint8_t>(curve),
                                       static_cast<uint16_t>(std::min(bits, LARGEST_CURVE_BITS)));
    return 1 - std::pow(1 - one, blocks);
}

} // namespace ns3
