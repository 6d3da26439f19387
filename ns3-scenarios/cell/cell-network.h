// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_NETWORK_H
#define SLICEBED_CELL_NETWORK_H

#include "cell/cell-gnb-net-device.h"
#include "cell/cell-types.h"
#include "cell/cell-ue-net-device.h"
#include "cell/cqi-reporter.h"
#include "cell/radio-channel.h"
#include "cell/slice-scheduler.h"
#include "cell/ue-context.h"

#include "ns3/event-id.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <memory>
#include <vector>

namespace ns3
{

/**
 * Slice-aware OFDMA cells and their UEs; downlink.
 *
 * One event a slot serves the whole network: at a slot's border the transmissions of the slot
 * before are received, each among what the other cells really sent on its PRBs, and every cell with
 * work schedules the next. Without work there are no slot events.
 */
class CellNetwork : public Object
{
  public:
    static TypeId GetTypeId();
    CellNetwork();

    /** @param position of the antennas, height in z [m] */
    uint16_t AddSite(const Vector& position);

    /** Installs a cell on a node. @param bearingDeg of its boresight, counter-clockwise from east
     */
    uint16_t AddCell(Ptr<Node> gnb, uint16_t site, double bearingDeg);

    Ptr<CellGnbNetDevice> GetGnb(uint16_t cell) const;

    /** Makes a slice present; its ceilings are 0 until set. Slices are numbered from 0. */
    void AddSlice(uint16_t slice);

    /** Drops what the slice has queued, and whatever comes for it until it is added again. */
    void RemoveSlice(uint16_t slice);

    /** @return the cell of the largest mean power at a place whose node the model belongs to */
    uint16_t StrongestCell(Ptr<MobilityModel> place);

    /** Installs a UE on a node that has a MobilityModel; its cell and slice exist. */
    Ptr<CellUeNetDevice> AddUe(Ptr<Node> ue, uint16_t cell, uint16_t slice);

    /**
     * Sets the ceilings of a cell, in force from the next slot.
     * @param fractions of the cell's PRBs by slice, each in [0, 1], together at most 1
     */
    void SetCeilings(uint16_t cell, const std::vector<double>& fractions);

    double GetCeiling(uint16_t cell, uint16_t slice) const;

    /** @return what the slice did in the cell, brought up to now */
    const SliceCounters& GetCounters(uint16_t cell, uint16_t slice);

    /** @return bytes that wait to be sent */
    uint64_t GetBufferBytes(uint16_t cell, uint16_t slice) const;

    /** @return SDUs that wait, are on the air or are held for those before them */
    uint64_t GetQueuedSdus(uint16_t cell, uint16_t slice) const;

    uint16_t GetCells() const;
    uint16_t GetSlices() const;
    uint32_t GetPrbs() const;
    uint32_t GetMaxBufferBytes() const;
    Time GetSlotDuration() const;

    /** @return the rate of the largest block in every slot: no user can have more [bit/s] */
    double MaxRateBps() const;

    /**
     * @param points on the map [m]
     * @return SINR of the strongest cell there, all cells on all PRBs, over the path gain expected
     * with TR 38.901's line-of-sight probability and no shadowing [dB]; draws no random number
     */
    std::vector<double> MeanSinrMapDb(const std::vector<Vector>& points) const;

    Ptr<RadioChannel> GetChannel() const;
    Ptr<const LinkAdaptation> GetLink() const;

    int64_t AssignStreams(int64_t stream);

    /** Takes a packet for a UE: see CellGnbNetDevice. */
    bool EnqueueDownlink(Ptr<Packet> packet, uint32_t ue);

    using SduDeliveredCallback =
        void (*)(uint16_t cell, uint16_t slice, uint32_t ue, uint32_t bytes, Time delay);
    using SduDroppedCallback =
        void (*)(uint16_t cell, uint16_t slice, uint32_t ue, DropCause cause, uint32_t bytes);
    using SliceSlotCallback = void (*)(uint64_t slot, uint16_t cell, uint16_t slice, uint32_t prbs);
    using CqiSampleCallback = void (*)(uint16_t cell, uint16_t slice, uint32_t ue, uint8_t cqi);
    using TransportBlockCallback = void (*)(const TransportBlockTrace& block);

  protected:
    void NotifyConstructionCompleted() override;
    void DoDispose() override;

  private:
    /** A slice in a cell. */
    struct CellSlice
    {
        SliceCounters counters;
        uint64_t waitingUes{0}; //!< with data queued
        Time waitingSince;      //!< the counter's integral is up to here
    };

    /** A cell. */
    struct Cell
    {
        Ptr<CellGnbNetDevice> device;
        std::unique_ptr<SliceScheduler> scheduler;
        std::vector<CellSlice> slices;
        std::vector<std::vector<UeContext*>> waiting; //!< by slice: UEs with data queued
        std::vector<uint32_t> used;                   //!< PRBs by slice in the slot at hand
        std::vector<Transmission> onAir;              //!< of the slot at hand
        PrbMask mask;                                 //!< PRBs of onAir
    };

    void Wake();
    void ScheduleSlot(uint64_t slot);
    void Slot();
    void ScheduleCell(uint16_t cell);
    void ReceiveAll();
    void Receive(uint16_t cell, const Transmission& transmission);
    double EffectiveSinrDb(uint16_t cell, const Transmission& transmission, uint8_t mcs);
    void Depart(UeContext& ue, std::vector<RlcQueue::Departure> departures, DropCause why);
    void SetWaiting(UeContext& ue, bool waiting);
    void Integrate(CellSlice& slice) const;
    void CountDrop(const UeContext& ue, DropCause cause, uint32_t bytes);
    uint64_t NextWork() const;
    void Refresh();
    uint64_t SlotAt(Time time) const;

    Time m_slotDuration;                           //!< of all cells
    uint32_t m_prbs;                               //!< of each cell
    double m_frequencyHz;                          //!< carrier
    double m_txPowerDbm;                           //!< of a cell on all PRBs
    uint32_t m_rlcBufferBytes;                     //!< of a UE
    uint32_t m_cqiPeriodSlots;                     //!< between reports
    uint32_t m_harqRttSlots;                       //!< between two transmissions of a block
    uint32_t m_maxTransmissions;                   //!< of a block
    double m_averagingSlots;                       //!< of proportional fairness
    Time m_refreshPeriod;                          //!< of the large-scale channel
    Ptr<RadioChannel> m_channel;                   //!< the air
    Ptr<const LinkAdaptation> m_link;              //!< tables
    std::unique_ptr<CqiReporter> m_reporter;       //!< what UEs tell
    Ptr<UniformRandomVariable> m_decode;           //!< whether a block is decoded
    std::vector<Cell> m_cells;                     //!< by id
    std::vector<std::unique_ptr<UeContext>> m_ues; //!< by id
    std::vector<bool> m_present;                   //!< by slice
    uint64_t m_slot{0};                            //!< the slot at hand, or the last one
    EventId m_slotEvent;                           //!< the next border with work
    EventId m_refreshEvent;                        //!< the next refresh
    std::vector<float> m_load;                     //!< scratch: of the other cells on a sub-band
    std::vector<PrbMask> m_subBandMasks;           //!< PRBs of each sub-band
    TracedCallback<uint16_t, uint16_t, uint32_t, uint32_t, Time> m_deliveredTrace;
    TracedCallback<uint16_t, uint16_t, uint32_t, DropCause, uint32_t> m_droppedTrace;
    TracedCallback<uint64_t, uint16_t, uint16_t, uint32_t> m_sliceSlotTrace;
    TracedCallback<uint16_t, uint16_t, uint32_t, uint8_t> m_cqiTrace;
    TracedCallback<const TransportBlockTrace&> m_blockTrace;
};

} // namespace ns3

#endif // SLICEBED_CELL_NETWORK_H
