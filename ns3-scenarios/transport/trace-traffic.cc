// SPDX-License-Identifier: GPL-2.0-only
#include "transport/trace-traffic.h"

#include "ns3/simulator.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(TraceTraffic);

TypeId
TraceTraffic::GetTypeId()
{
    static TypeId tid = TypeId("ns3::TraceTraffic")
                            .SetParent<BackgroundTraffic>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<TraceTraffic>();
    return tid;
}

void
TraceTraffic::SetTrace(const std::vector<double>& ratesBps, Time interval)
{
    std::ostringstream wrong;
    if (ratesBps.empty())
    {
        wrong << "the trace is empty; at least one rate is required";
    }
    if (!interval.IsStrictlyPositive())
    {
        wrong << "the trace's interval is " << interval.As(Time::S) << "; more than 0 is required";
    }
    for (size_t i = 0; i < ratesBps.size() && wrong.str().empty(); ++i)
    {
        if (!std::isfinite(ratesBps[i]) || ratesBps[i] < 0)
        {
            wrong << "entry " << i << " of the trace is " << ratesBps[i]
                  << " bit/s; a finite number >= 0 is required";
        }
    }
    if (!wrong.str().empty())
    {
        throw std::invalid_argument(wrong.str());
    }
    m_ratesBps = ratesBps;
    m_interval = interval;
    m_place = 0;
}

void
TraceTraffic::DoDispose()
{
    Cease();
    BackgroundTraffic::DoDispose();
}

void
TraceTraffic::Begin()
{
    if (m_ratesBps.empty())
    {
        throw std::invalid_argument("TraceTraffic has no trace; SetTrace gives it one");
    }
    Follow();
}

void
TraceTraffic::Cease()
{
    Simulator::Cancel(m_change);
}

void
TraceTraffic::Follow()
{
    SetRateBps(m_ratesBps[m_place]);
    m_place = (m_place + 1) % m_ratesBps.size();
    m_change = Simulator::Schedule(m_interval, &TraceTraffic::Follow, this);
}

} // namespace ns3
