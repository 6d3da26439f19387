// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_HARQ_ENTITY_H
#define SLICEBED_HARQ_ENTITY_H

#include "cell/rlc-queue.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace ns3
{

/** A transport block that a HARQ process holds until it is decoded or given up. */
struct HarqBlock
{
    bool busy{false};                 //!< the process is in use
    bool onAir{false};                //!< being transmitted in this slot
    uint8_t mcs{0};                   //!< of all its transmissions
    uint16_t prbs{0};                 //!< of the first transmission
    uint32_t bytes{0};                //!< transport block size
    uint8_t attempts{0};              //!< transmissions so far
    double sinr{0};                   //!< what the receiver has collected, linear
    uint64_t dueSlot{0};              //!< earliest slot of the next transmission
    std::vector<RlcSegment> segments; //!< its contents
};

/**
 * The stop-and-wait HARQ processes of one UE, with chase combining: the receiver adds up the SINRs
 * of a block's transmissions, a transmission on fewer PRBs than the first counting in proportion.
 */
class HarqEntity
{
  public:
    static constexpr uint8_t PROCESSES = 8; //!< TS 36.213, 7: downlink FDD

    /** @return a free process, if there is one */
    std::optional<uint8_t> FindFree() const;

    /** @return the process that has waited longest to transmit again by `slot`, if there is one */
    std::optional<uint8_t> FindDue(uint64_t slot) const;

    /** @return the earliest slot in which a block is due, if any waits */
    std::optional<uint64_t> NextDue() const;

    /** @return whether a block is being transmitted */
    bool IsOnAir() const;

    HarqBlock& Get(uint8_t process);

    /** Gives all processes up. */
    void Reset();

  private:
    std::array<HarqBlock, PROCESSES> m_blocks; //!< by process
};

} // namespace ns3

#endif // SLICEBED_HARQ_ENTITY_H
