// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_QUOTA_H
#define SLICEBED_SLICE_QUOTA_H

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * Turns a cell's PRB ceilings (rRMPolicyMaxRatio, TS 28.541) into whole PRBs of each slot.
 *
 * A ceiling is a number of millionths of a PRB a slot. Each slot a backlogged slice gets the whole
 * part; the fraction is carried, and gives one more PRB once it has grown to one. The carry never
 * exceeds one PRB and grows only while the slice is backlogged, so over any window a slice gets at
 * most its ceiling times the slots, plus one PRB.
 */
class SliceQuota
{
  public:
    /** @param prbs of the cell */
    explicit SliceQuota(uint32_t prbs);

    /** @param slice index; new ones start at 0 @param fraction of the cell's PRBs, in [0, 1] */
    void SetCeiling(uint16_t slice, double fraction);

    double GetCeiling(uint16_t slice) const;

    /**
     * @param slot number; decides whose turn it is when more carries are full than PRBs are left
     * @param backlogged by slice
     * @return PRBs that each slice may use in this slot; together at most the cell's
     */
    const std::vector<uint32_t>& Grant(uint64_t slot, const std::vector<bool>& backlogged);

  private:
    /** One slice's share. */
    struct Share
    {
        double fraction{0}; //!< as set
        uint64_t micro{0};  //!< millionths of a PRB a slot
        uint64_t carry{0};  //!< millionths of a PRB
    };

    uint32_t m_prbs;                //!< of the cell
    std::vector<Share> m_shares;    //!< by slice
    std::vector<uint32_t> m_grants; //!< of the last slot
};

} // namespace ns3

#endif // SLICEBED_SLICE_QUOTA_H
