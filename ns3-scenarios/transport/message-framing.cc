// SPDX-License-Identifier: GPL-2.0-only
#include "transport/message-framing.h"

#include <array>

namespace ns3
{

namespace
{

using Prefix = std::array<uint8_t, LENGTH_BYTES>;

} // namespace

void
AddLength(Ptr<Packet> message)
{
    const uint32_t length = message->GetSize();
    Prefix prefix{};
    for (size_t i = 0; i < prefix.size(); ++i)
    {
        prefix[i] = static_cast<uint8_t>(length >> (8 * (LENGTH_BYTES - 1 - i)));
    }
    auto framed = Create<Packet>(prefix.data(), LENGTH_BYTES);
    framed->AddAtEnd(message);
    *message = *framed;
}

MessageReader::MessageReader(uint32_t maxBytes)
    : m_maxBytes(maxBytes)
    , m_bytes(Create<Packet>())
{
}

void
MessageReader::Add(Ptr<const Packet> bytes)
{
    if (m_bytes->GetSize() == 0)
    {
        m_bytes = bytes->Copy();
    }
    else
    {
        m_bytes->AddAtEnd(bytes);
    }
}

Ptr<Packet>
MessageReader::Next()
{
    if (m_broken || m_bytes->GetSize() < LENGTH_BYTES)
    {
        return nullptr;
    }
    Prefix prefix{};
    m_bytes->CopyData(prefix.data(), LENGTH_BYTES);
    uint64_t length = 0;
    for (const auto byte : prefix)
    {
        length = (length << 8) | byte;
    }
    m_broken = length > m_maxBytes;
    if (m_broken || m_bytes->GetSize() < LENGTH_BYTES + length)
    {
        return nullptr;
    }
    auto message = m_bytes->CreateFragment(LENGTH_BYTES, static_cast<uint32_t>(length));
    m_bytes->RemoveAtStart(LENGTH_BYTES + static_cast<uint32_t>(length));
    return message;
}

bool
MessageReader::IsBroken() const
{
    return m_broken;
}

} // namespace ns3
