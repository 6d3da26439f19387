// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/scripted-channel.h"

namespace slicebed
{

ScriptedChannel::ScriptedChannel(std::function<Answer(uint32_t, const EnvState&)> script, bool goOn)
    : m_script(std::move(script))
    , m_goOn(goOn)
{
}

bool
ScriptedChannel::Open(const SimInit& init)
{
    m_inits.push_back(init);
    return m_goOn;
}

Answer
ScriptedChannel::Exchange(const EnvState& state)
{
    m_states.push_back(state);
    return m_script(static_cast<uint32_t>(m_states.size() - 1), state);
}

const std::vector<SimInit>&
ScriptedChannel::GetInits() const
{
    return m_inits;
}

const std::vector<EnvState>&
ScriptedChannel::GetStates() const
{
    return m_states;
}

} // namespace slicebed
