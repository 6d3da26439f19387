// SPDX-License-Identifier: GPL-2.0-only
#include "compute/offload-client.h"

#include "transport/udp-message-socket.h"

#include "ns3/simulator.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(OffloadClient);

TypeId
OffloadClient::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::OffloadClient")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddConstructor<OffloadClient>()
            .AddAttribute("Timeout",
                          "How long an answer is awaited.",
                          TimeValue(MilliSeconds(500)),
                          MakeTimeAccessor(&OffloadClient::m_timeout),
                          MakeTimeChecker(NanoSeconds(1)))
            .AddAttribute("Retry",
                          "After which a question without an answer goes out again; 0: never.",
                          TimeValue(Time(0)),
                          MakeTimeAccessor(&OffloadClient::m_retry),
                          MakeTimeChecker(Time(0)))
            .AddTraceSource("Answered",
                            "An answer came in time.",
                            MakeTraceSourceAccessor(&OffloadClient::m_answeredTrace),
                            "ns3::OffloadClient::AnsweredCallback")
            .AddTraceSource("GivenUp",
                            "No answer came in time.",
                            MakeTraceSourceAccessor(&OffloadClient::m_givenUpTrace),
                            "ns3::OffloadClient::GivenUpCallback")
            .AddTraceSource("Responded",
                            "A first answer came to what was asked once, in time or late.",
                            MakeTraceSourceAccessor(&OffloadClient::m_respondedTrace),
                            "ns3::OffloadClient::RespondedCallback");
    return tid;
}

void
OffloadClient::SetRemote(const Address& remote)
{
    m_remote = remote;
}

void
OffloadClient::Ask(const std::vector<float>& values)
{
    ++m_counters.asked;
    Begin(DdnnMessage::Kind::SIGNAL, values);
}

void
OffloadClient::Probe()
{
    ++m_counters.probes;
    Begin(DdnnMessage::Kind::PROBE, {});
}

const OffloadClient::Counters&
OffloadClient::GetCounters() const
{
    return m_counters;
}

void
OffloadClient::DoDispose()
{
    Simulator::Cancel(m_giveUp);
    Simulator::Cancel(m_repeat);
    m_socket = nullptr;
    Application::DoDispose();
}

void
OffloadClient::StartApplication()
{
    m_socket = CreateObject<UdpMessageSocket>();
    m_socket->SetReceiver([this](Ptr<Packet> message, const Address&) { Take(*message); });
    m_socket->Open(GetNode());
}

void
OffloadClient::StopApplication()
{
    Simulator::Cancel(m_giveUp);
    Simulator::Cancel(m_repeat);
    m_socket->Close();
}

void
OffloadClient::Begin(DdnnMessage::Kind kind, const std::vector<float>& values)
{
    GiveUp();
    m_question = {kind, m_question.sequence + 1, values};
    m_waiting = true;
    m_open[m_question.sequence] = {.sent = Simulator::Now()};
    Send();
    m_giveUp = Simulator::Schedule(m_timeout, &OffloadClient::GiveUp, this);
}

void
OffloadClient::Send()
{
    ++m_counters.sent;
    m_counters.sentBytes += DdnnMessage::GetIpBytes(m_question.values.size());
    m_socket->Send(ToPacket(m_question), m_remote);
    if (m_retry.IsStrictlyPositive())
    {
        m_repeat = Simulator::Schedule(m_retry, &OffloadClient::Repeat, this);
    }
}

void
OffloadClient::Repeat()
{
    m_open.at(m_question.sequence).repeated = true;
    Send();
}

void
OffloadClient::GiveUp()
{
    Simulator::Cancel(m_giveUp);
    Simulator::Cancel(m_repeat);
    if (m_waiting)
    {
        m_waiting = false;
        ++m_counters.unanswered;
        m_givenUpTrace(m_question);
    }
}

bool
OffloadClient::Answers(const DdnnMessage& message) const
{
    const bool kind =
        message.kind == DdnnMessage::Kind::ALLOCATION || message.kind == DdnnMessage::Kind::ECHO;
    return kind && message.sequence >= 1 && message.sequence <= m_question.sequence;
}

void
OffloadClient::Take(const Packet& packet)
{
    ++m_counters.received;
    const auto answer = FromPacket(packet);
    if (!answer || !Answers(*answer))
    {
        ++m_counters.damaged;
        return;
    }
    const auto found = m_open.extract(answer->sequence);
    if (!found)
    {
        ++m_counters.duplicate;
        return;
    }
    if (!found.mapped().repeated)
    {
        m_respondedTrace(*answer, Simulator::Now() - found.mapped().sent);
    }
    if (!m_waiting || answer->sequence != m_question.sequence)
    {
        ++m_counters.late;
        return;
    }
    m_waiting = false;
    Simulator::Cancel(m_giveUp);
    Simulator::Cancel(m_repeat);
    ++m_counters.answered;
    m_answeredTrace(*answer);
}

} // namespace ns3
