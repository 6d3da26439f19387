// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_PRB_MASK_H
#define SLICEBED_PRB_MASK_H

#include <array>
#include <bit>
#include <cstdint>

namespace ns3
{

/** Which PRBs of a carrier of at most 128 are taken. */
class PrbMask
{
  public:
    static constexpr uint32_t MAX_PRBS = 128;

    void Set(uint32_t prb)
    {
        m_words[prb / 64] |= uint64_t{1} << (prb % 64);
    }

    /** @return how many are taken */
    uint32_t Count() const
    {
        return std::popcount(m_words[0]) + std::popcount(m_words[1]);
    }

    bool Empty() const
    {
        return (m_words[0] | m_words[1]) == 0;
    }

    PrbMask operator&(const PrbMask& other) const
    {
        PrbMask both;
        both.m_words = {m_words[0] & other.m_words[0], m_words[1] & other.m_words[1]};
        return both;
    }

    PrbMask& operator|=(const PrbMask& other)
    {
        m_words[0] |= other.m_words[0];
        m_words[1] |= other.m_words[1];
        return *this;
    }

  private:
    std::array<uint64_t, 2> m_words{}; //!< bit i of word j: PRB 64 j + i
};

} // namespace ns3

#endif // SLICEBED_PRB_MASK_H
