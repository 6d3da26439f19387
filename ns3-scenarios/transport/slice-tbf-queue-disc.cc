// SPDX-License-Identifier: GPL-2.0-only
#include "transport/slice-tbf-queue-disc.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SliceTbfQueueDisc);

namespace
{

constexpr double DUST_BIT = 1e-6; //!< what rounding may leave missing

double
BitsOf(Ptr<const QueueDiscItem> item)
{
    return 8.0 * item->GetSize();
}

} // namespace

TypeId
SliceTbfQueueDisc::GetTypeId()
{
    static TypeId tid = TypeId("ns3::SliceTbfQueueDisc")
                            .SetParent<TbfQueueDisc>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<SliceTbfQueueDisc>();
    return tid;
}

void
SliceTbfQueueDisc::ChangeRate(DataRate rate)
{
    GatherTokens();
    SetRate(rate);
    m_rateInForce = rate;
}

std::optional<Time>
SliceTbfQueueDisc::GetWait()
{
    const auto head = GetQueueDiscClass(0)->GetQueueDisc()->Peek();
    if (!head)
    {
        return std::nullopt;
    }
    GatherTokens();
    const double missingBit = BitsOf(head) - m_tokensBit;
    if (missingBit <= DUST_BIT)
    {
        return Time(0);
    }
    if (m_rateInForce.GetBitRate() == 0)
    {
        return std::nullopt;
    }
    const double waitNs = 1e9 * missingBit / static_cast<double>(m_rateInForce.GetBitRate());
    return NanoSeconds(static_cast<uint64_t>(std::ceil(waitNs)));
}

void
SliceTbfQueueDisc::InitializeParams()
{
    m_tokensBit = 8.0 * GetBurst(); // full at the beginning
    m_gathered = Simulator::Now();
    m_rateInForce = GetRate();
}

Ptr<QueueDiscItem>
SliceTbfQueueDisc::DoDequeue()
{
    const auto inner = GetQueueDiscClass(0)->GetQueueDisc();
    const auto head = inner->Peek();
    if (!head)
    {
        return nullptr;
    }
    GatherTokens();
    const double neededBit = BitsOf(head);
    if (neededBit - m_tokensBit > DUST_BIT)
    {
        return nullptr;
    }
    m_tokensBit -= neededBit;
    return inner->Dequeue();
}

void
SliceTbfQueueDisc::GatherTokens()
{
    const double gainedBit = static_cast<double>(m_rateInForce.GetBitRate()) *
                             (Simulator::Now() - m_gathered).GetSeconds();
    m_tokensBit = std::min(m_tokensBit + gainedBit, 8.0 * GetBurst());
    m_gathered = Simulator::Now();
    m_rateInForce = GetRate(); // the attribute may have been set
}

} // namespace ns3
