// SPDX-License-Identifier: GPL-2.0-only
#include "compute/compute-application.h"

#include "ns3/inet-socket-address.h"
#include "ns3/packet.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>

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
                                          "UDP port to listen on.",
                                          UintegerValue(8080),
                                          MakeUintegerAccessor(&ComputeApplication::m_port),
                                          MakeUintegerChecker<uint16_t>(1));
    return tid;
}

void
ComputeApplication::SetServer(Ptr<ComputeServer> server)
{
    m_server = server;
    m_server->TraceConnectWithoutContext("Completed",
                                         MakeCallback(&ComputeApplication::Complete, this));
    m_server->TraceConnectWithoutContext("Dropped", MakeCallback(&ComputeApplication::Lose, this));
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
    m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
    const int bound = m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), m_port));
    NS_ABORT_MSG_IF(bound != 0, "UDP port " << m_port << " is taken on this node");
    m_socket->SetRecvCallback(MakeCallback(&ComputeApplication::Read, this));
}

void
ComputeApplication::StopApplication()
{
    m_socket->Close();
}

void
ComputeApplication::Read(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> message = socket->RecvFrom(from))
    {
        Take(*message, from);
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
        header.responseBytes < ComputeHeader::BYTES || header.responseBytes > MAX_BYTES)
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
    m_socket->SendTo(message, 0, found->second.from);
    m_pending.erase(found);
}

} // namespace ns3
