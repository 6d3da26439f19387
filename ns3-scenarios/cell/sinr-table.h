// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SINR_TABLE_H
#define SLICEBED_SINR_TABLE_H

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * A function of a linear SINR as a table with 128 steps an octave (0.024 dB), from -21 to 42 dB.
 *
 * The upper bits of a positive float grow with its logarithm: they are the index, so a look-up
 * costs no logarithm.
 */
template <typename T>
class SinrTable
{
  public:
    /** @param function of the SINR in the middle of a step */
    template <typename Function>
    void Fill(Function function)
    {
        m_values.resize(SIZE);
        for (size_t i = 0; i < SIZE; ++i)
        {
            m_values[i] = static_cast<T>(function(SinrAt(i)));
        }
    }

    T operator[](float sinr) const
    {
        const auto bits = static_cast<int32_t>(std::bit_cast<uint32_t>(sinr) >> SHIFT);
        const int32_t index = std::clamp<int32_t>(bits - FIRST, 0, SIZE - 1);
        return m_values[static_cast<size_t>(index)];
    }

    /** @return index of the first value of at least `value`, of a growing function; may be SIZE */
    size_t LowerBound(T value) const
    {
        return static_cast<size_t>(std::lower_bound(m_values.begin(), m_values.end(), value) -
                                   m_values.begin());
    }

    /** @return the SINR in the middle of a step */
    static float SinrAt(size_t index)
    {
        const auto half = uint32_t{1} << (SHIFT - 1);
        return std::bit_cast<float>((static_cast<uint32_t>(index + FIRST) << SHIFT) + half);
    }

    static constexpr int32_t SIZE = 21 * 128; //!< 2^-7 to 2^14

  private:
    static constexpr uint32_t SHIFT = 16;             //!< leaves sign, exponent, 7 bits of fraction
    static constexpr int32_t FIRST = (127 - 7) * 128; //!< of 2^-7

    std::vector<T> m_values; //!< by step
};

} // namespace ns3

#endif // SLICEBED_SINR_TABLE_H
