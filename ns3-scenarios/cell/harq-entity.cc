// SPDX-License-Identifier: GPL-2.0-only
#include "cell/harq-entity.h"

#include <algorithm>

namespace ns3
{

std::optional<uint8_t>
HarqEntity::FindFree() const
{
    for (uint8_t process = 0; process < PROCESSES; ++process)
    {
        if (!m_blocks[process].busy)
        {
            return process;
        }
    }
    return std::nullopt;
}

std::optional<uint8_t>
HarqEntity::FindDue(uint64_t slot) const
{
    std::optional<uint8_t> due;
    for (uint8_t process = 0; process < PROCESSES; ++process)
    {
        const auto& block = m_blocks[process];
        if (block.busy && !block.onAir && block.dueSlot <= slot &&
            (!due || block.dueSlot < m_blocks[*due].dueSlot))
        {
            due = process;
        }
    }
    return due;
}

std::optional<uint64_t>
HarqEntity::NextDue() const
{
    std::optional<uint64_t> next;
    for (const auto& block : m_blocks)
    {
        if (block.busy && !block.onAir && (!next || block.dueSlot < *next))
        {
            next = block.dueSlot;
        }
    }
    return next;
}

bool
HarqEntity::IsOnAir() const
{
    return std::any_of(
        m_blocks.begin(), m_blocks.end(), [](const auto& block) { return block.onAir; });
}

HarqBlock&
HarqEntity::Get(uint8_t process)
{
    return m_blocks[process];
}

void
HarqEntity::Reset()
{
    m_blocks = {};
}

} // namespace ns3
