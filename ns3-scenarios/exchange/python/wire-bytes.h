// SPDX-License-Identifier: GPL-2.0-only
// Protobuf's encoding, as far as the usual messages need it. Pure functions on bytes.
#ifndef SLICEBED_WIRE_BYTES_H
#define SLICEBED_WIRE_BYTES_H

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace slicebed
{

/** The tag of a field: its number and how its bytes are wrapped. */
constexpr char
TagOf(int number, int wrapping)
{
    return static_cast<char>(number << 3 | wrapping);
}

inline constexpr int VARINT = 0;
inline constexpr int LENGTH = 2;
inline constexpr int FIXED32 = 5;

inline void
AppendVarint(uint64_t value, std::string& out)
{
    for (; value >= 0x80; value >>= 7)
    {
        out.push_back(static_cast<char>(value | 0x80));
    }
    out.push_back(static_cast<char>(value));
}

/** Appends a field of bytes; none if they are empty, as proto3 has it. */
inline void
AppendBytes(int number, std::string_view bytes, std::string& out)
{
    if (!bytes.empty())
    {
        out.push_back(TagOf(number, LENGTH));
        AppendVarint(bytes.size(), out);
        out.append(bytes);
    }
}

/** Takes fields off the front of bytes, in the order that they are asked for. */
class WireReader
{
  public:
    explicit WireReader(std::string_view bytes)
        : m_left(bytes)
    {
    }

    bool IsAtEnd() const
    {
        return m_left.empty();
    }

    /** @return a number field, 0 if it is not next; nothing if it is damaged */
    std::optional<uint64_t> Varint(int number)
    {
        return Skip(TagOf(number, VARINT)) ? TakeVarint() : 0;
    }

    /** @return a field of bytes, empty if it is not next; nothing if it is damaged */
    std::optional<std::string_view> Bytes(int number)
    {
        if (!Skip(TagOf(number, LENGTH)))
        {
            return std::string_view{};
        }
        const auto length = TakeVarint();
        if (!length || *length > m_left.size())
        {
            return std::nullopt;
        }
        const auto bytes = m_left.substr(0, *length);
        m_left.remove_prefix(*length);
        return bytes;
    }

    /** @return a float field, 0 if it is not next; nothing if it is damaged */
    std::optional<float> Float(int number)
    {
        float value = 0;
        if (Skip(TagOf(number, FIXED32)))
        {
            if (m_left.size() < sizeof(value))
            {
                return std::nullopt;
            }
            std::memcpy(&value, m_left.data(), sizeof(value));
            m_left.remove_prefix(sizeof(value));
        }
        return value;
    }

    /** @return whether a field of bytes of this number is next */
    bool HasBytes(int number) const
    {
        return !m_left.empty() && m_left.front() == TagOf(number, LENGTH);
    }

  private:
    bool Skip(char tag)
    {
        if (m_left.empty() || m_left.front() != tag)
        {
            return false;
        }
        m_left.remove_prefix(1);
        return true;
    }

    std::optional<uint64_t> TakeVarint()
    {
        uint64_t value = 0;
        for (int shift = 0; shift < 63 && !m_left.empty(); shift += 7)
        {
            const auto byte = static_cast<unsigned char>(m_left.front());
            m_left.remove_prefix(1);
            value |= uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80)
            {
                return value;
            }
        }
        return std::nullopt;
    }

    std::string_view m_left; //!< what is not taken yet
};

} // namespace slicebed

#endif // SLICEBED_WIRE_BYTES_H
