// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_BLOCK_ERROR_CURVES_H
#define SLICEBED_BLOCK_ERROR_CURVES_H

#include <cstdint>

namespace ns3
{

/** Which of LteMiErrorModel's curves serves a code rate. */
enum class CurveChoice
{
    BELOW,  //!< the next lower rate's, as ns-3 does with retransmissions
    NEAREST //!< the nearest rate's, moved in mutual information by the difference of the rates
};

/**
 * Error rate of a transport block by ns-3's LteMiErrorModel; its code blocks fail independently.
 *
 * @param modulation 0 for QPSK, 1 for 16QAM, 2 for 64QAM and above
 * @param codeRate of all transmissions together
 * @param choice of the curve
 * @param blockBits of the block
 * @param maxCodeBlockBits of a code block (TS 36.212 5.1.2, TS 38.212 5.2.2)
 * @param mutualInformation per coded bit, mean
 */
double BlockErrorRate(uint8_t modulation,
                      double codeRate,
                      CurveChoice choice,
                      uint32_t blockBits,
                      uint32_t maxCodeBlockBits,
                      double mutualInformation);

} // namespace ns3

#endif // SLICEBED_BLOCK_ERROR_CURVES_H
