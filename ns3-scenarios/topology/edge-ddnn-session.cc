// SPDX-License-Identifier: GPL-2.0-only
#include "topology/edge-ddnn-session.h"

#include "ns3/simulator.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeDdnnSession);

namespace
{

constexpr double SMOOTHING = 1.0 / 8; //!< gain of a sample, RFC 6298, section 2.3

} // namespace

TypeId
EdgeDdnnSession::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeDdnnSession")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<EdgeDdnnSession>();
    return tid;
}

void
EdgeDdnnSession::Attach(Ptr<EdgeDdnnNetwork> network, Time localCompute, WhileWaiting waiting)
{
    m_network = network;
    m_localCompute = localCompute;
    m_waiting = waiting;
    const auto client = network->GetClient();
    client->TraceConnectWithoutContext("Answered",
                                       MakeCallback(&EdgeDdnnSession::TakeAnswer, this));
    client->TraceConnectWithoutContext("GivenUp",
                                       MakeCallback(&EdgeDdnnSession::TakeGivenUp, this));
    client->TraceConnectWithoutContext("Responded",
                                       MakeCallback(&EdgeDdnnSession::TakeResponse, this));
    network->GetCloud()->TraceConnectWithoutContext(
        "Computed", Callback<void, uint32_t, Time>([this](uint32_t sequence, Time sojourn) {
            m_sojourns.emplace(sequence, sojourn);
        }));
}

EdgeDdnnSession::Marks
EdgeDdnnSession::Read() const
{
    return {.client = m_network->GetClient()->GetCounters(),
            .cloud = m_network->GetCloud()->GetCounters(),
            .wanBytes = m_network->GetWanBytes()};
}

void
EdgeDdnnSession::OpenInterval(uint32_t k)
{
    m_opened = Simulator::Now();
    m_now = {.rttS = m_now.rttS, .rttSmoothedS = m_now.rttSmoothedS};
    m_atStart = Read();
    m_network->GetSites()->OpenInterval(k);
}

std::vector<SiteKpi>
EdgeDdnnSession::CloseInterval()
{
    const auto now = Read();
    const auto since = [](uint64_t end, uint64_t start) {
        return static_cast<double>(end - start);
    };
    m_kpi = m_now;
    m_kpi.lost = since(now.client.unanswered, m_atStart.client.unanswered);
    m_kpi.late = since(now.client.late, m_atStart.client.late);
    m_kpi.duplicate = since(now.client.duplicate, m_atStart.client.duplicate);
    m_kpi.messageBytes = since(now.client.sentBytes + now.cloud.sentBytes,
                               m_atStart.client.sentBytes + m_atStart.cloud.sentBytes);
    m_kpi.wanBytes = since(now.wanBytes, m_atStart.wanBytes);
    m_kpi.cloudQueue = static_cast<double>(m_network->GetCloud()->GetQueue());
    return m_network->GetSites()->CloseInterval();
}

const EdgeDdnnKpi&
EdgeDdnnSession::GetKpi() const
{
    return m_kpi;
}

void
EdgeDdnnSession::Decide(const EdgeDdnnDecision& decision)
{
    m_decision = decision;
    m_conclude = Simulator::Schedule(m_localCompute, &EdgeDdnnSession::Conclude, this);
}

void
EdgeDdnnSession::Conclude()
{
    const auto client = m_network->GetClient();
    m_localInForce = !m_decision.offload || m_waiting == WhileWaiting::LOCAL || !m_decided;
    if (m_localInForce)
    {
        PutInForce(m_decision.localBps);
    }
    if (m_decision.offload)
    {
        m_now.offloaded = 1;
        client->Ask(m_decision.remoteBps);
    }
    else
    {
        client->Probe();
    }
}

void
EdgeDdnnSession::PutInForce(const std::vector<double>& bps)
{
    m_decided = true;
    m_now.stalenessS = (Simulator::Now() - m_opened).GetSeconds();
    m_network->GetSites()->Allocate(bps);
}

void
EdgeDdnnSession::TakeAnswer(const DdnnMessage& answer)
{
    m_now.answered = 1;
    if (answer.kind == DdnnMessage::Kind::ALLOCATION)
    {
        PutInForce({answer.values.begin(), answer.values.end()});
    }
}

void
EdgeDdnnSession::TakeGivenUp(const DdnnMessage& question)
{
    if (question.kind == DdnnMessage::Kind::SIGNAL && !m_localInForce)
    {
        PutInForce(m_decision.localBps);
    }
}

void
EdgeDdnnSession::TakeResponse(const DdnnMessage& answer, Time response)
{
    const auto computed = m_sojourns.extract(answer.sequence);
    const Time atCloud = computed ? computed.mapped() : Time(0);
    const double rttS = (response - atCloud).GetSeconds();
    const bool first = m_now.rttS == 0;
    m_now.rttSmoothedS += (first ? 1 : SMOOTHING) * (rttS - m_now.rttSmoothedS);
    m_now.rttS = rttS;
    m_now.cloudS = atCloud.GetSeconds();
}

Ptr<EdgeDdnnNetwork>
EdgeDdnnSession::GetNetwork() const
{
    return m_network;
}

void
EdgeDdnnSession::DoDispose()
{
    Simulator::Cancel(m_conclude);
    m_network = nullptr;
    Object::DoDispose();
}

} // namespace ns3
