// SPDX-License-Identifier: GPL-2.0-only
#include "compute/request-client.h"

#include "transport/udp-message-socket.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"

#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RequestClient);

TypeId
RequestClient::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::RequestClient")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddConstructor<RequestClient>()
            .AddAttribute("Timeout",
                          "After which a request without an answer is given up.",
                          TimeValue(Seconds(10)),
                          MakeTimeAccessor(&RequestClient::m_timeout),
                          MakeTimeChecker(MilliSeconds(1)))
            .AddAttribute("Transport",
                          "Of messages: a MessageSocket's type.",
                          TypeIdValue(UdpMessageSocket::GetTypeId()),
                          MakeTypeIdAccessor(&RequestClient::m_transport),
                          MakeTypeIdChecker())
            .AddTraceSource("Completed",
                            "An answer is complete: id and time since the request was sent.",
                            MakeTraceSourceAccessor(&RequestClient::m_completedTrace),
                            "ns3::RequestClient::CompletedCallback")
            .AddTraceSource("Rejected",
                            "A server had no room for a request.",
                            MakeTraceSourceAccessor(&RequestClient::m_rejectedTrace),
                            "ns3::RequestClient::LostCallback")
            .AddTraceSource("TimedOut",
                            "A request was given up.",
                            MakeTraceSourceAccessor(&RequestClient::m_timedOutTrace),
                            "ns3::RequestClient::LostCallback");
    return tid;
}

void
RequestClient::RequireBytes(const char* name, uint32_t bytes) const
{
    if (bytes < ComputeHeader::BYTES || bytes > m_socket->GetMaxBytes())
    {
        throw std::invalid_argument(std::string(name) + " is " + std::to_string(bytes) +
                                    " bytes; " + std::to_string(ComputeHeader::BYTES) + " to " +
                                    std::to_string(m_socket->GetMaxBytes()) + " are required");
    }
}

uint64_t
RequestClient::Send(const Address& remote, const Request& request)
{
    RequireBytes("request", request.requestBytes);
    RequireBytes("response", request.responseBytes);
    if (request.cycles == 0)
    {
        throw std::invalid_argument("work is 0 cycles; a number above 0 is required");
    }
    ComputeHeader header;
    header.id = m_nextId++;
    header.cycles = request.cycles;
    header.responseBytes = request.responseBytes;
    auto message = Create<Packet>(request.requestBytes - ComputeHeader::BYTES);
    message->AddHeader(header);
    ++m_counters.sent;
    m_pending[header.id] = {
        Simulator::Now(), Simulator::Schedule(m_timeout, &RequestClient::GiveUp, this, header.id)};
    m_socket->Send(message, remote); // lost on the way: given up in time
    return header.id;
}

RequestClient::Counters
RequestClient::GetCounters() const
{
    auto counters = m_counters;
    counters.pending = m_pending.size();
    return counters;
}

double
RequestClient::GetPendingAgeS() const
{
    double ageS = 0;
    for (const auto& [id, pending] : m_pending)
    {
        ageS += (Simulator::Now() - pending.sent).GetSeconds();
    }
    return ageS;
}

void
RequestClient::DoDispose()
{
    for (auto& [id, pending] : m_pending)
    {
        Simulator::Cancel(pending.timeout);
    }
    m_pending.clear();
    m_socket = nullptr;
    Application::DoDispose();
}

void
RequestClient::StartApplication()
{
    m_socket = MessageSocket::Make(m_transport);
    m_socket->SetReceiver([this](Ptr<Packet> message, const Address&) { Read(*message); });
    m_socket->Open(GetNode());
}

void
RequestClient::StopApplication()
{
    m_socket->Close();
}

void
RequestClient::Read(const Packet& message)
{
    ComputeHeader header;
    if (message.GetSize() >= ComputeHeader::BYTES)
    {
        message.PeekHeader(header);
        Take(header);
    }
}

void
RequestClient::Take(const ComputeHeader& header)
{
    const auto found = m_pending.find(header.id);
    if (found == m_pending.end())
    {
        return; // too late: it has been given up
    }
    const Time latency = Simulator::Now() - found->second.sent;
    Simulator::Cancel(found->second.timeout);
    m_pending.erase(found);
    if (header.kind == ComputeHeader::Kind::RESPONSE)
    {
        ++m_counters.completed;
        m_completedTrace(header.id, latency);
    }
    else
    {
        ++m_counters.rejected;
        m_rejectedTrace(header.id);
    }
}

void
RequestClient::GiveUp(uint64_t id)
{
    m_pending.erase(id);
    ++m_counters.timedOut;
    m_timedOutTrace(id);
}

} // namespace ns3
