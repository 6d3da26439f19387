// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CONSERVATION_INFO_H
#define SLICEBED_CONSERVATION_INFO_H

#include "kpi/conservation.h"

#include <nlohmann/json.hpp>

namespace slicebed
{

/** @return what the last state of an episode says of its packets: "conservation" */
nlohmann::json ConservationInfo(const ns3::Conservation& packets);

} // namespace slicebed

#endif // SLICEBED_CONSERVATION_INFO_H
