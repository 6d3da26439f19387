// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_RBG_MASK_H
#define SLICEBED_RBG_MASK_H

#include <bit>
#include <cstdint>

namespace ns3
{

/** A set of resource block groups of a carrier that has at most 32 of them. */
class RbgMask
{
  public:
    static constexpr uint32_t MAX_RBGS = 32;

    void Set(uint32_t rbg)
    {
        m_bits |= uint32_t{1} << rbg;
    }

    bool Has(uint32_t rbg) const
    {
        return (m_bits >> rbg & 1) != 0;
    }

    uint32_t Count() const
    {
        return static_cast<uint32_t>(std::popcount(m_bits));
    }

    /** @return bit i set: group i is in it */
    uint32_t Bits() const
    {
        return m_bits;
    }

    bool Empty() const
    {
        return m_bits == 0;
    }

    /** @return the lowest group; the mask is not empty */
    uint32_t First() const
    {
        return static_cast<uint32_t>(std::countr_zero(m_bits));
    }

    RbgMask& operator|=(RbgMask other)
    {
        m_bits |= other.m_bits;
        return *this;
    }

    RbgMask operator&(RbgMask other) const
    {
        RbgMask both;
        both.m_bits = m_bits & other.m_bits;
        return both;
    }

    bool operator==(const RbgMask&) const = default;

    /** Calls `visit(rbg)` for each group, lowest first. */
    template <typename Visitor>
    void ForEach(Visitor visit) const
    {
        for (uint32_t bits = m_bits; bits != 0; bits &= bits - 1)
        {
            visit(static_cast<uint32_t>(std::countr_zero(bits)));
        }
    }

  private:
    uint32_t m_bits{0}; //!< bit i: group i
};

} // namespace ns3

#endif // SLICEBED_RBG_MASK_H
