// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/poisson-flow-source.h"

#include "ns3/double.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(PoissonFlowSource);

namespace
{

constexpr double DUST_BYTES = 1e-6; //!< what rounding of times may leave missing

} // namespace

TypeId
PoissonFlowSource::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::PoissonFlowSource")
            .SetParent<LoadSource>()
            .SetGroupName("Slicebed")
            .AddConstructor<PoissonFlowSource>()
            .AddAttribute("FlowRate",
                          "Rate of one flow, more than 0.",
                          DataRateValue(DataRate("1Mbps")),
                          MakeDataRateAccessor(&PoissonFlowSource::m_flowRate),
                          MakeDataRateChecker())
            .AddAttribute("FlowShape",
                          "Shape of the Pareto distributed sizes; 1.1 to 1.3 are usual for what "
                          "users fetch from the web (Crovella and Bestavros, 1997).",
                          DoubleValue(1.2),
                          MakeDoubleAccessor(&PoissonFlowSource::m_shape),
                          MakeDoubleChecker<double>(0.1, 100))
            .AddAttribute("FlowMinBytes",
                          "Least size of a flow [byte].",
                          DoubleValue(10e3),
                          MakeDoubleAccessor(&PoissonFlowSource::m_minBytes),
                          MakeDoubleChecker<double>(100))
            .AddAttribute("FlowMaxBytes",
                          "Largest size of a flow, not below the least [byte].",
                          DoubleValue(1e6),
                          MakeDoubleAccessor(&PoissonFlowSource::m_maxBytes),
                          MakeDoubleChecker<double>(100))
            .AddAttribute("HeaderBytes",
                          "Counted for each packet beside its payload [byte]; 28: UDP and IPv4.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&PoissonFlowSource::m_headerBytes),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("FlowBegins",
                            "A flow begins: its size [byte].",
                            MakeTraceSourceAccessor(&PoissonFlowSource::m_flowTrace),
                            "ns3::PoissonFlowSource::FlowCallback");
    return tid;
}

PoissonFlowSource::PoissonFlowSource()
    : m_start(CreateObject<UniformRandomVariable>())
    , m_quantile(CreateObject<UniformRandomVariable>())
{
}

size_t
PoissonFlowSource::GetFlows() const
{
    return static_cast<size_t>(std::count_if(m_flows.begin(), m_flows.end(), [](const Flow& flow) {
        return flow.start <= Simulator::Now();
    }));
}

int64_t
PoissonFlowSource::AssignStreams(int64_t stream)
{
    m_start->SetStream(stream);
    m_quantile->SetStream(stream + 1);
    return 2;
}

void
PoissonFlowSource::DoOffer(double bits, Time duration)
{
    KeepOnly();
    const double neededBytes = bits / 8;
    const double rateBytesPerS = static_cast<double>(m_flowRate.GetBitRate()) / 8;
    NS_ABORT_MSG_UNLESS(rateBytesPerS > 0, "FlowRate is 0 bit/s; more than 0 is required");
    double carriedBytes = 0;
    for (const auto& flow : m_flows)
    {
        carriedBytes += rateBytesPerS * Min(flow.end - Simulator::Now(), duration).GetSeconds();
    }
    carriedBytes += DrawFlows(neededBytes - carriedBytes, duration);
    m_bytesPerS = carriedBytes > 0 ? rateBytesPerS * neededBytes / carriedBytes : 0;
    for (auto flow = m_flows.begin(); flow != m_flows.end(); ++flow)
    {
        if (flow->start > Simulator::Now())
        {
            flow->next = Simulator::Schedule(
                flow->start - Simulator::Now(), &PoissonFlowSource::Begin, this, flow);
        }
        else
        {
            ScheduleNext(flow);
        }
    }
}

/** Forgets the flows that have not begun, and brings the others up to now. */
void
PoissonFlowSource::KeepOnly()
{
    for (auto flow = m_flows.begin(); flow != m_flows.end();)
    {
        Simulator::Cancel(flow->next);
        if (flow->start > Simulator::Now())
        {
            flow = m_flows.erase(flow);
            continue;
        }
        CountUp(*flow);
        if (flow->end <= Simulator::Now())
        {
            SendRest(*flow);
            flow = m_flows.erase(flow);
            continue;
        }
        ++flow;
    }
}

/** @return what the flows drawn carry within the duration, at FlowRate [byte] */
double
PoissonFlowSource::DrawFlows(double missingBytes, Time duration)
{
    const double rateBytesPerS = static_cast<double>(m_flowRate.GetBitRate()) / 8;
    double drawnBytes = 0;
    while (drawnBytes < missingBytes)
    {
        const double fromS = m_start->GetValue() * duration.GetSeconds();
        const double sizeBytes = DrawSize();
        const Time start = Simulator::Now() + Seconds(fromS);
        m_flows.push_back({.start = start,
                           .end = start + Seconds(sizeBytes / rateBytesPerS),
                           .sizeBytes = sizeBytes,
                           .counted = start,
                           .next = {}});
        drawnBytes += std::min(sizeBytes, rateBytesPerS * (duration.GetSeconds() - fromS));
    }
    return drawnBytes;
}

double
PoissonFlowSource::DrawSize()
{
    // By inversion: ns-3's ParetoRandomVariable draws until it is below its bound, for ever if the
    // sizes are to be equal.
    NS_ABORT_MSG_IF(m_maxBytes < m_minBytes,
                    "FlowMaxBytes is " << m_maxBytes << "; at least FlowMinBytes=" << m_minBytes
                                       << " is required");
    const double tail = std::pow(m_minBytes / m_maxBytes, m_shape);
    return m_minBytes * std::pow(1 - m_quantile->GetValue() * (1 - tail), -1 / m_shape);
}

void
PoissonFlowSource::Begin(Flows::iterator flow)
{
    m_flowTrace(flow->sizeBytes);
    flow->waitingBytes += m_restBytes;
    m_restBytes = 0;
    ScheduleNext(flow);
}

void
PoissonFlowSource::CountUp(Flow& flow) const
{
    const Time until = Min(Simulator::Now(), flow.end);
    flow.waitingBytes += m_bytesPerS * (until - flow.counted).GetSeconds();
    flow.counted = until;
}

void
PoissonFlowSource::ScheduleNext(Flows::iterator flow)
{
    Time at = flow->end;
    const double missingBytes = std::max(PacketBytes() - flow->waitingBytes, 0.0);
    if (m_bytesPerS > 0)
    {
        const double waitNs = 1e9 * missingBytes / m_bytesPerS;
        const double leftNs = static_cast<double>((at - Simulator::Now()).GetNanoSeconds());
        at = waitNs < leftNs
                 ? Simulator::Now() + NanoSeconds(static_cast<int64_t>(std::ceil(waitNs)))
                 : at;
    }
    flow->next =
        Simulator::Schedule(at - Simulator::Now(), &PoissonFlowSource::SendDue, this, flow);
}

void
PoissonFlowSource::SendDue(Flows::iterator flow)
{
    CountUp(*flow);
    SendFull(*flow);
    if (flow->end > Simulator::Now())
    {
        ScheduleNext(flow);
        return;
    }
    SendRest(*flow);
    m_flows.erase(flow);
}

void
PoissonFlowSource::SendFull(Flow& flow)
{
    while (flow.waitingBytes >= PacketBytes() - DUST_BYTES)
    {
        flow.waitingBytes -= PacketBytes();
        Send(GetMaxPacketBytes());
    }
}

void
PoissonFlowSource::SendRest(Flow& flow)
{
    SendFull(flow);
    const double waitingBytes = std::max(flow.waitingBytes, 0.0);
    const auto whole = static_cast<uint32_t>(waitingBytes);
    const bool enough = whole >= LeastPacketBytes() + m_headerBytes;
    if (enough)
    {
        Send(whole - m_headerBytes);
    }
    m_restBytes += enough ? waitingBytes - whole : waitingBytes;
}

double
PoissonFlowSource::PacketBytes() const
{
    return GetMaxPacketBytes() + m_headerBytes;
}

void
PoissonFlowSource::Cease()
{
    for (auto& flow : m_flows)
    {
        Simulator::Cancel(flow.next);
    }
    m_flows.clear();
    m_restBytes = 0;
}

void
PoissonFlowSource::DoDispose()
{
    Cease();
    LoadSource::DoDispose();
}

} // namespace ns3
