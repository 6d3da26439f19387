// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_TYPES_H
#define SLICEBED_CELL_TYPES_H

#include "ns3/nstime.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ns3
{

/** Which way data goes over the air. */
enum class Direction : uint8_t
{
    DOWNLINK,
    UPLINK
};

inline constexpr size_t DIRECTIONS = 2;

/** Why the cell dropped an SDU. */
enum class DropCause
{
    BUFFER_FULL,  //!< the UE's RLC queue was full
    HARQ_FAILED,  //!< the last transmission of a block failed as well
    SLICE_REMOVED //!< its slice left, or was not there
};

inline constexpr size_t DROP_CAUSES = 3;

/** @return "buffer_full", "harq_failed" or "slice_removed" */
const char* ToString(DropCause cause);

/** What a slice in a cell has done since the start. */
struct SliceCounters
{
    uint64_t prbSlots{0};       //!< PRBs used, summed over slots
    uint64_t enqueuedSdus{0};   //!< given to the cell, dropped ones included
    uint64_t enqueuedBytes{0};  //!< same, bytes
    uint64_t deliveredSdus{0};  //!< handed to the UEs' IP stacks
    uint64_t deliveredBytes{0}; //!< same, bytes
    double delaySumS{0};        //!< of the delivered, enqueueing to delivery [s]
    std::array<uint64_t, DROP_CAUSES> droppedSdus{};  //!< by DropCause
    std::array<uint64_t, DROP_CAUSES> droppedBytes{}; //!< by DropCause
    double activeUeSeconds{0}; //!< integral over time of the UEs with data queued [UE s]
    uint64_t cqiSum{0};        //!< of the wideband CQI samples
    uint64_t cqiCount{0};      //!< of the wideband CQI samples
    uint64_t tbSent{0};        //!< transport blocks sent, retransmissions included
    uint64_t tbFailed{0};      //!< of these, not decoded
};

/** One transport block on the air. */
struct TransportBlockTrace
{
    Time start;     //!< of its slot
    uint16_t cell;  //!< that sent it
    uint16_t slice; //!< it belongs to
    uint32_t ue;    //!< it is for, or from
    Direction direction;
    uint8_t mcs;     //!< modulation and coding scheme
    uint16_t prbs;   //!< it takes
    uint32_t bytes;  //!< it carries
    uint8_t attempt; //!< 1 for the first transmission
    double sinrDb;   //!< effective, this transmission alone [dB]
    double bler;     //!< with what earlier transmissions left
    bool ok;         //!< decoded
};

} // namespace ns3

#endif // SLICEBED_CELL_TYPES_H
