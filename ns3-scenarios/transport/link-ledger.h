// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LINK_LEDGER_H
#define SLICEBED_LINK_LEDGER_H

#include "transport/wan-link.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/** Counts the packets of links, both ways: where they wait, and where they were dropped. */
class LinkLedger
{
  public:
    LinkLedger() = default;
    LinkLedger(const LinkLedger&) = delete;
    LinkLedger& operator=(const LinkLedger&) = delete;

    /** Counts on a link from now on; its queue discs are those that stay. */
    void Watch(Ptr<WanLink> link);

    /** @return packets dropped in front of links */
    uint64_t GetQueueDrops() const;

    /** @return packets that got lost on links: a device's queue, or an error model */
    uint64_t GetLineDrops() const;

    /** @return packets in front of links and on them */
    uint64_t GetInFlight() const;

    /** @return bytes given to links, with their own headers */
    uint64_t GetBytes() const;

    /** Forgets the links. */
    void Clear();

  private:
    std::vector<Ptr<QueueDisc>> m_queues; //!< in front of all ends
    uint64_t m_in{0};                     //!< packets given to devices
    uint64_t m_bytes{0};                  //!< of them
    uint64_t m_out{0};                    //!< packets taken from devices
    uint64_t m_lost{0};                   //!< packets between
};

} // namespace ns3

#endif // SLICEBED_LINK_LEDGER_H
