// SPDX-License-Identifier: GPL-2.0-only
#include "compute/cloud-exit.h"

#include "transport/udp-message-socket.h"

#include "ns3/double.h"
#include "ns3/object-factory.h"
#include "ns3/uinteger.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CloudExit);

namespace
{

constexpr double CORE_HZ = 1e9; //!< work is counted in nanoseconds

} // namespace

TypeId
CloudExit::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CloudExit")
                            .SetParent<Application>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CloudExit>()
                            .AddAttribute("Port",
                                          "UDP port to listen on.",
                                          UintegerValue(9000),
                                          MakeUintegerAccessor(&CloudExit::m_port),
                                          MakeUintegerChecker<uint16_t>(1))
                            .AddAttribute("ComputeTime",
                                          "That the remote exit takes for a signal.",
                                          TimeValue(MicroSeconds(1190)),
                                          MakeTimeAccessor(&CloudExit::m_computeTime),
                                          MakeTimeChecker(NanoSeconds(1)))
                            .AddTraceSource("Computed",
                                            "An allocation is ready to be sent.",
                                            MakeTraceSourceAccessor(&CloudExit::m_computedTrace),
                                            "ns3::CloudExit::ComputedCallback");
    return tid;
}

const CloudExit::Counters&
CloudExit::GetCounters() const
{
    return m_counters;
}

uint64_t
CloudExit::GetQueue() const
{
    return m_server ? m_server->GetInService() + m_server->GetQueued() : 0;
}

void
CloudExit::DoDispose()
{
    m_socket = nullptr;
    m_server = nullptr;
    m_pending.clear();
    Application::DoDispose();
}

void
CloudExit::StartApplication()
{
    m_server = CreateObjectWithAttributes<ComputeServer>(
        "Capacity", DoubleValue(CORE_HZ), "Cores", UintegerValue(1));
    m_server->TraceConnectWithoutContext("Completed", MakeCallback(&CloudExit::Answer, this));
    m_server->TraceConnectWithoutContext("Dropped", MakeCallback(&CloudExit::Reject, this));
    m_socket = CreateObject<UdpMessageSocket>();
    m_socket->SetReceiver(
        [this](Ptr<Packet> message, const Address& from) { Take(*message, from); });
    m_socket->Listen(GetNode(), m_port);
}

void
CloudExit::StopApplication()
{
    m_socket->Close();
}

void
CloudExit::Take(const Packet& message, const Address& from)
{
    ++m_counters.received;
    auto question = FromPacket(message);
    if (question && question->kind == DdnnMessage::Kind::PROBE)
    {
        Send({DdnnMessage::Kind::ECHO, question->sequence, {}}, from);
        return;
    }
    if (!question || question->kind != DdnnMessage::Kind::SIGNAL)
    {
        ++m_counters.damaged;
        return;
    }
    const uint64_t job = m_nextJob++;
    m_pending[job] = {std::move(*question), from};
    m_server->Submit(job, m_computeTime.GetSeconds() * CORE_HZ);
}

void
CloudExit::Answer(uint64_t job, Time sojourn)
{
    const auto found = m_pending.extract(job);
    auto& [answer, from] = found.mapped();
    m_computedTrace(answer.sequence, sojourn);
    answer.kind = DdnnMessage::Kind::ALLOCATION;
    Send(answer, from);
}

void
CloudExit::Reject(uint64_t job, JobDrop)
{
    ++m_counters.rejected;
    m_pending.erase(job);
}

void
CloudExit::Send(const DdnnMessage& message, const Address& to)
{
    ++m_counters.sent;
    m_counters.sentBytes += DdnnMessage::GetIpBytes(message.values.size());
    m_socket->Send(ToPacket(message), to);
}

} // namespace ns3
