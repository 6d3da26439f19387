// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_COMPUTE_HEADER_H
#define SLICEBED_COMPUTE_HEADER_H

#include "ns3/header.h"

#include <cstdint>

namespace ns3
{

/** What a request to a compute server and its answer say of themselves; the rest is padding. */
class ComputeHeader : public Header
{
  public:
    /** What a message is. */
    enum class Kind : uint8_t
    {
        REQUEST,
        RESPONSE, //!< the work is done
        REJECTED  //!< the server had no room for it
    };

    static constexpr uint32_t BYTES = 1 + 8 + 8 + 4; //!< on the wire

    static TypeId GetTypeId();
    TypeId GetInstanceTypeId() const override;
    uint32_t GetSerializedSize() const override;
    void Serialize(Buffer::Iterator start) const override;
    uint32_t Deserialize(Buffer::Iterator start) override;
    void Print(std::ostream& os) const override;

    Kind kind{Kind::REQUEST};
    uint64_t id{0};            //!< chosen by the client
    uint64_t cycles{0};        //!< of work
    uint32_t responseBytes{0}; //!< wanted, this header included
};

} // namespace ns3

#endif // SLICEBED_COMPUTE_HEADER_H
