// SPDX-License-Identifier: GPL-2.0-only
#include "cell/cell-types.h"

namespace ns3
{

const char*
ToString(DropCause cause)
{
    switch (cause)
    {
    case DropCause::BUFFER_FULL:
        return "buffer_full";
    case DropCause::HARQ_FAILED:
        return "harq_failed";
    default:
        return "slice_removed";
    }
}

} // namespace ns3
