// SPDX-License-Identifier: GPL-2.0-only
#include "topology/e2e-session.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(E2eSession);

namespace
{

constexpr int64_t USERS_STREAM = 6'000'000;

/** @return a / b, 0 if there is nothing to divide by */
double
Ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

} // namespace

TypeId
E2eSession::GetTypeId()
{
    static TypeId tid = TypeId("ns3::E2eSession")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<E2eSession>();
    return tid;
}

void
E2eSession::Attach(Ptr<E2eNetwork> network, const E2eSessionConfig& config)
{
    m_network = network;
    m_config = config;
    m_users = CreateObject<NormalRandomVariable>();
    m_users->SetStream(USERS_STREAM);
}

uint32_t
E2eSession::GetSlots() const
{
    return static_cast<uint32_t>(m_config.interval.GetTimeStep() / m_config.slot.GetTimeStep());
}

double
E2eSession::GetMeanUsers(uint32_t k, uint32_t slice) const
{
    return m_config.mask.Get(k, slice + 1) * m_network->GetConfig().usersPerSlice;
}

void
E2eSession::OpenInterval(uint32_t k)
{
    const uint32_t slices = m_network->GetConfig().slices;
    m_x.assign(slices, {});
    m_q.assign(slices, {});
    m_events.clear();
    for (Time at; at < m_config.interval; at += m_config.dwell)
    {
        if (at.IsZero())
        {
            DrawUsers(k);
            continue;
        }
        m_events.push_back(Simulator::Schedule(at, &E2eSession::DrawUsers, this, k));
    }
    m_atStart.clear();
    m_slotBytes.clear();
    for (uint32_t slice = 0; slice < slices; ++slice)
    {
        m_atStart.push_back(Read(slice));
        m_slotBytes.push_back(m_atStart.back().receivedBytes);
    }
    // The last slot ends with the interval, and CloseInterval() ends it.
    for (uint32_t slot = 1; slot < GetSlots(); ++slot)
    {
        m_events.push_back(Simulator::Schedule(m_config.slot * slot, &E2eSession::EndSlot, this));
    }
}

void
E2eSession::DrawUsers(uint32_t k)
{
    const auto& config = m_network->GetConfig();
    for (uint32_t slice = 0; slice < config.slices; ++slice)
    {
        const double drawn = GetMeanUsers(k, slice) + m_config.usersDeviation * m_users->GetValue();
        const double most = config.usersPerSlice;
        m_network->SetUsers(slice,
                            static_cast<uint32_t>(std::lround(std::clamp(drawn, 0.0, most))));
    }
}

void
E2eSession::EndSlot()
{
    for (uint32_t slice = 0; slice < m_x.size(); ++slice)
    {
        const uint64_t received = m_network->GetReceivedBytes(slice);
        const double users = m_network->GetUsers(slice);
        const auto bits = static_cast<double>(received - m_slotBytes[slice]) * 8;
        m_slotBytes[slice] = received;
        m_x[slice].push_back(users);
        m_q[slice].push_back(Ratio(bits / m_config.slot.GetSeconds(), users));
    }
}

std::vector<E2eKpi>
E2eSession::CloseInterval()
{
    EndSlot();
    std::vector<E2eKpi> kpis;
    for (uint32_t slice = 0; slice < m_x.size(); ++slice)
    {
        kpis.push_back(Measure(slice));
    }
    return kpis;
}

E2eSession::Marks
E2eSession::Read(uint32_t slice) const
{
    const auto shaper = m_network->GetShaperCounters(slice);
    const auto& stage = *m_network->GetStage(slice);
    return {.receivedBytes = m_network->GetReceivedBytes(slice),
            .shapedBytes = shaper.sent.bytes,
            .shapedDrops = shaper.limitDropped.packets + shaper.aqmDropped.packets,
            .shapedPackets = shaper.received.packets,
            .cpuDrops = stage.GetDropped(),
            .cpuPackets = stage.GetDropped() + stage.GetProcessed(),
            .cpuCoreS = stage.GetBusyCoreS(),
            .stalledS = m_network->GetStalledS(slice)};
}

E2eKpi
E2eSession::Measure(uint32_t slice) const
{
    const auto& before = m_atStart[slice];
    const auto now = Read(slice);
    const auto& x = m_x[slice];
    const auto& q = m_q[slice];
    const double intervalS = m_config.interval.GetSeconds();
    const double userSlots = std::accumulate(x.begin(), x.end(), 0.0);
    double degraded = 0;
    for (size_t slot = 0; slot < x.size(); ++slot)
    {
        degraded += q[slot] <= m_config.qosThresholdBps ? x[slot] : 0;
    }
    const auto since = [](auto end, auto start) {
        return static_cast<double>(end - start);
    };
    const double userS = userSlots * m_config.slot.GetSeconds();
    return {.users = x,
            .qosBps = q,
            .degradation = Ratio(degraded, userSlots),
            .throughputBps = Ratio(since(now.receivedBytes, before.receivedBytes) * 8, userS),
            .transportBps = since(now.shapedBytes, before.shapedBytes) * 8 / intervalS,
            .transportLoss = Ratio(since(now.shapedDrops, before.shapedDrops),
                                   since(now.shapedPackets, before.shapedPackets)),
            .cpuMillicores = (now.cpuCoreS - before.cpuCoreS) * 1000 / intervalS,
            .cpuLoss = Ratio(since(now.cpuDrops, before.cpuDrops),
                             since(now.cpuPackets, before.cpuPackets)),
            .stalled = std::min(Ratio(now.stalledS - before.stalledS, userS), 1.0)};
}

Ptr<E2eNetwork>
E2eSession::GetNetwork() const
{
    return m_network;
}

const E2eSessionConfig&
E2eSession::GetConfig() const
{
    return m_config;
}

void
E2eSession::DoDispose()
{
    for (auto& event : m_events)
    {
        Simulator::Cancel(event);
    }
    m_network = nullptr;
    m_users = nullptr;
    Object::DoDispose();
}

} // namespace ns3
