// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TCP_CUBIC_FORKED_H
#define SLICEBED_TCP_CUBIC_FORKED_H

#include "ns3/tcp-cubic.h"

namespace ns3
{

/**
 * TcpCubic whose forks are whole.
 *
 * The copy constructor of ns-3 3.44's TcpCubic leaves TcpFriendliness uninitialised, and a
 * listening socket forks one for each connection it accepts: whether a server's flows are
 * Reno-friendly depends on what was in memory, and two runs of the same seed differ.
 */
class TcpCubicForked : public TcpCubic
{
  public:
    static TypeId GetTypeId();

    /** @return a new one with the same attributes, at the start of its life */
    Ptr<TcpCongestionOps> Fork() override;
};

} // namespace ns3

#endif // SLICEBED_TCP_CUBIC_FORKED_H
