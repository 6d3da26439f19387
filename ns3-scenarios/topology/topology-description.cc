// SPDX-License-Identifier: GPL-2.0-only
#include "topology/topology-description.h"

#include "ns3/point-to-point-channel.h"
#include "ns3/point-to-point-net-device.h"

#include <map>

namespace ns3
{

void
TopologyDescription::FindWires()
{
    std::map<Ptr<Node>, size_t> indexOf;
    for (size_t i = 0; i < nodes.size(); ++i)
    {
        indexOf[nodes[i].node] = i;
    }
    for (size_t i = 0; i < nodes.size(); ++i)
    {
        for (uint32_t k = 0; k < nodes[i].node->GetNDevices(); ++k)
        {
            const auto device = DynamicCast<PointToPointNetDevice>(nodes[i].node->GetDevice(k));
            if (!device)
            {
                continue;
            }
            const auto channel = DynamicCast<PointToPointChannel>(device->GetChannel());
            const auto other = channel->GetDevice(channel->GetDevice(0) == device ? 1 : 0);
            const auto found = indexOf.find(other->GetNode());
            if (found == indexOf.end() || found->second < i)
            {
                continue; // not in the drawing, or seen from its other end
            }
            DataRateValue rate;
            TimeValue delay;
            device->GetAttribute("DataRate", rate);
            channel->GetAttribute("Delay", delay);
            wires.push_back(
                {.from = i, .to = found->second, .rate = rate.Get(), .delay = delay.Get()});
        }
    }
}

double
RowY(size_t i, size_t rows)
{
    return (static_cast<double>(rows) - 1) / 2 - static_cast<double>(i);
}

} // namespace ns3
