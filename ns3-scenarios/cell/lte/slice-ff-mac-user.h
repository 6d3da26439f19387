// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICE_FF_MAC_USER_H
#define SLICEBED_SLICE_FF_MAC_USER_H

#include "ns3/ff-mac-common.h"
#include "ns3/ff-mac-sched-sap.h"
#include "ns3/ff-mac-scheduler.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace ns3
{

/** What a SliceFfMacScheduler knows of one RNTI. */
struct SliceFfMacUser
{
    /** A downlink HARQ process. */
    struct DownlinkBlock
    {
        bool busy{false};            //!< in use
        bool failed{false};          //!< to be sent again
        uint64_t since{0};           //!< slot of the failure
        uint8_t age{0};              //!< slots since it was sent
        DlDciListElement_s dci;      //!< of the last transmission
        RlcPduListElement_s content; //!< the RLC PDU in it
    };

    /** An uplink block, by the number of its HARQ process. */
    struct UplinkBlock
    {
        uint8_t retransmissions{0}; //!< so far
        UlDciListElement_s dci;     //!< of the last transmission
    };

    using Queue = FfMacSchedSapProvider::SchedDlRlcBufferReqParameters;

    std::optional<uint16_t> slice;   //!< once it is known
    std::map<uint8_t, Queue> queues; //!< by logical channel
    uint8_t widebandCqi{1};          //!< last P10 report
    std::array<DownlinkBlock, HARQ_PROC_NUM> downlink;
    std::array<UplinkBlock, HARQ_PROC_NUM> uplink;
    uint32_t uplinkBytes{0};          //!< of the last buffer status report, less grants
    std::vector<double> uplinkSinrDb; //!< by PRB, of the last sounding
    std::vector<float> efficiency;    //!< of the CQIs [bit per resource element], by RBG
    double servedBytes{1};            //!< average per slot
    uint64_t servedSlot{0};           //!< when that was
    uint64_t uplinkSlot{0};           //!< of its last uplink grant
};

} // namespace ns3

#endif // SLICEBED_SLICE_FF_MAC_USER_H
