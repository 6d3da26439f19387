// SPDX-License-Identifier: GPL-2.0-only
#include "compute/compute-server.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(ComputeServer);

TypeId
ComputeServer::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::ComputeServer")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<ComputeServer>()
            .AddAttribute("Capacity",
                          "Of all cores together [cycles/s].",
                          DoubleValue(1e9),
                          MakeDoubleAccessor(&ComputeServer::m_capacityHz),
                          MakeDoubleChecker<double>(0, MAX_HZ))
            .AddAttribute("Cores",
                          "How many; a job runs on one.",
                          UintegerValue(1),
                          MakeUintegerAccessor(&ComputeServer::m_cores),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("Discipline",
                          "How jobs share the cores.",
                          EnumValue(ServiceDiscipline::FIFO),
                          MakeEnumAccessor<ServiceDiscipline>(&ComputeServer::m_discipline),
                          MakeEnumChecker(ServiceDiscipline::FIFO,
                                          "Fifo",
                                          ServiceDiscipline::PROCESSOR_SHARING,
                                          "ProcessorSharing"))
            .AddAttribute("QueueLimit",
                          "Jobs that it holds beyond one a core.",
                          UintegerValue(200),
                          MakeUintegerAccessor(&ComputeServer::m_queueLimit),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("Completed",
                            "A job ended: its id and the time since it came.",
                            MakeTraceSourceAccessor(&ComputeServer::m_completedTrace),
                            "ns3::ComputeServer::CompletedCallback")
            .AddTraceSource("Dropped",
                            "A job was lost: its id and why.",
                            MakeTraceSourceAccessor(&ComputeServer::m_droppedTrace),
                            "ns3::ComputeServer::DroppedCallback")
            .AddTraceSource("Load",
                            "The share of cores at work changed, or the server went down or up.",
                            MakeTraceSourceAccessor(&ComputeServer::m_loadTrace),
                            "ns3::ComputeServer::LoadCallback");
    return tid;
}

bool
ComputeServer::Submit(uint64_t id, double cycles)
{
    if (!std::isfinite(cycles) || cycles <= 0)
    {
        throw std::invalid_argument("work of job " + std::to_string(id) + " is " +
                                    std::to_string(cycles) +
                                    " cycles; a number above 0 is required");
    }
    Advance();
    ++m_counters.arrived;
    const Job job{id, cycles, Simulator::Now()};
    if (m_failed)
    {
        Drop(job, JobDrop::FAILED);
        return false;
    }
    if (GetInService() + GetQueued() >= uint64_t{m_cores} + m_queueLimit)
    {
        Drop(job, JobDrop::QUEUE_FULL);
        return false;
    }
    m_queue.push_back(job);
    Serve();
    return true;
}

void
ComputeServer::SetCapacity(double hz)
{
    if (!std::isfinite(hz) || hz < 0 || hz > MAX_HZ)
    {
        throw std::invalid_argument("capacity is " + std::to_string(hz) +
                                    " cycles/s; a number from 0 to 1e15 is required");
    }
    Advance();
    m_capacityHz = hz;
    ScheduleEnd();
}

double
ComputeServer::GetCapacity() const
{
    return m_capacityHz;
}

void
ComputeServer::Fail()
{
    if (m_failed)
    {
        return;
    }
    Advance();
    m_failed = true;
    Simulator::Cancel(m_end);
    auto queue = std::move(m_queue);
    m_queue.clear();
    auto serving = std::move(m_serving);
    m_serving = Heap();
    m_clock = 0;
    TellLoad();
    for (; !serving.empty(); serving.pop())
    {
        Drop(serving.top().job, JobDrop::FAILED);
    }
    for (const auto& job : queue)
    {
        Drop(job, JobDrop::FAILED);
    }
}

void
ComputeServer::Recover()
{
    Advance();
    m_failed = false;
    TellLoad();
}

bool
ComputeServer::IsFailed() const
{
    return m_failed;
}

const ComputeCounters&
ComputeServer::GetCounters()
{
    Advance();
    return m_counters;
}

uint64_t
ComputeServer::GetInService() const
{
    return m_serving.size();
}

uint64_t
ComputeServer::GetQueued() const
{
    return m_queue.size();
}

void
ComputeServer::DoDispose()
{
    Simulator::Cancel(m_end);
    m_queue.clear();
    m_serving = Heap();
    Object::DoDispose();
}

double
ComputeServer::RateHz() const
{
    // FIFO never serves more jobs than there are cores.
    return m_capacityHz / static_cast<double>(std::max<uint64_t>(m_cores, m_serving.size()));
}

double
ComputeServer::BusyShare() const
{
    return static_cast<double>(std::min<uint64_t>(m_cores, m_serving.size())) / m_cores;
}

void
ComputeServer::Advance()
{
    const double passedS = (Simulator::Now() - m_advanced).GetSeconds();
    m_advanced = Simulator::Now();
    if (m_serving.empty())
    {
        m_clock = 0; // begins anew: so it never grows out of a double's precision
        return;
    }
    m_clock += passedS * RateHz();
    m_counters.jobS += passedS * static_cast<double>(m_serving.size() + m_queue.size());
    m_counters.busyCoreS += passedS * BusyShare() * m_cores;
}

void
ComputeServer::Serve()
{
    while (!m_queue.empty() &&
           (m_discipline == ServiceDiscipline::PROCESSOR_SHARING || m_serving.size() < m_cores))
    {
        const auto& job = m_queue.front();
        m_serving.push({m_clock + job.cycles, m_started++, job});
        m_queue.pop_front();
    }
    TellLoad();
    ScheduleEnd();
}

void
ComputeServer::TellLoad()
{
    if (BusyShare() != m_toldShare || m_failed == m_toldUp)
    {
        m_toldShare = BusyShare();
        m_toldUp = !m_failed;
        m_loadTrace(m_toldShare, m_toldUp);
    }
}

void
ComputeServer::ScheduleEnd()
{
    Simulator::Cancel(m_end);
    if (!m_serving.empty() && m_capacityHz > 0)
    {
        const double waitS = std::max(m_serving.top().mark - m_clock, 0.0) / RateHz();
        m_end = Simulator::Schedule(Seconds(waitS), &ComputeServer::End, this);
    }
}

void
ComputeServer::End()
{
    Advance();
    const auto job = m_serving.top().job;
    m_serving.pop();
    const Time sojourn = Simulator::Now() - job.came;
    ++m_counters.completed;
    m_counters.sojournS += sojourn.GetSeconds();
    Serve();
    m_completedTrace(job.id, sojourn);
}

void
ComputeServer::Drop(const Job& job, JobDrop why)
{
    ++m_counters.dropped[static_cast<size_t>(why)];
    m_droppedTrace(job.id, why);
}

} // namespace ns3
