// SPDX-License-Identifier: GPL-2.0-only
#include "compute/ddnn-message.h"

#include "ns3/crc32.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

namespace
{

constexpr uint8_t VERSION = 1;
constexpr size_t CRC_AT = 12;

using Bytes = std::vector<uint8_t>;

/** Appends the lowest bytes of a number, the least first. */
void
Put(Bytes& bytes, uint32_t number, uint32_t count)
{
    for (uint32_t i = 0; i < count; ++i)
    {
        bytes.push_back(static_cast<uint8_t>(number >> 8 * i));
    }
}

/** @return the number at a place */
uint32_t
Get(const Bytes& bytes, size_t at, uint32_t count)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < count; ++i)
    {
        number |= static_cast<uint32_t>(bytes[at + i]) << 8 * i;
    }
    return number;
}

/** @return whether a message of a kind may carry these values */
bool
Fit(const DdnnMessage& message)
{
    return message.values.empty() != message.HasValues() &&
           message.values.size() <= DdnnMessage::MOST_VALUES &&
           std::all_of(message.values.begin(), message.values.end(), [](float value) {
               return std::isfinite(value);
           });
}

Bytes
Pack(const DdnnMessage& message)
{
    Bytes bytes{'D', 'Z', VERSION, static_cast<uint8_t>(message.kind)};
    Put(bytes, message.sequence, 4);
    Put(bytes, static_cast<uint32_t>(message.values.size()), 2);
    Put(bytes, 0, 2); // reserved
    Put(bytes, 0, 4); // of the sum, which is made with 0 in its place
    for (const float value : message.values)
    {
        Put(bytes, std::bit_cast<uint32_t>(value), DdnnMessage::VALUE_BYTES);
    }
    const uint32_t crc = CRC32Calculate(bytes.data(), static_cast<int>(bytes.size()));
    Bytes sum;
    Put(sum, crc, 4);
    std::copy(sum.begin(), sum.end(), bytes.begin() + CRC_AT);
    return bytes;
}

} // namespace

bool
DdnnMessage::HasValues() const
{
    return kind == Kind::SIGNAL || kind == Kind::ALLOCATION;
}

uint32_t
DdnnMessage::GetIpBytes(size_t values)
{
    return LOWER_BYTES + HEADER_BYTES + VALUE_BYTES * static_cast<uint32_t>(values);
}

Ptr<Packet>
ToPacket(const DdnnMessage& message)
{
    if (!Fit(message))
    {
        throw std::invalid_argument(
            "a message of kind " + std::to_string(static_cast<int>(message.kind)) + " has " +
            std::to_string(message.values.size()) +
            " values; finite ones in signals and allocations, and none in others, are required");
    }
    const auto bytes = Pack(message);
    return Create<Packet>(bytes.data(), static_cast<uint32_t>(bytes.size()));
}

std::optional<DdnnMessage>
FromPacket(const Packet& packet)
{
    Bytes bytes(packet.GetSize());
    packet.CopyData(bytes.data(), packet.GetSize());
    if (bytes.size() < DdnnMessage::HEADER_BYTES || bytes[3] < 1 || bytes[3] > 4)
    {
        return std::nullopt;
    }
    DdnnMessage message{.kind = static_cast<DdnnMessage::Kind>(bytes[3]),
                        .sequence = Get(bytes, 4, 4),
                        .values = {}};
    for (size_t at = DdnnMessage::HEADER_BYTES; at + DdnnMessage::VALUE_BYTES <= bytes.size();
         at += DdnnMessage::VALUE_BYTES)
    {
        message.values.push_back(std::bit_cast<float>(Get(bytes, at, DdnnMessage::VALUE_BYTES)));
    }
    // What its sender would have written: magic, version, count, reserved bytes and sum are right.
    if (!Fit(message) || Pack(message) != bytes)
    {
        return std::nullopt;
    }
    return message;
}

} // namespace ns3
