// SPDX-License-Identifier: GPL-2.0-only
#include "compute/edge-users.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeUsers);

TypeId
EdgeUsers::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeUsers")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<EdgeUsers>()
                            .AddTraceSource("Completed",
                                            "An answer is complete: its client's id of it and time "
                                            "since the request was sent.",
                                            MakeTraceSourceAccessor(&EdgeUsers::m_completedTrace),
                                            "ns3::RequestClient::CompletedCallback");
    return tid;
}

EdgeUsers::EdgeUsers()
    : m_who(CreateObject<UniformRandomVariable>())
{
}

void
EdgeUsers::SetDoor(const Address& door)
{
    m_door = door;
}

void
EdgeUsers::Add(Ptr<RequestClient> client)
{
    client->TraceConnectWithoutContext("Completed", MakeCallback(&EdgeUsers::Complete, this));
    m_clients.push_back(client);
}

void
EdgeUsers::Send(const RequestClient::Request& request)
{
    const auto last = static_cast<uint32_t>(m_clients.size() - 1);
    m_clients[last > 0 ? m_who->GetInteger(0, last) : 0]->Send(m_door, request);
}

RequestClient::Counters
EdgeUsers::GetCounters() const
{
    RequestClient::Counters all;
    for (const auto& client : m_clients)
    {
        const auto counters = client->GetCounters();
        all.sent += counters.sent;
        all.completed += counters.completed;
        all.rejected += counters.rejected;
        all.timedOut += counters.timedOut;
        all.pending += counters.pending;
    }
    return all;
}

double
EdgeUsers::GetPendingAgeS() const
{
    double ageS = 0;
    for (const auto& client : m_clients)
    {
        ageS += client->GetPendingAgeS();
    }
    return ageS;
}

int64_t
EdgeUsers::AssignStreams(int64_t stream)
{
    m_who->SetStream(stream);
    return 1;
}

void
EdgeUsers::DoDispose()
{
    m_clients.clear();
    Object::DoDispose();
}

void
EdgeUsers::Complete(uint64_t id, Time latency)
{
    m_completedTrace(id, latency);
}

} // namespace ns3
