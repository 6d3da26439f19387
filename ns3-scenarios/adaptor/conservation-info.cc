// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/conservation-info.h"

namespace slicebed
{

nlohmann::json
ConservationInfo(const ns3::Conservation& packets)
{
    return {{"conservation",
             {{"sent", packets.sent},
              {"received", packets.received},
              {"in_flight", packets.inFlight},
              {"dropped", packets.dropped}}}};
}

} // namespace slicebed
