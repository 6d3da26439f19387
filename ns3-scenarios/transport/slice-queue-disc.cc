// SPDX-License-Identifier: GPL-2.0-only
#include "transport/slice-queue-disc.h"

#include "transport/slice-mark.h"

#include "ns3/fifo-queue-disc.h"
#include "ns3/ipv4-queue-disc-item.h"
#include "ns3/object-factory.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SliceQueueDisc);

namespace
{

constexpr uint32_t REST_PACKETS = 1000;  // control messages are few
constexpr uint32_t QUANTUM_BYTES = 1600; // a packet with its tunnel's headers

} // namespace

TypeId
SliceQueueDisc::GetTypeId()
{
    static TypeId tid = TypeId("ns3::SliceQueueDisc")
                            .SetParent<QueueDisc>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<SliceQueueDisc>()
                            .AddAttribute("Slices",
                                          "How many slices share the link.",
                                          UintegerValue(1),
                                          MakeUintegerAccessor(&SliceQueueDisc::m_sliceCount),
                                          MakeUintegerChecker<uint32_t>(1, SliceMark::MAX_SLICES))
                            .AddAttribute("Burst",
                                          "Time for which the rate fills a slice's token bucket.",
                                          TimeValue(MilliSeconds(25)),
                                          MakeTimeAccessor(&SliceQueueDisc::m_burst),
                                          MakeTimeChecker(Time(0)))
                            .AddAttribute("QueueLimit",
                                          "What may wait for a slice's tokens.",
                                          QueueSizeValue(QueueSize("100p")),
                                          MakeQueueSizeAccessor(&SliceQueueDisc::m_queueLimit),
                                          MakeQueueSizeChecker())
                            .AddAttribute("Aqm",
                                          "Queue disc that holds a slice's packets.",
                                          TypeIdValue(FifoQueueDisc::GetTypeId()),
                                          MakeTypeIdAccessor(&SliceQueueDisc::m_aqm),
                                          MakeTypeIdChecker());
    return tid;
}

SliceQueueDisc::SliceQueueDisc()
    : QueueDisc(QueueDiscSizePolicy::NO_LIMITS)
    , m_neverReady(CreateObject<NetDeviceQueueInterface>())
{
    m_neverReady->GetTxQueue(0)->Stop();
}

void
SliceQueueDisc::SetRate(uint32_t slice, double mbps)
{
    if (!std::isfinite(mbps) || mbps < 0 || mbps > MAX_MBPS)
    {
        throw std::invalid_argument("rate of slice " + std::to_string(slice) + " is " +
                                    std::to_string(mbps) +
                                    " Mbit/s; a number from 0 to 1000000 is required");
    }
    auto& ofSlice = m_slices.at(slice);
    ofSlice.mbps = mbps;
    if (mbps > 0)
    {
        ofSlice.bucket->SetRate(DataRate(static_cast<uint64_t>(std::ceil(mbps * 1e6))));
        ofSlice.bucket->SetBurst(std::max(
            static_cast<uint32_t>(mbps * 1e6 / 8 * m_burst.GetSeconds()), LEAST_BURST_BYTES));
    }
    // What is in the queue need not wait for the old rate's tokens.
    Simulator::ScheduleNow(&QueueDisc::Run, this);
}

double
SliceQueueDisc::GetRateMbps(uint32_t slice) const
{
    return m_slices.at(slice).mbps;
}

const QueueDisc::Stats&
SliceQueueDisc::GetSliceStats(uint32_t slice)
{
    return m_slices.at(slice).bucket->GetStats();
}

uint32_t
SliceQueueDisc::GetSlicePackets(uint32_t slice) const
{
    return m_slices.at(slice).bucket->GetNPackets();
}

uint32_t
SliceQueueDisc::GetSlices() const
{
    return m_sliceCount;
}

void
SliceQueueDisc::DoDispose()
{
    Simulator::Cancel(m_wake);
    m_slices.clear();
    m_rest = nullptr;
    QueueDisc::DoDispose();
}

bool
SliceQueueDisc::DoEnqueue(Ptr<QueueDiscItem> item)
{
    const auto ip = DynamicCast<Ipv4QueueDiscItem>(item);
    const auto slice =
        ip ? SliceMark::SliceOf(ip->GetHeader().GetDscp()) : std::optional<uint32_t>();
    if (!slice)
    {
        return m_rest->Enqueue(item);
    }
    if (*slice >= m_slices.size())
    {
        DropBeforeEnqueue(item, NO_SUCH_SLICE);
        return false;
    }
    return m_slices[*slice].bucket->Enqueue(item);
}

Ptr<QueueDiscItem>
SliceQueueDisc::DoDequeue()
{
    if (auto item = m_rest->Dequeue())
    {
        return item;
    }
    for (uint32_t i = 0; i < m_slices.size(); ++i)
    {
        const auto turn = static_cast<uint32_t>((m_next + i) % m_slices.size());
        auto& slice = m_slices[turn];
        if (slice.mbps == 0 || slice.bucket->GetNPackets() == 0)
        {
            continue;
        }
        if (auto item = slice.bucket->Dequeue())
        {
            slice.checkedAt = Simulator::Now();
            m_next = turn + 1;
            return item;
        }
    }
    ScheduleWake();
    return nullptr;
}

Ptr<QueueDisc>
SliceQueueDisc::QueueOf(const Slice& slice) const
{
    return slice.bucket->GetQueueDiscClass(0)->GetQueueDisc();
}

Time
SliceQueueDisc::WaitOf(const Slice& slice) const
{
    // As TbfQueueDisc::DoDequeue counts, which rounds to whole bytes.
    const auto head = QueueOf(slice)->Peek();
    if (!head)
    {
        return Time::Max(); // the AQM dropped what there was
    }
    const double bytesPerS = static_cast<double>(slice.bucket->GetRate().GetBitRate()) / 8;
    const double sinceS = (Simulator::Now() - slice.checkedAt).GetSeconds();
    const double tokens = slice.bucket->GetFirstBucketTokens() + std::round(sinceS * bytesPerS);
    const double lacking = std::max(head->GetSize() - tokens, 0.5);
    return Max(Seconds(lacking / bytesPerS), NanoSeconds(1));
}

void
SliceQueueDisc::ScheduleWake()
{
    Time wait = Time::Max();
    for (const auto& slice : m_slices)
    {
        if (slice.mbps > 0 && slice.bucket->GetNPackets() > 0)
        {
            wait = Min(wait, WaitOf(slice));
        }
    }
    Simulator::Cancel(m_wake);
    if (wait < Time::Max())
    {
        m_wake = Simulator::Schedule(wait, &QueueDisc::Run, this);
    }
}

Ptr<QueueDisc>
SliceQueueDisc::MakeChild(const TypeId& type, const QueueSize& limit)
{
    ObjectFactory factory;
    factory.SetTypeId(type);
    auto child = factory.Create<QueueDisc>();
    child->SetMaxSize(limit);
    // Fair-queueing discs take their quantum from a device, which a slice's queue does not have.
    child->SetAttributeFailSafe("Quantum", UintegerValue(QUANTUM_BYTES));
    child->SetNetDeviceQueueInterface(m_neverReady);
    return child;
}

bool
SliceQueueDisc::CheckConfig()
{
    if (GetNQueueDiscClasses() > 0 || GetNPacketFilters() > 0 || GetNInternalQueues() > 0)
    {
        return false; // it makes its classes itself and classifies by DSCP
    }
    const auto add = [](Ptr<QueueDisc> parent, Ptr<QueueDisc> child) {
        auto ofClass = CreateObject<QueueDiscClass>();
        ofClass->SetQueueDisc(child);
        parent->AddQueueDiscClass(ofClass);
    };
    for (uint32_t i = 0; i < m_sliceCount; ++i)
    {
        auto bucket = CreateObject<TbfQueueDisc>();
        bucket->SetNetDeviceQueueInterface(m_neverReady);
        bucket->SetBurst(LEAST_BURST_BYTES);
        auto queue = MakeChild(m_aqm, m_queueLimit);
        queue->Initialize();
        add(bucket, queue);
        bucket->Initialize();
        add(this, bucket);
        m_slices.push_back({.bucket = bucket, .mbps = 0, .checkedAt = Time(0)});
    }
    m_rest = MakeChild(FifoQueueDisc::GetTypeId(), QueueSize(QueueSizeUnit::PACKETS, REST_PACKETS));
    m_rest->Initialize();
    add(this, m_rest);
    return true;
}

void
SliceQueueDisc::InitializeParams()
{
}

} // namespace ns3
