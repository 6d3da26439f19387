// SPDX-License-Identifier: GPL-2.0-only
// Messages in a byte stream: each has its length in front, 4 bytes, most significant first.
#ifndef SLICEBED_MESSAGE_FRAMING_H
#define SLICEBED_MESSAGE_FRAMING_H

#include "ns3/packet.h"

#include <cstdint>
#include <functional>

namespace ns3
{

constexpr uint32_t LENGTH_BYTES = 4; //!< in front of a message

/** Puts a message's length in front of it. */
void AddLength(Ptr<Packet> message);

/** Cuts a byte stream into its messages, wherever the segments' borders are. */
class MessageReader
{
  public:
    /** @param maxBytes of a message; a longer one is taken for damage */
    explicit MessageReader(uint32_t maxBytes);

    /** Takes what came next. @param bytes any number of them */
    void Add(Ptr<const Packet> bytes);

    /** @return the next message if all of it has come, without its length; null otherwise */
    Ptr<Packet> Next();

    /** @return whether a length cannot be: no message comes any more */
    bool IsBroken() const;

  private:
    uint32_t m_maxBytes;  //!< of a message
    Ptr<Packet> m_bytes;  //!< that came and have not been handed over
    bool m_broken{false}; //!< a length could not be
};

} // namespace ns3

#endif // SLICEBED_MESSAGE_FRAMING_H
