// SPDX-License-Identifier: GPL-2.0-only
// Values made of the bytes of an input.
#ifndef SLICEBED_FUZZ_INPUT_VALUES_H
#define SLICEBED_FUZZ_INPUT_VALUES_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace slicebed
{

/**
 * Makes the values that FuzzedDataProvider of libFuzzer makes of the same bytes, so kept inputs
 * mean the same; that one comes with Clang alone. Numbers are taken from the end of the input,
 * texts from its start; an input that is used up gives zeros.
 */
class InputValues
{
  public:
    InputValues(const uint8_t* data, size_t size)
        : m_rest(reinterpret_cast<const char*>(data), size)
    {
    }

    size_t RemainingBytes() const
    {
        return m_rest.size();
    }

    template <typename T>
    T ConsumeIntegralInRange(T low, T high)
    {
        const auto range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
        uint64_t number = 0;
        for (size_t bits = 0; bits < 8 * sizeof(T) && range >> bits > 0 && !m_rest.empty();
             bits += 8)
        {
            number = number << 8 | static_cast<uint8_t>(m_rest.back());
            m_rest.remove_suffix(1);
        }
        if (range != std::numeric_limits<uint64_t>::max())
        {
            number %= range + 1;
        }
        return static_cast<T>(static_cast<uint64_t>(low) + number);
    }

    template <typename T>
    T ConsumeIntegral()
    {
        return ConsumeIntegralInRange(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    }

    bool ConsumeBool()
    {
        return ConsumeIntegralInRange<uint8_t>(0, 1) == 1;
    }

    /** @return any finite float, spread evenly */
    float ConsumeFloat()
    {
        constexpr float MOST = std::numeric_limits<float>::max();
        const float start = ConsumeBool() ? 0 : -MOST;
        const auto share = static_cast<float>(ConsumeIntegral<uint32_t>()) /
                           static_cast<float>(std::numeric_limits<uint32_t>::max());
        return start + MOST * share;
    }

    template <typename T, size_t N>
    const T& PickValueInArray(const std::array<T, N>& values)
    {
        return values.at(ConsumeIntegralInRange<size_t>(0, N - 1));
    }

    std::string ConsumeBytesAsString(size_t bytes)
    {
        const std::string text(m_rest.substr(0, bytes));
        m_rest.remove_prefix(text.size());
        return text;
    }

    std::string ConsumeRemainingBytesAsString()
    {
        return ConsumeBytesAsString(m_rest.size());
    }

    /** @return bytes up to a backslash with another byte behind it; two of them are one */
    std::string ConsumeRandomLengthString(size_t most)
    {
        std::string text;
        while (text.size() < most && !m_rest.empty())
        {
            char next = TakeFirst();
            if (next == '\\' && !m_rest.empty())
            {
                next = TakeFirst();
                if (next != '\\')
                {
                    break;
                }
            }
            text += next;
        }
        return text;
    }

  private:
    char TakeFirst()
    {
        const char first = m_rest.front();
        m_rest.remove_prefix(1);
        return first;
    }

    std::string_view m_rest;
};

} // namespace slicebed

#endif // SLICEBED_FUZZ_INPUT_VALUES_H
