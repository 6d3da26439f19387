// SPDX-License-Identifier: GPL-2.0-only
#include "transport/link-ledger.h"

#include "ns3/traffic-control-layer.h"

#include <numeric>

namespace ns3
{

void
LinkLedger::Watch(Ptr<WanLink> link)
{
    for (uint32_t end = 0; end < 2; ++end)
    {
        const auto device = link->GetDevice(end);
        const auto count = [&](const std::string& trace, uint64_t& counter) {
            device->TraceConnectWithoutContext(
                trace,
                Callback<void, Ptr<const Packet>>([&counter](Ptr<const Packet>) { ++counter; }));
        };
        count("MacTx", m_in);
        count("MacTxDrop", m_lost);
        count("PhyRxDrop", m_lost);
        count("MacRx", m_out);
        device->TraceConnectWithoutContext(
            "MacTx", Callback<void, Ptr<const Packet>>([this](Ptr<const Packet> packet) {
                m_bytes += packet->GetSize();
            }));
        m_queues.push_back(
            device->GetNode()->GetObject<TrafficControlLayer>()->GetRootQueueDiscOnDevice(device));
    }
}

uint64_t
LinkLedger::GetQueueDrops() const
{
    return std::accumulate(
        m_queues.begin(), m_queues.end(), uint64_t{0}, [](uint64_t sum, const auto& queue) {
            return sum + queue->GetStats().nTotalDroppedPackets;
        });
}

uint64_t
LinkLedger::GetLineDrops() const
{
    return m_lost;
}

uint64_t
LinkLedger::GetInFlight() const
{
    return std::accumulate(m_queues.begin(),
                           m_queues.end(),
                           m_in - m_out - m_lost,
                           [](uint64_t sum, const auto& q) { return sum + q->GetNPackets(); });
}

uint64_t
LinkLedger::GetBytes() const
{
    return m_bytes;
}

void
LinkLedger::Clear()
{
    m_queues.clear();
}

} // namespace ns3
