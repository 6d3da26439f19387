// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_UE_CONTEXT_H
#define SLICEBED_UE_CONTEXT_H

#include "cell/buffer-status.h"
#include "cell/cell-types.h"
#include "cell/harq-entity.h"
#include "cell/rbg-mask.h"
#include "cell/rlc-queue.h"

#include "ns3/ptr.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{

class CellUeNetDevice;

/** What the network knows of one direction of a UE's traffic. */
struct UeLink
{
    RlcQueue queue;                //!< its data
    HarqEntity harq;               //!< its transport blocks
    std::vector<float> efficiency; //!< last report: bit per resource element by group
    bool weak{false};              //!< that report is so bad that scheduling decisions get lost
    uint64_t reportedPeriod{0};    //!< the period of that report, plus one; 0: none yet
    double offsetDb{0};            //!< of outer-loop link adaptation
    double servedBytes{1};         //!< average per slot, for proportional fairness
    uint64_t servedSlot{0};        //!< when that was
    bool waiting{false};           //!< it is in its slice's list of UEs with data
    uint32_t inDelivery{0};        //!< SDUs decoded but not yet with the IP stack
};

/** What the network knows of a UE. */
struct UeContext
{
    uint32_t id;                          //!< from 0
    uint16_t cell;                        //!< that serves it
    uint16_t slice;                       //!< it belongs to
    Ptr<CellUeNetDevice> device;          //!< its end of the air
    std::array<UeLink, DIRECTIONS> links; //!< by direction
    BufferStatus status;                  //!< of its uplink
    bool suspended{false};                //!< between two cells
    uint16_t strongerCell{0};             //!< candidate of a handover
    uint32_t strongerChecks{0};           //!< in a row that this one was better

    UeLink& Link(Direction direction)
    {
        return links[static_cast<size_t>(direction)];
    }
};

/** One transport block in one slot. */
struct Transmission
{
    UeContext* ue;   //!< receiver, or sender in the uplink
    uint8_t process; //!< its HARQ process
    uint16_t prbs;   //!< taken
    RbgMask mask;    //!< which groups
};

} // namespace ns3

#endif // SLICEBED_UE_CONTEXT_H
