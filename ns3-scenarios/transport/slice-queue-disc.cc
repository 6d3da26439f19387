// SPDX-License-Identifier: GPL-2.0-only
#include "transport/slice-queue-disc.h"

#include "transport/slice-packet-filter.h"

#include "ns3/fifo-queue-disc.h"
#include "ns3/fq-codel-queue-disc.h"
#include "ns3/net-device-queue-interface.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(SliceQueueDisc);

namespace
{

constexpr uint32_t QUANTUM_BYTES = 1500; //!< of a turn: one MTU
constexpr uint16_t UNMARKED = 0;         //!< slice id that no DSCP stands for

/** Throws std::invalid_argument with all its arguments as text. */
template <typename... Parts>
[[noreturn]] void
Refuse(const Parts&... parts)
{
    std::ostringstream text;
    (text << ... << parts);
    throw std::invalid_argument(text.str());
}

} // namespace

TypeId
SliceQueueDisc::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::SliceQueueDisc")
            .SetParent<QueueDisc>()
            .SetGroupName("Slicebed")
            .AddConstructor<SliceQueueDisc>()
            .AddAttribute("Burst",
                          "Size of each slice's token bucket [byte]; at least one MTU.",
                          UintegerValue(15'000),
                          MakeUintegerAccessor(&SliceQueueDisc::m_burstBytes),
                          MakeUintegerChecker<uint32_t>(1500))
            .AddAttribute("BurstTime",
                          "Time in which a slice's rate fills its token bucket; 0: Burst says "
                          "how large it is.",
                          TimeValue(Time(0)),
                          MakeTimeAccessor(&SliceQueueDisc::m_burstTime),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("SliceLimit",
                          "What may wait in each slice's queue, in packets or bytes.",
                          QueueSizeValue(QueueSize("1000p")),
                          MakeQueueSizeAccessor(&SliceQueueDisc::m_sliceLimit),
                          MakeQueueSizeChecker())
            .AddAttribute("Aqm",
                          "Type of the queue disc below each slice's token bucket: "
                          "ns3::FifoQueueDisc, CoDelQueueDisc, FqCoDelQueueDisc or RedQueueDisc.",
                          TypeIdValue(FifoQueueDisc::GetTypeId()),
                          MakeTypeIdAccessor(&SliceQueueDisc::m_aqm),
                          MakeTypeIdChecker())
            .AddAttribute("DefaultSlice",
                          "Slice that unmarked packets go to; one of those added. 0 is free for "
                          "it: no DSCP stands for slice 0.",
                          UintegerValue(UNMARKED),
                          MakeUintegerAccessor(&SliceQueueDisc::m_defaultSlice),
                          MakeUintegerChecker<uint16_t>())
            .AddTraceSource("Sent",
                            "A packet of a slice went to the device.",
                            MakeTraceSourceAccessor(&SliceQueueDisc::m_sentTrace),
                            "ns3::SliceQueueDisc::SentCallback")
            .AddTraceSource("Dropped",
                            "A packet of a slice was dropped, and why.",
                            MakeTraceSourceAccessor(&SliceQueueDisc::m_droppedTrace),
                            "ns3::SliceQueueDisc::DroppedCallback")
            .AddTraceSource("RateChanged",
                            "A slice has a new rate.",
                            MakeTraceSourceAccessor(&SliceQueueDisc::m_rateTrace),
                            "ns3::SliceQueueDisc::RateCallback");
    return tid;
}

SliceQueueDisc::SliceQueueDisc()
    : QueueDisc(QueueDiscSizePolicy::NO_LIMITS)
{
    AddPacketFilter(CreateObject<SlicePacketFilter>());
    // ns-3 does not come back by itself after a quota of packets, as Linux does, so that a burst
    // would end there: no quota.
    SetQuota(std::numeric_limits<uint32_t>::max());
}

void
SliceQueueDisc::AddSlice(uint16_t slice, DataRate rate)
{
    if (m_places.contains(slice))
    {
        Refuse("slice ", slice, " is there already");
    }
    auto inner = CreateObject<QueueDiscClass>();
    inner->SetQueueDisc(MakeInner());
    auto tbf = CreateObjectWithAttributes<SliceTbfQueueDisc>(
        "Burst", UintegerValue(BurstOf(rate)), "Rate", DataRateValue(rate));
    tbf->AddQueueDiscClass(inner);
    const auto dropped = [this, slice](Ptr<const QueueDiscItem> item, const char* reason) {
        m_droppedTrace(slice, item, reason);
    };
    const Callback<void, Ptr<const QueueDiscItem>, const char*> trace(dropped);
    tbf->TraceConnectWithoutContext("DropBeforeEnqueue", trace);
    tbf->TraceConnectWithoutContext("DropAfterDequeue", trace);
    auto outer = CreateObject<QueueDiscClass>();
    outer->SetQueueDisc(tbf);
    AddQueueDiscClass(outer);
    m_places[slice] = m_slices.size();
    m_slices.push_back({.slice = slice, .tbf = tbf});
    if (IsInitialized())
    {
        tbf->Initialize();
    }
}

void
SliceQueueDisc::SetRate(uint16_t slice, DataRate rate)
{
    const auto& tbf = Find(slice).tbf;
    tbf->ChangeRate(rate);
    tbf->SetBurst(BurstOf(rate));
    m_rateTrace(slice, rate);
    if (GetNPackets() > 0)
    {
        Run(); // the time to wake has changed
    }
}

void
SliceQueueDisc::SetRate(uint16_t slice, double rateBps)
{
    constexpr double TOO_MUCH = 9223372036854775808.0; // for llround
    if (!(rateBps >= 0 && rateBps < TOO_MUCH))
    {
        Refuse(
            "rate of slice ", slice, " is ", rateBps, " bit/s; a finite number >= 0 is required");
    }
    SetRate(slice, DataRate(static_cast<uint64_t>(std::llround(rateBps))));
}

uint32_t
SliceQueueDisc::BurstOf(DataRate rate) const
{
    if (m_burstTime.IsZero())
    {
        return m_burstBytes;
    }
    const double bytes = static_cast<double>(rate.GetBitRate()) / 8 * m_burstTime.GetSeconds();
    return static_cast<uint32_t>(
        std::clamp(bytes, 1.0 * LEAST_BURST_BYTES, 1.0 * std::numeric_limits<uint32_t>::max()));
}

DataRate
SliceQueueDisc::GetRate(uint16_t slice) const
{
    return Find(slice).tbf->GetRate();
}

SliceQueueCounters
SliceQueueDisc::GetCounters(uint16_t slice) const
{
    return CountersOf(*Find(slice).tbf);
}

PacketCount
SliceQueueDisc::GetNoSuchSliceDrops()
{
    const auto& stats = GetStats();
    return {stats.GetNDroppedPackets(NO_SUCH_SLICE_DROP),
            stats.GetNDroppedBytes(NO_SUCH_SLICE_DROP)};
}

void
SliceQueueDisc::DoDispose()
{
    Simulator::Cancel(m_wake);
    m_slices.clear();
    m_places.clear();
    QueueDisc::DoDispose();
}

bool
SliceQueueDisc::DoEnqueue(Ptr<QueueDiscItem> item)
{
    const auto marked = Classify(item);
    const auto slice =
        marked == PacketFilter::PF_NO_MATCH ? m_defaultSlice : static_cast<uint16_t>(marked);
    const auto place = m_places.find(slice);
    if (place == m_places.end())
    {
        DropBeforeEnqueue(item, NO_SUCH_SLICE_DROP);
        m_droppedTrace(slice, item, NO_SUCH_SLICE_DROP);
        return false;
    }
    return m_slices[place->second].tbf->Enqueue(item);
}

Ptr<QueueDiscItem>
SliceQueueDisc::DoDequeue()
{
    size_t inVain = 0; // turns in a row that gave nothing
    while (inVain < m_slices.size())
    {
        auto& turn = m_slices[m_turn];
        const bool may = turn.balanceBytes > 0;
        if (may)
        {
            if (auto item = TakeTurn(turn))
            {
                return item;
            }
        }
        inVain = may ? inVain + 1 : 0;
        turn.balanceBytes += QUANTUM_BYTES;
        m_turn = (m_turn + 1) % m_slices.size();
    }
    WakeWhenTokensSuffice();
    return nullptr;
}

bool
SliceQueueDisc::CheckConfig()
{
    if (!m_places.contains(m_defaultSlice))
    {
        Refuse("DefaultSlice is ", m_defaultSlice, "; it has to be one of the slices added");
    }
    const auto interface = GetNetDeviceQueueInterface();
    const auto device = interface ? interface->GetObject<NetDevice>() : nullptr;
    for (const auto& slice : m_slices)
    {
        if (device && slice.tbf->GetBurst() < device->GetMtu())
        {
            Refuse("Burst is ",
                   slice.tbf->GetBurst(),
                   " bytes; at least the device's MTU of ",
                   device->GetMtu(),
                   " is required");
        }
    }
    return true;
}

void
SliceQueueDisc::InitializeParams()
{
}

Ptr<QueueDisc>
SliceQueueDisc::MakeInner() const
{
    if (!m_aqm.IsChildOf(QueueDisc::GetTypeId()) || !m_aqm.HasConstructor())
    {
        Refuse("Aqm is ", m_aqm.GetName(), "; a queue disc such as ns3::FifoQueueDisc is required");
    }
    auto inner = ObjectFactory(m_aqm.GetName()).Create<QueueDisc>();
    if (const auto fqCodel = DynamicCast<FqCoDelQueueDisc>(inner))
    {
        fqCodel->SetQuantum(QUANTUM_BYTES); // it would look for it at a device, which a child lacks
    }
    if (!inner->SetMaxSize(m_sliceLimit))
    {
        Refuse("SliceLimit is ", m_sliceLimit, "; ", m_aqm.GetName(), " does not take that");
    }
    return inner;
}

Ptr<QueueDiscItem>
SliceQueueDisc::TakeTurn(Class& turn)
{
    auto item = turn.tbf->Dequeue();
    if (item)
    {
        turn.balanceBytes -= item->GetSize();
        m_sentTrace(turn.slice, item);
    }
    else
    {
        turn.balanceBytes = 0; // nothing is saved for later turns
    }
    return item;
}

void
SliceQueueDisc::WakeWhenTokensSuffice()
{
    std::optional<Time> least;
    for (const auto& slice : m_slices)
    {
        const auto wait = slice.tbf->GetWait();
        if (wait && (!least || *wait < *least))
        {
            least = wait;
        }
    }
    // To wake too early does no harm, and spares an event for each packet that comes meanwhile.
    if (least && (!m_wake.IsPending() || Simulator::GetDelayLeft(m_wake) > *least))
    {
        Simulator::Cancel(m_wake);
        m_wake = Simulator::Schedule(*least, &QueueDisc::Run, this);
    }
}

const SliceQueueDisc::Class&
SliceQueueDisc::Find(uint16_t slice) const
{
    const auto place = m_places.find(slice);
    if (place == m_places.end())
    {
        Refuse("slice ", slice, " is not here; AddSlice makes one");
    }
    return m_slices[place->second];
}

} // namespace ns3
