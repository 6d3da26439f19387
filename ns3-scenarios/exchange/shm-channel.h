// SPDX-License-Identifier: GPL-2.0-only
// Shared memory: the simulation's end of a segment that its agent made.
#ifndef SLICEBED_SHM_CHANNEL_H
#define SLICEBED_SHM_CHANNEL_H

#include "exchange/channel.h"
#include "exchange/shm-turns.h"

namespace slicebed
{

/** What an endpoint in shared memory begins with. */
inline constexpr std::string_view SHM_PREFIX = "shm:";

/**
 * Waits as long as the agent lives; it sees within SHM_LOOK_PERIOD when the agent is gone or has
 * closed its end. An answer that the agent gave before counts.
 */
class ShmChannel : public Channel
{
  public:
    /**
     * @param endpoint shm:/proc/PID/fd/N, as the agent says
     * @throws UsageError if it cannot be opened
     * @throws ProtocolError if it is no segment of this version, or another simulation has it
     */
    explicit ShmChannel(const std::string& endpoint);
    ~ShmChannel() override;
    ShmChannel(const ShmChannel&) = delete;
    ShmChannel& operator=(const ShmChannel&) = delete;

    /** @throws AgentLost if the agent goes away @throws ProtocolError on a bad answer */
    bool Open(const SimInit& init) override;
    Answer Exchange(const EnvState& state) override;

  private:
    void Claim();
    void Agree(const SimInit& init);
    void RequireAgent();
    Answer ReadAnswer(const TurnRecord& record, const std::string& message) const;

    std::string m_endpoint;  //!< as given
    ShmSegment m_segment;    //!< shared with the agent
    ProcessIdentity m_agent; //!< who made it
    ShmTurns m_turns;        //!< over the segment
    SimInit m_init;          //!< as opened
    ShmLayout m_layout;      //!< of its spaces
    std::string m_message;   //!< the last one received
    Idle m_requireAgent;     //!< called while waiting
    bool m_toldThatItIsStopped{false};
};

} // namespace slicebed

#endif // SLICEBED_SHM_CHANNEL_H
