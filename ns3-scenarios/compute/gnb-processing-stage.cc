// SPDX-License-Identifier: GPL-2.0-only
#include "compute/gnb-processing-stage.h"

#include "ns3/double.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(GnbProcessingStage);

TypeId
GnbProcessingStage::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::GnbProcessingStage")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddConstructor<GnbProcessingStage>()
            .AddAttribute("CpuMsPerPacket",
                          "CPU time of a packet, whatever its size, on a core [ms].",
                          DoubleValue(1.3),
                          MakeDoubleAccessor(&GnbProcessingStage::m_msPerPacket),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("CpuUsPerByte",
                          "CPU time of a byte, on a core [us].",
                          DoubleValue(0),
                          MakeDoubleAccessor(&GnbProcessingStage::m_usPerByte),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("QueuePackets",
                          "Packets that may wait.",
                          UintegerValue(200),
                          MakeUintegerAccessor(&GnbProcessingStage::m_queuePackets),
                          MakeUintegerChecker<uint32_t>(1));
    return tid;
}

void
GnbProcessingStage::SetDeliver(Deliver deliver)
{
    m_deliver = std::move(deliver);
}

void
GnbProcessingStage::SetMillicores(double millicores)
{
    if (!std::isfinite(millicores) || millicores < 0 || millicores > MAX_MILLICORES)
    {
        throw std::invalid_argument("millicores is " + std::to_string(millicores) +
                                    "; a number from 0 to 1000000 is required");
    }
    Settle();
    m_millicores = millicores;
    ScheduleEnd();
}

double
GnbProcessingStage::GetMillicores() const
{
    return m_millicores;
}

bool
GnbProcessingStage::Enqueue(Ptr<Packet> packet)
{
    if (m_queue.size() > m_queuePackets)
    {
        ++m_dropped;
        return false;
    }
    m_queue.push_back(packet);
    if (m_queue.size() == 1)
    {
        Begin();
    }
    return true;
}

double
GnbProcessingStage::GetBusyCoreS() const
{
    const double doneCoreS = (Simulator::Now() - m_settledAt).GetSeconds() * m_millicores / 1000;
    return m_busyCoreS + (m_queue.empty() ? 0 : std::min(doneCoreS, m_leftCoreS));
}

uint64_t
GnbProcessingStage::GetPackets() const
{
    return m_queue.size();
}

uint64_t
GnbProcessingStage::GetProcessed() const
{
    return m_processed;
}

uint64_t
GnbProcessingStage::GetDropped() const
{
    return m_dropped;
}

void
GnbProcessingStage::DoDispose()
{
    Simulator::Cancel(m_end);
    m_queue.clear();
    m_deliver = nullptr;
    Object::DoDispose();
}

double
GnbProcessingStage::CoreSOf(const Packet& packet) const
{
    return m_msPerPacket / 1e3 + m_usPerByte / 1e6 * packet.GetSize();
}

void
GnbProcessingStage::Begin()
{
    m_leftCoreS = CoreSOf(*m_queue.front());
    m_settledAt = Simulator::Now();
    ScheduleEnd();
}

void
GnbProcessingStage::Settle()
{
    const double busyCoreS = GetBusyCoreS();
    m_leftCoreS -= m_queue.empty() ? 0 : busyCoreS - m_busyCoreS;
    m_busyCoreS = busyCoreS;
    m_settledAt = Simulator::Now();
}

void
GnbProcessingStage::ScheduleEnd()
{
    Simulator::Cancel(m_end);
    if (!m_queue.empty() && m_millicores > 0)
    {
        m_end = Simulator::Schedule(
            Seconds(m_leftCoreS * 1000 / m_millicores), &GnbProcessingStage::End, this);
    }
}

void
GnbProcessingStage::End()
{
    m_busyCoreS += m_leftCoreS;
    auto packet = m_queue.front();
    m_queue.pop_front();
    ++m_processed;
    if (!m_queue.empty())
    {
        Begin();
    }
    m_deliver(packet);
}

} // namespace ns3
