// SPDX-License-Identifier: GPL-2.0-only
#include "compute/edge-dispatcher.h"

#include "transport/udp-message-socket.h"

#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeDispatcher);

namespace
{

constexpr double SUM_SLACK = 1e-6; // what float32 leaves of a sum of 1

/** Gives a message another id. */
void
Rename(Ptr<Packet> message, ComputeHeader header, uint64_t id)
{
    message->RemoveHeader(header);
    header.id = id;
    message->AddHeader(header);
}

} // namespace

TypeId
EdgeDispatcher::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeDispatcher")
                            .SetParent<Application>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<EdgeDispatcher>()
                            .AddAttribute("Port",
                                          "Port for users.",
                                          UintegerValue(8000),
                                          MakeUintegerAccessor(&EdgeDispatcher::m_port),
                                          MakeUintegerChecker<uint16_t>(1))
                            .AddAttribute("Memory",
                                          "Time after which an unanswered request is forgotten.",
                                          TimeValue(Seconds(20)),
                                          MakeTimeAccessor(&EdgeDispatcher::m_memory),
                                          MakeTimeChecker(MilliSeconds(1)))
                            .AddAttribute("Transport",
                                          "Of messages: a MessageSocket's type.",
                                          TypeIdValue(UdpMessageSocket::GetTypeId()),
                                          MakeTypeIdAccessor(&EdgeDispatcher::m_transport),
                                          MakeTypeIdChecker());
    return tid;
}

void
EdgeDispatcher::SetTargets(const std::vector<Address>& targets)
{
    m_targets = targets;
    m_sent.assign(targets.size(), 0);
    m_random = CreateObject<UniformRandomVariable>();
}

void
EdgeDispatcher::SetShares(const std::vector<double>& shares)
{
    if (shares.size() != m_targets.size())
    {
        throw std::invalid_argument("shares has " + std::to_string(shares.size()) +
                                    " numbers; one for each of " +
                                    std::to_string(m_targets.size()) + " targets is required");
    }
    for (const double share : shares)
    {
        if (!std::isfinite(share) || share < 0)
        {
            throw std::invalid_argument("shares has " + std::to_string(share) +
                                        "; numbers from 0 to 1 are required");
        }
    }
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    if (std::abs(sum - 1) > SUM_SLACK)
    {
        throw std::invalid_argument("shares sum to " + std::to_string(sum) + "; 1 is required");
    }
    m_shares = shares;
}

const std::vector<uint64_t>&
EdgeDispatcher::GetSent() const
{
    return m_sent;
}

int64_t
EdgeDispatcher::AssignStreams(int64_t stream)
{
    m_random->SetStream(stream);
    return 1;
}

void
EdgeDispatcher::DoDispose()
{
    for (auto& [id, relayed] : m_relayed)
    {
        Simulator::Cancel(relayed.forget);
    }
    m_relayed.clear();
    m_users = nullptr;
    m_relay = nullptr;
    Application::DoDispose();
}

void
EdgeDispatcher::StartApplication()
{
    NS_ABORT_MSG_IF(m_shares.empty(), "SetShares() is to be called before the application starts");
    m_users = MessageSocket::Make(m_transport);
    m_users->SetReceiver(
        [this](Ptr<Packet> message, const Address& user) { TakeRequest(message, user); });
    m_users->Listen(GetNode(), m_port);
    m_relay = MessageSocket::Make(m_transport);
    m_relay->SetReceiver([this](Ptr<Packet> message, const Address&) { TakeAnswer(message); });
    m_relay->Open(GetNode());
}

void
EdgeDispatcher::StopApplication()
{
    m_users->Close();
    m_relay->Close();
}

size_t
EdgeDispatcher::Draw()
{
    // The last target with a share takes what rounding leaves.
    double left = m_random->GetValue();
    size_t drawn = 0;
    for (size_t i = 0; i < m_shares.size(); ++i)
    {
        if (m_shares[i] == 0)
        {
            continue;
        }
        drawn = i;
        left -= m_shares[i];
        if (left < 0)
        {
            break;
        }
    }
    return drawn;
}

void
EdgeDispatcher::TakeRequest(Ptr<Packet> message, const Address& user)
{
    ComputeHeader header;
    if (message->GetSize() < ComputeHeader::BYTES)
    {
        return; // the user's time-out tells
    }
    message->PeekHeader(header);
    const uint64_t id = m_nextId++;
    m_relayed[id] = {
        user, header.id, Simulator::Schedule(m_memory, [this, id] { m_relayed.erase(id); })};
    const size_t target = Draw();
    ++m_sent[target];
    Rename(message, header, id);
    m_relay->Send(message, m_targets[target]);
}

void
EdgeDispatcher::TakeAnswer(Ptr<Packet> message)
{
    ComputeHeader header;
    if (message->GetSize() < ComputeHeader::BYTES)
    {
        return;
    }
    message->PeekHeader(header);
    const auto found = m_relayed.find(header.id);
    if (found == m_relayed.end())
    {
        return; // forgotten
    }
    Rename(message, header, found->second.id);
    m_users->Send(message, found->second.user);
    Simulator::Cancel(found->second.forget);
    m_relayed.erase(found);
}

} // namespace ns3
