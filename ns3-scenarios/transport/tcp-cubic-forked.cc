// SPDX-License-Identifier: GPL-2.0-only
#include "transport/tcp-cubic-forked.h"

#include "ns3/string.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(TcpCubicForked);

TypeId
TcpCubicForked::GetTypeId()
{
    static TypeId tid = TypeId("ns3::TcpCubicForked")
                            .SetParent<TcpCubic>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<TcpCubicForked>();
    return tid;
}

Ptr<TcpCongestionOps>
TcpCubicForked::Fork()
{
    auto fork = CreateObject<TcpCubicForked>();
    const auto type = TcpCubic::GetTypeId();
    for (std::size_t i = 0; i < type.GetAttributeN(); ++i)
    {
        const auto attribute = type.GetAttribute(i);
        const auto value = attribute.checker->Create();
        GetAttribute(attribute.name, *value);
        fork->SetAttribute(attribute.name, *value);
    }
    return fork;
}

} // namespace ns3
