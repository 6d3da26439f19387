// SPDX-License-Identifier: GPL-2.0-only
#include "compute/power-meter.h"

#include "ns3/double.h"
#include "ns3/simulator.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(PowerMeter);

TypeId
PowerMeter::GetTypeId()
{
    static TypeId tid = TypeId("ns3::PowerMeter")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<PowerMeter>()
                            .AddAttribute("IdlePower",
                                          "Without work [W].",
                                          DoubleValue(60),
                                          MakeDoubleAccessor(&PowerMeter::m_idleW),
                                          MakeDoubleChecker<double>(0))
                            .AddAttribute("MaxPower",
                                          "With all cores at work [W].",
                                          DoubleValue(180),
                                          MakeDoubleAccessor(&PowerMeter::m_maxW),
                                          MakeDoubleChecker<double>(0))
                            .AddAttribute("SleepPower",
                                          "Asleep [W].",
                                          DoubleValue(10),
                                          MakeDoubleAccessor(&PowerMeter::m_sleepW),
                                          MakeDoubleChecker<double>(0))
                            .AddAttribute("SleepAfter",
                                          "Idle time after which it sleeps.",
                                          TimeValue(Seconds(2)),
                                          MakeTimeAccessor(&PowerMeter::m_sleepAfter),
                                          MakeTimeChecker(Time(0)));
    return tid;
}

void
PowerMeter::Attach(Ptr<ComputeServer> server)
{
    m_since = Simulator::Now();
    server->TraceConnectWithoutContext("Load", MakeCallback(&PowerMeter::Change, this));
}

double
PowerMeter::GetJoules() const
{
    return Now().joules;
}

double
PowerMeter::GetPoweredOnS() const
{
    return Now().poweredOnS;
}

double
PowerMeter::GetBusyS() const
{
    return Now().busyS;
}

PowerMeter::Totals
PowerMeter::Now() const
{
    auto totals = m_totals;
    const Time passed = Simulator::Now() - m_since;
    if (!m_up)
    {
        return totals;
    }
    const Time awake = m_busyShare > 0 ? passed : Min(passed, m_sleepAfter);
    const double awakeS = awake.GetSeconds();
    totals.joules += awakeS * (m_idleW + (m_maxW - m_idleW) * m_busyShare) +
                     (passed - awake).GetSeconds() * m_sleepW;
    totals.poweredOnS += awakeS;
    totals.busyS += awakeS * m_busyShare;
    return totals;
}

void
PowerMeter::Change(double busyShare, bool up)
{
    m_totals = Now();
    m_since = Simulator::Now();
    m_busyShare = busyShare;
    m_up = up;
}

} // namespace ns3
