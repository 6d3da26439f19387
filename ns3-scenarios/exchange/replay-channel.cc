// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/replay-channel.h"

#include "exchange/codec.h"
#include "exchange/errors.h"

#include <array>

namespace slicebed
{

namespace
{

using LengthBytes = std::array<unsigned char, 4>;

template <typename Stream>
void
RequireOpen(const Stream& stream, const std::string& name, const std::string& path)
{
    if (!stream)
    {
        throw UsageError(name + " is '" + path + "', which cannot be opened");
    }
}

} // namespace

ReplayChannel::ReplayChannel(const std::string& decisions, const std::string& states)
    : m_decisions(decisions, std::ios::binary)
{
    RequireOpen(m_decisions, "replay", decisions);
    if (!states.empty())
    {
        m_states.open(states, std::ios::binary);
        RequireOpen(m_states, "record", states);
    }
}

bool
ReplayChannel::Open(const SimInit& init)
{
    m_actionSpace = init.actionSpace;
    return true;
}

Answer
ReplayChannel::Exchange(const EnvState& state)
{
    if (m_states.is_open())
    {
        Write(EncodeState(state));
    }
    LengthBytes length{};
    m_decisions.read(reinterpret_cast<char*>(length.data()), length.size());
    if (state.end || m_decisions.gcount() == 0)
    {
        return StopRequest{};
    }
    const size_t bytes = length[0] | length[1] << 8U | length[2] << 16U | size_t{length[3]} << 24U;
    if (m_decisions.gcount() != length.size() || bytes > MAX_MESSAGE_BYTES)
    {
        throw ProtocolError("the recording is damaged: no length of a message where one is due");
    }
    std::string message(bytes, '\0');
    m_decisions.read(message.data(), static_cast<std::streamsize>(bytes));
    if (static_cast<size_t>(m_decisions.gcount()) != bytes)
    {
        throw ProtocolError("the recording is damaged: it ends within a message");
    }
    return DecodeAction(message, m_actionSpace);
}

void
ReplayChannel::Write(const std::string& message)
{
    const auto bytes = message.size();
    for (uint32_t shift = 0; shift < 32; shift += 8)
    {
        m_states.put(static_cast<char>(bytes >> shift & 0xffU));
    }
    m_states << message << std::flush;
    if (!m_states)
    {
        throw UsageError("record: the states cannot be written");
    }
}

} // namespace slicebed
