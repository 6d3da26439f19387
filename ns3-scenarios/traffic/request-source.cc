// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/request-source.h"

#include "ns3/double.h"
#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RequestSource);

TypeId
RequestSource::GetTypeId()
{
    static TypeId tid = TypeId("ns3::RequestSource")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<RequestSource>()
                            .AddAttribute("BurstPeriod",
                                          "From the beginning of a burst to that of the next.",
                                          TimeValue(Seconds(60)),
                                          MakeTimeAccessor(&RequestSource::m_period),
                                          MakeTimeChecker(MilliSeconds(1)))
                            .AddAttribute("BurstDuty",
                                          "Share of a period that is burst.",
                                          DoubleValue(0.2),
                                          MakeDoubleAccessor(&RequestSource::m_duty),
                                          MakeDoubleChecker<double>(0, 1))
                            .AddAttribute("BurstGain",
                                          "Rate in a burst over the rate outside; 1: no bursts.",
                                          DoubleValue(1),
                                          MakeDoubleAccessor(&RequestSource::m_gain),
                                          MakeDoubleChecker<double>(0));
    return tid;
}

RequestSource::RequestSource()
    : m_wait(CreateObject<ExponentialRandomVariable>())
    , m_accept(CreateObject<UniformRandomVariable>())
{
}

void
RequestSource::Start(double rateHz, std::function<void()> request)
{
    m_request = std::move(request);
    Stop();
    m_rateHz = 0;
    SetRate(rateHz);
}

void
RequestSource::SetRate(double rateHz)
{
    if (!std::isfinite(rateHz) || rateHz < 0)
    {
        throw std::invalid_argument("rate is " + std::to_string(rateHz) +
                                    " requests/s; a number of at least 0 is required");
    }
    if (rateHz != m_rateHz)
    {
        // The wait for a Poisson process begins anew at any moment.
        Stop();
        m_rateHz = rateHz;
        ScheduleNext();
    }
}

void
RequestSource::Stop()
{
    Simulator::Cancel(m_next);
}

double
RequestSource::GetRateHz(Time at) const
{
    const double phase = std::fmod(at.GetSeconds(), m_period.GetSeconds()) / m_period.GetSeconds();
    return m_rateHz * (phase < m_duty ? m_gain : 1);
}

double
RequestSource::GetMeanRateHz() const
{
    return m_rateHz * (1 + m_duty * (m_gain - 1));
}

int64_t
RequestSource::AssignStreams(int64_t stream)
{
    m_wait->SetStream(stream);
    m_accept->SetStream(stream + 1);
    return 2;
}

void
RequestSource::DoDispose()
{
    Stop();
    m_request = nullptr;
    Object::DoDispose();
}

void
RequestSource::ScheduleNext()
{
    const double mostHz = m_rateHz * std::max(m_gain, 1.0);
    if (mostHz > 0)
    {
        m_next = Simulator::Schedule(
            Seconds(m_wait->GetValue(1 / mostHz, 0)), &RequestSource::Candidate, this);
    }
}

void
RequestSource::Candidate()
{
    const double mostHz = m_rateHz * std::max(m_gain, 1.0);
    const bool accepted = m_accept->GetValue() * mostHz < GetRateHz(Simulator::Now());
    ScheduleNext();
    if (accepted)
    {
        m_request();
    }
}

} // namespace ns3
