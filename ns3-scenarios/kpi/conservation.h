// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CONSERVATION_H
#define SLICEBED_CONSERVATION_H

#include <cstdint>
#include <map>
#include <string>

namespace ns3
{

/** Packets of a run, and where they ended. */
struct Conservation
{
    uint64_t sent{0};                        //!< by the applications
    uint64_t received{0};                    //!< by the applications
    uint64_t inFlight{0};                    //!< in links, queues and the air
    std::map<std::string, uint64_t> dropped; //!< by place and cause
};

/** Aborts unless sent = received + dropped + in flight. */
void RequireConserved(const Conservation& packets);

} // namespace ns3

#endif // SLICEBED_CONSERVATION_H
