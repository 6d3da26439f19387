// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CLOUD_EXIT_H
#define SLICEBED_CLOUD_EXIT_H

#include "compute/compute-server.h"
#include "compute/ddnn-message.h"
#include "transport/message-socket.h"

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/traced-callback.h"

#include <map>

namespace ns3
{

/**
 * The remote exit of a distributed LSTM: answers signals with allocations once it has computed
 * them, one after the other, and probes with echoes at once.
 *
 * The network's tail runs in the agent. A signal carries, in the place of z and with as many bytes,
 * what the tail makes of it: the answer returns these values.
 */
class CloudExit : public Application
{
  public:
    static TypeId GetTypeId();

    /** What it received and sent. */
    struct Counters
    {
        uint64_t received{0};  //!< messages, damaged ones too
        uint64_t damaged{0};   //!< messages that are none, or none that a cloud gets
        uint64_t rejected{0};  //!< signals that found the queue full: not answered
        uint64_t sent{0};      //!< messages
        uint64_t sentBytes{0}; //!< of them as IP packets
    };

    const Counters& GetCounters() const;

    /** @return signals that are computed or wait */
    uint64_t GetQueue() const;

    /** TraceSource signature. @param sequence of the signal @param sojourn here */
    using ComputedCallback = void (*)(uint32_t sequence, Time sojourn);

  protected:
    void DoDispose() override;

  private:
    /** A signal in work. */
    struct Pending
    {
        DdnnMessage question;
        Address from;
    };

    void StartApplication() override;
    void StopApplication() override;
    void Take(const Packet& message, const Address& from);
    void Answer(uint64_t job, Time sojourn);
    void Reject(uint64_t job, JobDrop why);
    void Send(const DdnnMessage& message, const Address& to);

    uint16_t m_port;                                //!< to listen on
    Time m_computeTime;                             //!< of a signal
    Ptr<MessageSocket> m_socket;                    //!< made on start
    Ptr<ComputeServer> m_server;                    //!< one core, first come, first served
    std::map<uint64_t, Pending> m_pending;          //!< by job
    uint64_t m_nextJob{0};                          //!< its number: a signal may come twice
    Counters m_counters;                            //!< since the start
    TracedCallback<uint32_t, Time> m_computedTrace; //!< an allocation is ready
};

} // namespace ns3

#endif // SLICEBED_CLOUD_EXIT_H
