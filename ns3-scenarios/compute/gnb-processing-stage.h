// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_GNB_PROCESSING_STAGE_H
#define SLICEBED_GNB_PROCESSING_STAGE_H

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/packet.h"

#include <cstdint>
#include <deque>
#include <functional>

namespace ns3
{

/**
 * The CPU that a slice has at its gNB: packets are processed one after the other before the radio.
 *
 * A packet costs CpuMsPerPacket + CpuUsPerByte per byte of a core (1000 millicores); with fewer
 * millicores it takes longer in proportion. What does not find room in the queue is dropped. The
 * millicores may change while a packet is processed.
 */
class GnbProcessingStage : public Object
{
  public:
    static constexpr double MAX_MILLICORES = 1e6;

    static TypeId GetTypeId();

    using Deliver = std::function<void(Ptr<Packet>)>;

    /** @param deliver takes packets that have been processed */
    void SetDeliver(Deliver deliver);

    /**
     * Sets the CPU of the slice, in force at once. 0 stops it.
     * @throws std::invalid_argument if it is not a number from 0 to MAX_MILLICORES
     */
    void SetMillicores(double millicores);

    double GetMillicores() const;

    /** @return false if it was dropped: the queue is full */
    bool Enqueue(Ptr<Packet> packet);

    /** @return CPU time spent, on a core of 1000 millicores [s] */
    double GetBusyCoreS() const;

    /** @return packets that wait or are being processed */
    uint64_t GetPackets() const;

    uint64_t GetProcessed() const;
    uint64_t GetDropped() const;

  protected:
    void DoDispose() override;

  private:
    double CoreSOf(const Packet& packet) const;
    void Begin();
    void Settle();
    void ScheduleEnd();
    void End();

    double m_msPerPacket;            //!< of a core
    double m_usPerByte;              //!< of a core
    uint32_t m_queuePackets;         //!< that may wait
    Deliver m_deliver;               //!< of what has been processed
    double m_millicores{0};          //!< in force
    std::deque<Ptr<Packet>> m_queue; //!< the first one is being processed
    double m_leftCoreS{0};           //!< of the first one, at m_settledAt
    Time m_settledAt;                //!< up to when work has been counted
    double m_busyCoreS{0};           //!< spent
    uint64_t m_processed{0};         //!< packets
    uint64_t m_dropped{0};           //!< packets
    EventId m_end;                   //!< of the first one
};

} // namespace ns3

#endif // SLICEBED_GNB_PROCESSING_STAGE_H
