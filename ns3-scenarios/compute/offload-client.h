// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_OFFLOAD_CLIENT_H
#define SLICEBED_OFFLOAD_CLIENT_H

#include "compute/ddnn-message.h"
#include "transport/message-socket.h"

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/traced-callback.h"

#include <map>

namespace ns3
{

/**
 * The edge's side of the way to a CloudExit: asks or probes, waits for one answer at a time, and
 * gives up after Timeout.
 *
 * What comes for a question that was given up is late, what comes again for one that was answered
 * is a duplicate: both are counted and change nothing. With Retry above 0 a question goes out again
 * after each such time; then its answers tell no round trip (Karn's rule), and may come twice.
 */
class OffloadClient : public Application
{
  public:
    static TypeId GetTypeId();

    /** What became of questions and answers, since the start. */
    struct Counters
    {
        uint64_t asked{0};      //!< questions, without repetitions
        uint64_t probes{0};     //!< likewise
        uint64_t answered{0};   //!< of both, in time
        uint64_t unanswered{0}; //!< of both, given up
        uint64_t late{0};       //!< first answers to what was given up
        uint64_t duplicate{0};  //!< answers to what was answered
        uint64_t damaged{0};    //!< messages that are none, or none that an edge gets
        uint64_t sent{0};       //!< messages
        uint64_t sentBytes{0};  //!< of them as IP packets
        uint64_t received{0};   //!< messages, damaged ones too
    };

    void SetRemote(const Address& remote);

    /** Asks the cloud; what is still awaited is given up. @param values that the signal carries */
    void Ask(const std::vector<float>& values);

    /** Sends a probe; what is still awaited is given up. */
    void Probe();

    const Counters& GetCounters() const;

    /** TraceSource signature. @param answer that came in time */
    using AnsweredCallback = void (*)(const DdnnMessage& answer);
    /** TraceSource signature. @param question without an answer in time */
    using GivenUpCallback = void (*)(const DdnnMessage& question);
    /** TraceSource signature. @param answer that came @param response since its question */
    using RespondedCallback = void (*)(const DdnnMessage& answer, Time response);

  protected:
    void DoDispose() override;

  private:
    /** A question that no answer has come for. */
    struct Open
    {
        Time sent; //!< for the first time
        bool repeated{false};
    };

    void StartApplication() override;
    void StopApplication() override;
    void Begin(DdnnMessage::Kind kind, const std::vector<float>& values);
    void Send();
    void Repeat();
    void GiveUp();
    void Take(const Packet& packet);
    bool Answers(const DdnnMessage& message) const;

    Time m_timeout;                  //!< after which it gives up
    Time m_retry;                    //!< after which it asks again; 0: never
    Address m_remote;                //!< the cloud
    Ptr<MessageSocket> m_socket;     //!< made on start
    DdnnMessage m_question;          //!< the last one
    bool m_waiting{false};           //!< for its answer
    std::map<uint32_t, Open> m_open; //!< by sequence number
    EventId m_giveUp;                //!< on the last question
    EventId m_repeat;                //!< of it
    Counters m_counters;             //!< since the start

    TracedCallback<const DdnnMessage&> m_answeredTrace;        //!< in time
    TracedCallback<const DdnnMessage&> m_givenUpTrace;         //!< not in time
    TracedCallback<const DdnnMessage&, Time> m_respondedTrace; //!< a round trip, late or not
};

} // namespace ns3

#endif // SLICEBED_OFFLOAD_CLIENT_H
