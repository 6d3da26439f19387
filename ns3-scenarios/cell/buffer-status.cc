// SPDX-License-Identifier: GPL-2.0-only
#include "cell/buffer-status.h"

#include <algorithm>

namespace ns3
{

BufferStatus::BufferStatus(const Settings& settings, uint32_t ue)
    : m_settings(&settings)
    , m_ue(ue)
{
}

std::optional<uint64_t>
BufferStatus::NoteArrival(uint64_t slot)
{
    if (m_toldBytes > 0)
    {
        return std::nullopt; // there will be a block, and a report with it
    }
    const uint64_t period = m_settings->requestPeriodSlots;
    const uint64_t phase = m_ue % period;
    const uint64_t occasion = slot + (phase + period - slot % period) % period;
    const uint64_t due = occasion + m_settings->requestDelaySlots;
    m_toldBytes = FIRST_GRANT_BYTES;
    m_reports.push_back({due, FIRST_GRANT_BYTES, m_grantedBytes});
    return due;
}

uint64_t
BufferStatus::GetKnownBytes(uint64_t slot)
{
    while (!m_reports.empty() && m_reports.front().dueSlot <= slot)
    {
        const auto& report = m_reports.front();
        const uint64_t since = m_grantedBytes - report.grantedBytes;
        m_knownBytes = report.bytes > since ? report.bytes - since : 0;
        m_reports.pop_front();
    }
    return m_knownBytes;
}

void
BufferStatus::NoteBlock(uint64_t slot, uint64_t bytes, uint64_t leftBytes)
{
    m_knownBytes -= std::min(m_knownBytes, bytes);
    m_grantedBytes += bytes;
    m_toldBytes = leftBytes;
    m_reports.push_back({slot + m_settings->reportDelaySlots, leftBytes, m_grantedBytes});
}

std::optional<uint64_t>
BufferStatus::GetNextReport() const
{
    return m_reports.empty() ? std::nullopt : std::optional(m_reports.front().dueSlot);
}

void
BufferStatus::Reset()
{
    m_reports.clear();
    m_knownBytes = 0;
    m_toldBytes = 0;
}

} // namespace ns3
