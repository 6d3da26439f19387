// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_QUOTA_H
#define SLICEBED_SLICE_QUOTA_H

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * Turns a cell's PRB ceilings (rRMPolicyMaxRatio, TS 28.541) into PRBs that a slice may use now.
 *
 * A ceiling is a number of millionths of a PRB a slot. In each slot in which a slice is backlogged
 * its credit grows by that; what it uses is taken off. What it leaves is forfeited but for what
 * could not be used: a few resource block groups, or, where others filled the carrier with
 * what they had saved, all that is left. So from any beginning with no credit a slice uses at most
 * its ceiling times the slots, and over any window at most what it had saved more.
 */
class SliceQuota
{
  public:
    /** @param prbs of the cell */
    explicit SliceQuota(uint32_t prbs);

    /** @param slice index; new ones start at 0 @param fraction of the cell's PRBs, in [0, 1] */
    void SetCeiling(uint16_t slice, double fraction);

    double GetCeiling(uint16_t slice) const;

    /** A slot begins in which the slice is backlogged. @return whole PRBs that it may use */
    uint32_t Accrue(uint16_t slice);

    /** The slot ends. @param usedPrbs by the slice @param keepPrbs most that it may save */
    void Settle(uint16_t slice, uint32_t usedPrbs, uint32_t keepPrbs);

  private:
    /** One slice's share. */
    struct Share
    {
        double fraction{0}; //!< as set
        uint64_t micro{0};  //!< millionths of a PRB a slot
        uint64_t credit{0}; //!< millionths of a PRB
    };

    uint32_t m_prbs;             //!< of the cell
    std::vector<Share> m_shares; //!< by slice
};

} // namespace ns3

#endif // SLICEBED_SLICE_QUOTA_H
