// SPDX-License-Identifier: GPL-2.0-only
#include "transport/root-queue-disc.h"

#include "ns3/node.h"
#include "ns3/traffic-control-layer.h"

#include <stdexcept>
#include <string>

namespace ns3
{

void
ReplaceRootQueueDisc(Ptr<NetDevice> device, Ptr<QueueDisc> queueDisc)
{
    const auto control = device->GetNode()->GetObject<TrafficControlLayer>();
    if (!control)
    {
        throw std::invalid_argument("node " + std::to_string(device->GetNode()->GetId()) +
                                    " has no traffic control layer; install an internet stack "
                                    "first");
    }
    if (control->GetRootQueueDiscOnDevice(device))
    {
        control->DeleteRootQueueDiscOnDevice(device);
    }
    control->SetRootQueueDiscOnDevice(device, queueDisc);
}

} // namespace ns3
