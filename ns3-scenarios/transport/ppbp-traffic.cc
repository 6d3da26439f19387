// SPDX-License-Identifier: GPL-2.0-only
#include "transport/ppbp-traffic.h"

#include "ns3/double.h"
#include "ns3/simulator.h"

#include <cmath>
#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(PpbpTraffic);

TypeId
PpbpTraffic::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::PpbpTraffic")
            .SetParent<BackgroundTraffic>()
            .SetGroupName("Slicebed")
            .AddConstructor<PpbpTraffic>()
            .AddAttribute("MeanRate",
                          "Mean of the rate offered, as IP packets; 0 for none.",
                          DataRateValue(DataRate("10Mbps")),
                          MakeDataRateAccessor(&PpbpTraffic::m_meanRate),
                          MakeDataRateChecker())
            .AddAttribute("BurstRate",
                          "Rate of one burst, more than 0.",
                          DataRateValue(DataRate("1Mbps")),
                          MakeDataRateAccessor(&PpbpTraffic::m_burstRate),
                          MakeDataRateChecker())
            .AddAttribute("MeanBurst",
                          "Mean duration of a burst.",
                          TimeValue(MilliSeconds(200)),
                          MakeTimeAccessor(&PpbpTraffic::m_meanBurst),
                          MakeTimeChecker(MicroSeconds(1)))
            .AddAttribute("Shape",
                          "Shape of the Pareto distributed durations: more than 1 for a mean to "
                          "exist, less than 2 for long-range dependence; Hurst is (3 - Shape) / 2.",
                          DoubleValue(1.5),
                          MakeDoubleAccessor(&PpbpTraffic::m_shape),
                          MakeDoubleChecker<double>(1.01, 1.99));
    return tid;
}

PpbpTraffic::PpbpTraffic()
    : m_interval(CreateObject<ExponentialRandomVariable>())
    , m_duration(CreateObject<ParetoRandomVariable>())
    , m_quantile(CreateObject<UniformRandomVariable>())
{
}

size_t
PpbpTraffic::GetBursts() const
{
    return m_ends.size();
}

double
PpbpTraffic::GetMeanBursts() const
{
    return static_cast<double>(m_meanRate.GetBitRate()) /
           static_cast<double>(m_burstRate.GetBitRate());
}

int64_t
PpbpTraffic::AssignStreams(int64_t stream)
{
    const auto used = BackgroundTraffic::AssignStreams(stream);
    m_interval->SetStream(stream + used);
    m_duration->SetStream(stream + used + 1);
    m_quantile->SetStream(stream + used + 2);
    return used + 3;
}

void
PpbpTraffic::DoDispose()
{
    Cease();
    BackgroundTraffic::DoDispose();
}

void
PpbpTraffic::Begin()
{
    if (m_burstRate.GetBitRate() == 0)
    {
        throw std::invalid_argument("BurstRate is 0 bit/s; more than 0 is required");
    }
    m_duration->SetAttribute("Shape", DoubleValue(m_shape));
    m_duration->SetAttribute("Scale",
                             DoubleValue(m_meanBurst.GetSeconds() * (m_shape - 1) / m_shape));
    // A Poisson number of bursts: as many as intervals of mean 1 fit into the mean.
    for (double sum = m_interval->GetValue(); sum < GetMeanBursts(); sum += m_interval->GetValue())
    {
        m_ends.push(Simulator::Now() + Seconds(DrawRemainder()));
    }
    ScheduleEnd();
    ScheduleArrival();
    Offer();
}

void
PpbpTraffic::Cease()
{
    Simulator::Cancel(m_arrival);
    Simulator::Cancel(m_end);
    m_ends = {};
}

void
PpbpTraffic::ScheduleArrival()
{
    if (m_meanRate.GetBitRate() > 0)
    {
        const double lambda = GetMeanBursts() / m_meanBurst.GetSeconds();
        m_arrival = Simulator::Schedule(
            Seconds(m_interval->GetValue() / lambda), &PpbpTraffic::StartBurst, this);
    }
}

void
PpbpTraffic::StartBurst()
{
    m_ends.push(Simulator::Now() + Seconds(m_duration->GetValue()));
    ScheduleEnd();
    ScheduleArrival();
    Offer();
}

void
PpbpTraffic::EndBurst()
{
    m_ends.pop();
    ScheduleEnd();
    Offer();
}

void
PpbpTraffic::ScheduleEnd()
{
    Simulator::Cancel(m_end);
    if (!m_ends.empty())
    {
        m_end = Simulator::Schedule(m_ends.top() - Simulator::Now(), &PpbpTraffic::EndBurst, this);
    }
}

void
PpbpTraffic::Offer()
{
    SetRateBps(static_cast<double>(m_ends.size()) * static_cast<double>(m_burstRate.GetBitRate()));
}

double
PpbpTraffic::DrawRemainder()
{
    // P(R > t) = 1 - t / E[D] up to m, where it is 1 / a, and (m / t)^(a - 1) / a from there.
    const double meanS = m_meanBurst.GetSeconds();
    const double left = m_quantile->GetValue();
    if (left * m_shape >= 1)
    {
        return meanS * (1 - left);
    }
    const double leastS = meanS * (m_shape - 1) / m_shape;
    return leastS * std::pow(left * m_shape, -1 / (m_shape - 1));
}

} // namespace ns3
