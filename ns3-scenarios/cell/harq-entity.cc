// SPDX-License-Identifier: GPL-2.0-only
#include "cell/harq-entity.h"

#include <algorithm>

namespace ns3
{

HarqEntity::HarqEntity(uint8_t processes)
    : m_blocks(processes)
{
}

std::optional<uint8_t>
HarqEntity::FindFree() const
{
    for (uint8_t process = 0; process < m_blocks.size(); ++process)
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
    for (uint8_t process = 0; m_busy > 0 && process < m_blocks.size(); ++process)
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
    for (size_t process = 0; m_busy > 0 && process < m_blocks.size(); ++process)
    {
        const auto& block = m_blocks[process];
        if (block.busy && !block.onAir && (!next || block.dueSlot < *next))
        {
            next = block.dueSlot;
        }
    }
    return next;
}

HarqBlock&
HarqEntity::Get(uint8_t process)
{
    return m_blocks[process];
}

void
HarqEntity::Start(uint8_t process, HarqBlock block)
{
    m_blocks[process] = std::move(block);
    m_blocks[process].busy = true;
    ++m_busy;
}

void
HarqEntity::Finish(uint8_t process)
{
    m_blocks[process].busy = false;
    --m_busy;
}

void
HarqEntity::Reset()
{
    std::fill(m_blocks.begin(), m_blocks.end(), HarqBlock{});
    m_busy = 0;
}

} // namespace ns3
