// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_ROOT_QUEUE_DISC_H
#define SLICEBED_ROOT_QUEUE_DISC_H

#include "ns3/net-device.h"
#include "ns3/queue-disc.h"

namespace ns3
{

/**
 * Makes a queue disc the root of a device, in place of the one that is there.
 * @throws std::invalid_argument if the device's node has no traffic control layer
 */
void ReplaceRootQueueDisc(Ptr<NetDevice> device, Ptr<QueueDisc> queueDisc);

} // namespace ns3

#endif // SLICEBED_ROOT_QUEUE_DISC_H
