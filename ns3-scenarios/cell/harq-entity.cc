// SPDX-License-Identifier: GPL-2.0-only
#include "cell/harq-entity.h"

#include <algorithm>
#include <bit>

namespace ns3
{

namespace
{

/** Calls `visit(process)` for each process of a mask. */
template <typename Visitor>
void
ForEach(uint32_t mask, Visitor visit)
{
    for (; mask != 0; mask &= mask - 1)
    {
        visit(static_cast<uint8_t>(std::countr_zero(mask)));
    }
}

} // namespace

HarqEntity::HarqEntity(uint8_t processes)
    : m_free((uint32_t{1} << processes) - 1)
    , m_blocks(processes)
{
}

std::optional<uint8_t>
HarqEntity::FindFree() const
{
    return m_free == 0 ? std::nullopt
                       : std::optional(static_cast<uint8_t>(std::countr_zero(m_free)));
}

std::optional<uint8_t>
HarqEntity::FindDue(uint64_t slot) const
{
    std::optional<uint8_t> due;
    ForEach(m_waiting, [&](uint8_t process) {
        if (m_blocks[process].dueSlot <= slot &&
            (!due || m_blocks[process].dueSlot < m_blocks[*due].dueSlot))
        {
            due = process;
        }
    });
    return due;
}

std::optional<uint64_t>
HarqEntity::NextDue() const
{
    std::optional<uint64_t> next;
    ForEach(m_waiting, [&](uint8_t process) {
        next = std::min(next.value_or(m_blocks[process].dueSlot), m_blocks[process].dueSlot);
    });
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
    m_free &= ~(uint32_t{1} << process);
}

void
HarqEntity::SendAgain(uint8_t process)
{
    m_waiting &= ~(uint32_t{1} << process);
}

bool
HarqEntity::IsOnAir(uint8_t process) const
{
    return ((m_free | m_waiting) >> process & 1) == 0;
}

void
HarqEntity::Receive(uint8_t process)
{
    m_waiting |= uint32_t{1} << process;
}

void
HarqEntity::Finish(uint8_t process)
{
    m_waiting &= ~(uint32_t{1} << process);
    m_free |= uint32_t{1} << process;
}

void
HarqEntity::Reset()
{
    std::fill(m_blocks.begin(), m_blocks.end(), HarqBlock{});
    m_free = (uint32_t{1} << m_blocks.size()) - 1;
    m_waiting = 0;
}

} // namespace ns3
