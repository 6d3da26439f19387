// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_UE_CONTEXT_H
#define SLICEBED_UE_CONTEXT_H

#include "cell/harq-entity.h"
#include "cell/prb-mask.h"
#include "cell/rlc-queue.h"

#include "ns3/ptr.h"

#include <cstdint>
#include <vector>

namespace ns3
{

class CellUeNetDevice;

/** What the network knows of a UE. */
struct UeContext
{
    uint32_t id;                   //!< from 0
    uint16_t cell;                 //!< that serves it
    uint16_t slice;                //!< it belongs to
    Ptr<CellUeNetDevice> device;   //!< its end of the air
    RlcQueue queue;                //!< its data
    HarqEntity harq;               //!< its transport blocks
    std::vector<float> efficiency; //!< last CQI report: bit per resource element by sub-band
    uint64_t reportedPeriod{0};    //!< the period of that report, plus one; 0: none yet
    double servedBytes{1};         //!< average per slot, for proportional fairness
    uint64_t servedSlot{0};        //!< when that was
    bool waiting{false};           //!< it is in its slice's list of UEs with data
};

/** One transport block in one slot. */
struct Transmission
{
    UeContext* ue;   //!< receiver
    uint8_t process; //!< its HARQ process
    uint16_t prbs;   //!< taken
    PrbMask mask;    //!< which
};

} // namespace ns3

#endif // SLICEBED_UE_CONTEXT_H
