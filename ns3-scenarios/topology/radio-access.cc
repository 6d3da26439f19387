// SPDX-License-Identifier: GPL-2.0-only
#include "topology/radio-access.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RadioAccess);

TypeId
RadioAccess::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::RadioAccess")
            .SetParent<Object>()
            .SetGroupName("Slicebed")
            .AddTraceSource("CoreDrop",
                            "A packet was lost between the remote host and the air: its UE and "
                            "direction.",
                            MakeTraceSourceAccessor(&RadioAccess::m_coreDropTrace),
                            "ns3::RadioAccess::CoreDropCallback");
    return tid;
}

void
RadioAccess::NoteCoreDrop(uint32_t ue, Direction direction)
{
    m_coreDropTrace(ue, direction);
}

} // namespace ns3
