// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_PACKET_METER_H
#define SLICEBED_PACKET_METER_H

#include "ns3/nstime.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * Measures the packets of one service, whatever network they cross, over a window.
 *
 * The three Note functions are called for every packet; Begin() opens a window, Get() reads it.
 * Delays saturate at MAX_DELAY_S, which also stands for "something waits or was sent, but nothing
 * was delivered".
 */
class PacketMeter
{
  public:
    static constexpr double MAX_DELAY_S = 10;

    /** What was measured in the window. */
    struct Reading
    {
        uint64_t sentBytes;     //!< by the application
        uint64_t receivedBytes; //!< by the application
        double delayS;          //!< one-way, mean; 0 where nothing was sent, received or waits
        double delayP95S;       //!< its 95th percentile
        double loss;            //!< packets dropped of those sent
    };

    void NoteSent(uint32_t bytes);
    void NoteReceived(uint32_t bytes, Time delay);
    void NoteDropped();

    /** Opens a window. */
    void Begin();

    /** @return the window until now */
    Reading Get() const;

    /** @return packets since the start */
    uint64_t GetSentPackets() const;

    /** @return packets since the start */
    uint64_t GetReceivedPackets() const;

  private:
    uint64_t m_totalSent{0};      //!< packets since the start
    uint64_t m_totalReceived{0};  //!< packets since the start
    uint64_t m_totalDropped{0};   //!< packets since the start
    uint64_t m_sent{0};           //!< packets in the window
    uint64_t m_dropped{0};        //!< packets in the window
    uint64_t m_sentBytes{0};      //!< in the window
    uint64_t m_receivedBytes{0};  //!< in the window
    double m_delaySumS{0};        //!< of the packets received in the window [s]
    std::vector<float> m_delaysS; //!< of the same
};

} // namespace ns3

#endif // SLICEBED_PACKET_METER_H
