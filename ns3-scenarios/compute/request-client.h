// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_REQUEST_CLIENT_H
#define SLICEBED_REQUEST_CLIENT_H

#include "compute/compute-header.h"
#include "transport/message-socket.h"

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/traced-callback.h"

#include <map>

namespace ns3
{

/** Sends requests to ComputeApplications and measures the time to the answer's last byte. */
class RequestClient : public Application
{
  public:
    /** Where the requests are: sent = completed + rejected + timedOut + pending, always. */
    struct Counters
    {
        uint64_t sent{0};
        uint64_t completed{0};
        uint64_t rejected{0}; //!< by a server without room
        uint64_t timedOut{0}; //!< lost on the way, or by a server that failed
        uint64_t pending{0};  //!< neither yet
    };

    /** What is asked for. */
    struct Request
    {
        uint64_t cycles;        //!< of work
        uint32_t requestBytes;  //!< message there, at least ComputeHeader::BYTES
        uint32_t responseBytes; //!< message back, likewise
    };

    static TypeId GetTypeId();

    /**
     * Sends a request, any time after the application has started.
     * @param remote an InetSocketAddress
     * @param request what is asked for
     * @return its id
     * @throws std::invalid_argument if its sizes or its work cannot be
     */
    uint64_t Send(const Address& remote, const Request& request);

    Counters GetCounters() const;

    /** @return time that requests without an answer have been waiting, summed up [s] */
    double GetPendingAgeS() const;

    /** TraceSource signatures. */
    using CompletedCallback = void (*)(uint64_t id, Time latency);
    using LostCallback = void (*)(uint64_t id);

  protected:
    void DoDispose() override;

  private:
    /** A request without an answer. */
    struct Pending
    {
        Time sent;
        EventId timeout;
    };

    void StartApplication() override;
    void StopApplication() override;
    void RequireBytes(const char* name, uint32_t bytes) const;
    void Read(const Packet& message);
    void Take(const ComputeHeader& header);
    void GiveUp(uint64_t id);

    Time m_timeout;                                  //!< after which a request is given up
    TypeId m_transport;                              //!< of the socket
    Ptr<MessageSocket> m_socket;                     //!< made on start
    std::map<uint64_t, Pending> m_pending;           //!< by id
    uint64_t m_nextId{0};                            //!< of the next request
    Counters m_counters;                             //!< pending is m_pending's size
    TracedCallback<uint64_t, Time> m_completedTrace; //!< an answer came
    TracedCallback<uint64_t> m_rejectedTrace;        //!< a server had no room
    TracedCallback<uint64_t> m_timedOutTrace;        //!< no answer came
};

} // namespace ns3

#endif // SLICEBED_REQUEST_CLIENT_H
