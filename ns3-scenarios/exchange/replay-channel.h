// SPDX-License-Identifier: GPL-2.0-only
// A channel to a recording: plays its decisions and writes the states that come of them.
#ifndef SLICEBED_REPLAY_CHANNEL_H
#define SLICEBED_REPLAY_CHANNEL_H

#include "exchange/channel.h"

#include <fstream>
#include <string>

namespace slicebed
{

/**
 * Plays a file of EnvActMsg messages and writes one of EnvStateMsg messages, each message after its
 * length, 4 bytes little-endian. Where the decisions end before the episode does, it is stopped.
 */
class ReplayChannel : public Channel
{
  public:
    /**
     * @param decisions file to read
     * @param states file to write; empty: none
     * @throws UsageError if one of them cannot be opened
     */
    ReplayChannel(const std::string& decisions, const std::string& states);

    bool Open(const SimInit& init) override;

    /** @throws ProtocolError if what comes next in the file is no message of a decision */
    Answer Exchange(const EnvState& state) override;

  private:
    void Write(const std::string& message);

    std::ifstream m_decisions; //!< played
    std::ofstream m_states;    //!< written, if open
    Space m_actionSpace;       //!< of the decisions
};

} // namespace slicebed

#endif // SLICEBED_REPLAY_CHANNEL_H
