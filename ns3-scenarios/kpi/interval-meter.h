// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_INTERVAL_METER_H
#define SLICEBED_INTERVAL_METER_H

#include "cell/cell-types.h"
#include "kpi/qos-satisfaction.h"

#include "ns3/nstime.h"

#include <cstdint>
#include <vector>

namespace ns3
{

/** KPIs of one slice in one cell over one measured window; names after 3GPP TS 28.552. */
struct SliceKpi
{
    double thpDlBps;     //!< DRB.UEThpDl: received payload per user [bit/s]
    double delayDlS;     //!< DRB.RlcSduDelayDl: mean, RLC entry to delivery [s]
    double delayE2eS;    //!< mean, application to application [s]
    double delayE2eP95S; //!< its 95th percentile [s]
    double prbUsedDl;    //!< RRU.PrbUsedDl: mean per slot [PRB]
    double activeUe;     //!< DRB.MeanActiveUeDl: users with data queued, mean [UE]
    double cqi;          //!< mean of the wideband CQI reports, 0 to 15
    double offeredBps;   //!< payload sent by the applications of the slice in the cell [bit/s]
    double loss;         //!< packets dropped / packets sent
    double bufferBytes;  //!< in the RLC queues at the window's end [byte]
    double r;            //!< QoS satisfaction, 0 to 1
    double thpUlBps;     //!< DRB.UEThpUl: payload received from a user, mean [bit/s]
    double delayE2eUlS;  //!< uplink, mean, application to application [s]
    double prbUsedUl;    //!< RRU.PrbUsedUl: mean per slot [PRB]
    double offeredUlBps; //!< payload sent by the users' applications [bit/s]
};

/**
 * Measures one slice in one cell from its packets and from the scheduler's counters.
 *
 * Begin() opens the window; NoteSent(), NoteReceived() and, for what is lost outside the cell,
 * NoteLost() are called for every packet; End() closes it. Delays saturate at MAX_DELAY_S, which
 * also stands for "offered but nothing delivered".
 */
class IntervalMeter
{
  public:
    static constexpr double MAX_DELAY_S = 10;

    void NoteSent(uint32_t bytes);
    void NoteReceived(uint32_t bytes, Time delay);
    void NoteLost();

    /** Opens a window. @param counters the cell's, now */
    void Begin(const SliceCounters& counters);

    /**
     * Closes the window.
     * @param counters the cell's, now
     * @param bufferBytes queued now
     * @param users of the slice in the cell
     * @param slots in the window
     * @param windowS its length [s]
     * @param target what the users are promised
     */
    SliceKpi End(const SliceCounters& counters,
                 uint64_t bufferBytes,
                 uint32_t users,
                 double slots,
                 double windowS,
                 const QosTarget& target);

    uint64_t GetSentPackets() const;
    uint64_t GetReceivedPackets() const;
    uint64_t GetLostPackets() const;

  private:
    SliceCounters m_base;         //!< counters when the window opened
    uint64_t m_totalSent{0};      //!< packets since the start
    uint64_t m_totalReceived{0};  //!< packets since the start
    uint64_t m_totalLost{0};      //!< packets since the start, outside the cell
    uint64_t m_lost{0};           //!< packets in the window, outside the cell
    uint64_t m_sent{0};           //!< packets in the window
    uint64_t m_sentBytes{0};      //!< payload in the window
    uint64_t m_receivedBytes{0};  //!< payload in the window
    double m_delaySumS{0};        //!< of the packets received in the window [s]
    std::vector<float> m_delaysS; //!< of the same; reordered by End()
};

} // namespace ns3

#endif // SLICEBED_INTERVAL_METER_H
