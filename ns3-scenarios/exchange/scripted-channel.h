// SPDX-License-Identifier: GPL-2.0-only
// A channel with no agent behind it: plays decisions from a list and remembers what it was told.
#ifndef SLICEBED_SCRIPTED_CHANNEL_H
#define SLICEBED_SCRIPTED_CHANNEL_H

#include "exchange/channel.h"

#include <functional>
#include <vector>

namespace slicebed
{

class ScriptedChannel : public Channel
{
  public:
    /** @param script gives the answer to the k-th state; called with k from 0 and the state */
    explicit ScriptedChannel(std::function<Answer(uint32_t, const EnvState&)> script,
                             bool goOn = true);

    bool Open(const SimInit& init) override;
    Answer Exchange(const EnvState& state) override;

    const std::vector<SimInit>& GetInits() const;
    const std::vector<EnvState>& GetStates() const;

  private:
    std::function<Answer(uint32_t, const EnvState&)> m_script; //!< the answers
    bool m_goOn;                                               //!< answer to Open
    std::vector<SimInit> m_inits;                              //!< what Open was given
    std::vector<EnvState> m_states;                            //!< what Exchange was given
};

} // namespace slicebed

#endif // SLICEBED_SCRIPTED_CHANNEL_H
