// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_DDNN_MESSAGE_H
#define SLICEBED_DDNN_MESSAGE_H

#include "ns3/packet.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ns3
{

/**
 * What the two ends of a distributed LSTM say to each other, byte for byte as
 * agents/ddnn/message.py has it, little-endian:
 *
 *     offset  size  field
 *     0       2     magic "DZ"
 *     2       1     version, 1
 *     3       1     kind
 *     4       4     sequence number of the decision; an answer carries that of its question
 *     8       2     number of values; 0 in probes and echoes
 *     10      2     reserved, 0
 *     12      4     CRC-32 of all bytes, made with 0 here
 *     16      4 n   values, float32, finite
 */
struct DdnnMessage
{
    /** What a message is. */
    enum class Kind : uint8_t
    {
        SIGNAL = 1,     //!< edge to cloud: the intermediate signal
        ALLOCATION = 2, //!< cloud to edge: its answer
        PROBE = 3,      //!< edge to cloud
        ECHO = 4        //!< cloud to edge: its answer
    };

    static constexpr uint32_t HEADER_BYTES = 16;    //!< before the values
    static constexpr uint32_t VALUE_BYTES = 4;      //!< of each
    static constexpr uint32_t LOWER_BYTES = 20 + 8; //!< IPv4 and UDP before it
    static constexpr uint32_t MOST_VALUES = 0xFFFF; //!< that the count can tell

    Kind kind{Kind::PROBE};
    uint32_t sequence{0};
    std::vector<float> values;

    /** @return whether it carries values: probes and echoes carry none */
    bool HasValues() const;

    /** @return bytes of a message with that many values, as an IP packet */
    static uint32_t GetIpBytes(size_t values);
};

/** @throws std::invalid_argument if a value is not finite, or there are none or too many */
Ptr<Packet> ToPacket(const DdnnMessage& message);

/** @return the message; nothing if the packet is cut off, damaged or of another version */
std::optional<DdnnMessage> FromPacket(const Packet& packet);

} // namespace ns3

#endif // SLICEBED_DDNN_MESSAGE_H
