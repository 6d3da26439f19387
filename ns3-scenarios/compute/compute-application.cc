// SPDX-License-Identifier: GPL-2.0-only
#include "compute/compute-application.h"

#include "transport/udp-message-socket.h"

#include "ns3/packet.h"
#include "ns3/uinteger.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ComputeApplication);

TypeId
ComputeApplication::GetTypeId()
{
    static TypeId tid = TypeId("ns3::ComputeApplication")
                            .SetParent<Application>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<ComputeApplication>()
                            .AddAttribute("Port",
                                          "Port to listen on.",
                                          UintegerValue(8080),
                                          MakeUintegerAccessor(&ComputeApplication::m_port),
                                          MakeUintegerChecker<uint16_t>(1))
                            .AddAttribute("Transport",
                                          "Of messages: a MessageSocket's type.",
                                          TypeIdValue(UdpMessageSocket::GetTypeId()),
                                          MakeTypeIdAccessor(&ComputeApplication::m_transport),
                                          MakeTypeIdChecker());
    return tid;
}

void
ComputeApplication::SetServer(Ptr<ComputeServer> server)
{
    m_server = server;
    m_server->TraceConnectWithoutContext("Completed",
                                         MakeCallback(&ComputeApplication::Complete, this));
    m_server->TraceConnectWithoutContext("Dropped", MakeCallback(&ComputeApplication::Lose, this));
    m_server->TraceConnectWithoutContext("Load", MakeCallback(&ComputeApplication::Follow, this));
}

uint64_t
ComputeApplication::GetMalformed() const
{
    return m_malformed;
}

void
ComputeApplication::DoDispose()
{
    m_socket = nullptr;
    m_server = nullptr;
    m_pending.clear();
    Application::DoDispose();
}

void
ComputeApplication::StartApplication()
{
    NS_ABORT_MSG_IF(!m_server, "SetServer() is to be called before the application starts");
    m_socket = MessageSocket::Make(m_transport);
    m_socket->SetReceiver(
        [this](Ptr<Packet> message, const Address& from) { Take(*message, from); });
    m_socket->Listen(GetNode(), m_port);
}

void
ComputeApplication::StopApplication()
{
    m_socket->Close();
}

void
ComputeApplication::Follow(double, bool up)
{
    if (m_socket && !up)
    {
        m_socket->EndConnections();
    }
}

void
ComputeApplication::Take(const Packet& message, const Address& from)
{
    ComputeHeader header;
    if (message.GetSize() < ComputeHeader::BYTES)
    {
        ++m_malformed;
        return;
    }
    message.PeekHeader(header);
    if (header.kind != ComputeHeader::Kind::REQUEST || header.cycles == 0 ||
        header.responseBytes < ComputeHeader::BYTES ||
        header.responseBytes > m_socket->GetMaxBytes())
    {
        ++m_malformed;
        return;
    }
    const uint64_t job = m_nextJob++;
    m_pending[job] = {header, from};
    m_server->Submit(job, static_cast<double>(header.cycles));
}

void
ComputeApplication::Complete(uint64_t job, Time)
{
    Answer(job, ComputeHeader::Kind::RESPONSE);
}

void
ComputeApplication::Lose(uint64_t job, JobDrop why)
{
    if (why == JobDrop::QUEUE_FULL)
    {
        Answer(job, ComputeHeader::Kind::REJECTED);
        return;
    }
    m_pending.erase(job);
}

void
ComputeApplication::Answer(uint64_t job, ComputeHeader::Kind kind)
{
    const auto found = m_pending.find(job);
    auto header = found->second.header;
    header.kind = kind;
    const bool done = kind == ComputeHeader::Kind::RESPONSE;
    auto message = Create<Packet>(done ? header.responseBytes - ComputeHeader::BYTES : 0);
    message->AddHeader(header);
    m_socket->Send(message, found->second.from);
    m_pending.erase(found);
}

} // namespace ns3
