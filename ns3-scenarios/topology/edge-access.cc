// SPDX-License-Identifier: GPL-2.0-only
#include "topology/edge-access.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(EdgeAccess);

TypeId
EdgeAccess::GetTypeId()
{
    static TypeId tid = TypeId("ns3::EdgeAccess").SetParent<Object>().SetGroupName("Slicebed");
    return tid;
}

} // namespace ns3
