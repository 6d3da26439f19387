// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_USERS_H
#define SLICEBED_EDGE_USERS_H

#include "compute/request-client.h"

#include "ns3/object.h"
#include "ns3/random-variable-stream.h"

#include <vector>

namespace ns3
{

/** The users of an edge node: each request is one of theirs, anyone's as likely. */
class EdgeUsers : public Object
{
  public:
    static TypeId GetTypeId();
    EdgeUsers();

    /** @param door InetSocketAddress that they send to */
    void SetDoor(const Address& door);

    /** Adds a user. @param client its application, installed on its node */
    void Add(Ptr<RequestClient> client);

    /** One of them sends a request: see RequestClient::Send. */
    void Send(const RequestClient::Request& request);

    /** @return of all of them together */
    RequestClient::Counters GetCounters() const;

    /** @return time that requests without an answer have been waiting, summed up [s] */
    double GetPendingAgeS() const;

    int64_t AssignStreams(int64_t stream);

  protected:
    void DoDispose() override;

  private:
    void Complete(uint64_t id, Time latency);

    Address m_door;                                  //!< where requests go
    std::vector<Ptr<RequestClient>> m_clients;       //!< one a user
    Ptr<UniformRandomVariable> m_who;                //!< sends the next
    TracedCallback<uint64_t, Time> m_completedTrace; //!< an answer came to one of them
};

} // namespace ns3

#endif // SLICEBED_EDGE_USERS_H
