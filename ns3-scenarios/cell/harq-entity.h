// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_HARQ_ENTITY_H
#define SLICEBED_HARQ_ENTITY_H

#include "cell/rlc-queue.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ns3
{

/** A transport block that a HARQ process holds until it is decoded or given up. */
struct HarqBlock
{
    bool busy{false};         //!< the process is in use; HarqEntity sets it
    bool onAir{false};        //!< being transmitted in this slot
    uint8_t mcs{0};           //!< of all its transmissions
    uint16_t prbs{0};         //!< of the first transmission
    uint16_t rbgs{0};         //!< resource block groups of the same
    uint32_t bytes{0};        //!< transport block size
    uint8_t attempts{0};      //!< transmissions so far
    double informationSum{0}; //!< mutual information per coded bit, by weight
    double weight{0};         //!< of transmissions, one on as many PRBs as the first being 1
    uint64_t dueSlot{0};      //!< earliest slot of the next transmission
    std::vector<RlcSegment> segments; //!< its contents
};

/**
 * The stop-and-wait HARQ processes of one UE and direction. Transmissions of a block combine by
 * incremental redundancy: LinkAdaptation::Bler.
 */
class HarqEntity
{
  public:
    static constexpr uint8_t MAX_PROCESSES = 16; //!< TS 38.214, 5.1; LTE has 8 (TS 36.213, 7)

    /** @param processes at most MAX_PROCESSES */
    explicit HarqEntity(uint8_t processes);

    /** @return a free process, if there is one */
    std::optional<uint8_t> FindFree() const;

    /** @return the process that has waited longest to transmit again by `slot`, if there is one */
    std::optional<uint8_t> FindDue(uint64_t slot) const;

    /** @return the earliest slot in which a block is due, if any waits */
    std::optional<uint64_t> NextDue() const;

    HarqBlock& Get(uint8_t process);

    /** Puts a new block into a free process and on the air. */
    void Start(uint8_t process, HarqBlock block);

    /** Puts a waiting block on the air again. */
    void SendAgain(uint8_t process);

    /** @return whether a block is being transmitted in this slot */
    bool IsOnAir(uint8_t process) const;

    /** Takes a block off the air: it waits to be sent again, or Finish() follows. */
    void Receive(uint8_t process);

    /** Frees a process. */
    void Finish(uint8_t process);

    /** Gives all processes up. */
    void Reset();

  private:
    // Masks by process: most questions are answered without looking at a block.
    uint32_t m_free;                 //!< not in use
    uint32_t m_waiting{0};           //!< to be sent again
    std::vector<HarqBlock> m_blocks; //!< by process
};

} // namespace ns3

#endif // SLICEBED_HARQ_ENTITY_H
