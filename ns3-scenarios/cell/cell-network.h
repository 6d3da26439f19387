// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_NETWORK_H
#define SLICEBED_CELL_NETWORK_H

#include "cell/carrier.h"
#include "cell/cell-gnb-net-device.h"
#include "cell/cell-types.h"
#include "cell/cell-ue-net-device.h"
#include "cell/cqi-reporter.h"
#include "cell/nr-tables.h"
#include "cell/radio-channel.h"
#include "cell/slice-scheduler.h"
#include "cell/ue-context.h"
#include "cell/uplink-channel.h"

#include "ns3/event-id.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <array>
#include <memory>
#include <vector>

namespace ns3
{

/**
 * Slice-aware OFDMA cells and their UEs, both directions.
 *
 * One event a slot serves the whole network: at a slot's border the transmissions of the slot
 * before are received, each among what the other cells or UEs really sent on its PRBs, and every
 * cell with work schedules the next. Without work there are no slot events. The time that a block
 * takes beyond its slot (grant, processing) is added where its SDUs are delivered.
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
    const SliceCounters& GetCounters(uint16_t cell, uint16_t slice, Direction direction);

    /** @return bytes that wait to be sent */
    uint64_t GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const;

    /** @return SDUs that wait, are on the air, held for those before them or being decoded, or are
     * on their way from one cell to another; both directions */
    uint64_t GetSdusInFlight() const;

    uint16_t GetCells() const;
    uint16_t GetSlices() const;
    uint32_t GetPrbs() const;
    const Carrier& GetCarrier() const;
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

    /** Takes a packet for a UE at a cell; if it has left, it is forwarded: see CellGnbNetDevice. */
    void EnqueueDownlink(uint16_t cell, Ptr<Packet> packet, uint32_t ue);

    /** Takes a packet from a UE: see CellUeNetDevice. @return false if it was dropped */
    bool EnqueueUplink(Ptr<Packet> packet, uint32_t ue);

    /** Serves a UE by another cell from now on; its undelivered data goes with it. */
    void HandOver(uint32_t ue, uint16_t target);

    uint16_t GetServingCell(uint32_t ue) const
    {
        return m_servingCells[ue];
    }

    using SduDeliveredCallback = void (*)(uint16_t cell,
                                          uint16_t slice,
                                          uint32_t ue,
                                          Direction direction,
                                          uint32_t bytes,
                                          Time delay);
    using SduDroppedCallback = void (*)(uint16_t cell,
                                        uint16_t slice,
                                        uint32_t ue,
                                        Direction direction,
                                        DropCause cause,
                                        uint32_t bytes);
    using SliceSlotCallback =
        void (*)(uint64_t slot, uint16_t cell, uint16_t slice, Direction direction, uint32_t prbs);
    using CqiSampleCallback = void (*)(uint16_t cell, uint16_t slice, uint32_t ue, uint8_t cqi);
    using TransportBlockCallback = void (*)(const TransportBlockTrace& block);
    using HandoverCallback = void (*)(uint32_t ue, uint16_t from, uint16_t to, uint64_t sdus);

  protected:
    void NotifyConstructionCompleted() override;
    void DoDispose() override;

  private:
    /** A slice in a cell and direction. */
    struct CellSlice
    {
        SliceCounters counters;
        uint64_t waitingUes{0}; //!< with data queued
        Time waitingSince;      //!< the counter's integral is up to here
    };

    /** A cell's work in a direction. */
    struct CellLink
    {
        std::unique_ptr<SliceScheduler> scheduler;
        std::vector<CellSlice> slices;
        std::vector<std::vector<UeContext*>> waiting; //!< by slice: UEs with data queued
        uint64_t waitingUes{0};                       //!< in all of them
        std::vector<uint32_t> used;                   //!< PRBs by slice in the slot at hand
    };

    /** A cell. */
    struct Cell
    {
        Ptr<CellGnbNetDevice> device;
        std::array<CellLink, DIRECTIONS> links;
        uint64_t reportedPrbSlots{0}; //!< PRBs used in the downlink when activity was last told

        CellLink& Link(Direction direction)
        {
            return links[static_cast<size_t>(direction)];
        }
    };

    /** What is on the air in a direction. */
    struct Air
    {
        std::vector<std::vector<Transmission>> blocks; //!< of the slot at hand, by cell
        std::vector<RbgMask> masks;                    //!< groups of these, by cell
        bool busy{false};                              //!< there are any
    };

    void MakeSchedulers(Cell& cell, uint16_t id) const;
    bool Enqueue(UeContext& ue, Direction direction, Ptr<Packet> packet);
    void Wake();
    void ScheduleSlot(uint64_t slot);
    void Slot();
    void ScheduleCell(uint16_t cell, Direction direction);
    void ReceiveAll(Direction direction);
    void Receive(uint16_t cell, const Transmission& transmission, Direction direction);
    double
    Information(uint16_t cell, const Transmission& transmission, Direction direction, uint8_t mcs);
    void AdaptOffset(UeLink& link, bool ok) const;
    bool
    Decode(uint16_t cell, const Transmission& transmission, Direction direction, HarqBlock& block);
    void TraceBlock(Direction direction,
                    const Transmission& transmission,
                    const HarqBlock& block,
                    double information,
                    double bler,
                    bool ok);
    void Depart(UeContext& ue,
                Direction direction,
                std::vector<RlcQueue::Departure> departures,
                DropCause why);
    void Deliver(uint32_t ue,
                 uint16_t cell,
                 Direction direction,
                 const std::vector<RlcQueue::Departure>& departures);
    void SetWaiting(UeContext& ue, Direction direction, bool waiting);
    void Integrate(CellSlice& slice) const;
    void CountDrop(const UeContext& ue, Direction direction, DropCause cause, uint32_t bytes);
    uint64_t NextWork() const;
    uint64_t NextWork(const UeContext& ue, Direction direction) const;
    void Refresh();
    void TellActivity();
    void SampleCqi();
    void CheckHandover(UeContext& ue);
    void Resume(uint32_t ue);
    CellSlice& SliceOf(const UeContext& ue, Direction direction);
    uint64_t SlotAt(Time time) const;
    uint64_t SlotFrom(Time time) const;

    Technology m_technology;                       //!< whose standard
    uint32_t m_numerology;                         //!< of NR
    double m_bandwidthMhz;                         //!< of the channel
    NrMcsTable m_mcsTable;                         //!< of NR
    Carrier m_carrier;                             //!< of each cell
    double m_frequencyHz;                          //!< carrier
    double m_txPowerDbm;                           //!< of a cell on all PRBs
    uint32_t m_rlcBufferBytes;                     //!< of a queue
    RlcMode m_rlcMode;                             //!< of all queues
    Time m_rlcStatusDelay;                         //!< of acknowledged mode
    CqiInterference m_cqiInterference;             //!< that reports see
    uint32_t m_cqiPeriodSlots;                     //!< between reports
    uint32_t m_cqiDelaySlots;                      //!< from measurement to use
    bool m_outerLoop;                              //!< link adaptation
    uint32_t m_harqRttSlots;                       //!< between two transmissions of a block
    uint32_t m_maxTransmissions;                   //!< of a block
    uint32_t m_processingSlots;                    //!< of a block beyond its slot
    uint32_t m_requestPeriodSlots;                 //!< between scheduling requests of a UE
    uint32_t m_grantDelaySlots;                    //!< from a grant to its block
    RlcQueue::Settings m_rlc;                      //!< of all queues
    BufferStatus::Settings m_status;               //!< of all UEs
    double m_uplinkP0Dbm;                          //!< power control
    double m_uplinkAlpha;                          //!< power control
    IntraSlicePolicy m_policy;                     //!< in all slices
    bool m_workConserving;                         //!< what slices leave goes to others
    double m_averagingSlots;                       //!< of proportional fairness
    Time m_refreshPeriod;                          //!< of the large-scale channel
    bool m_handover;                               //!< whether UEs change cells
    double m_handoverMarginDb;                     //!< offset and hysteresis of event A3
    Time m_timeToTrigger;                          //!< of event A3
    Time m_interruption;                           //!< of a handover
    Time m_forwardDelay;                           //!< from cell to cell
    Ptr<RadioChannel> m_channel;                   //!< the air
    Ptr<const LinkAdaptation> m_link;              //!< tables
    std::unique_ptr<CqiReporter> m_reporter;       //!< what UEs tell
    std::unique_ptr<UplinkChannel> m_uplink;       //!< what UEs send
    Ptr<UniformRandomVariable> m_decode;           //!< whether a block is decoded
    std::vector<Cell> m_cells;                     //!< by id
    std::vector<std::unique_ptr<UeContext>> m_ues; //!< by id
    std::vector<uint16_t> m_servingCells;          //!< by UE id: asked for with every packet
    std::vector<bool> m_present;                   //!< by slice
    std::array<Air, DIRECTIONS> m_air;             //!< by direction
    uint64_t m_forwarding{0};                      //!< SDUs between cells
    uint64_t m_slot{0};                            //!< the slot at hand, or the last one
    uint64_t m_activitySlot{0};                    //!< when activity was last told
    EventId m_slotEvent;                           //!< the next border with work
    EventId m_refreshEvent;                        //!< the next refresh
    TracedCallback<uint16_t, uint16_t, uint32_t, Direction, uint32_t, Time> m_deliveredTrace;
    TracedCallback<uint16_t, uint16_t, uint32_t, Direction, DropCause, uint32_t> m_droppedTrace;
    TracedCallback<uint64_t, uint16_t, uint16_t, Direction, uint32_t> m_sliceSlotTrace;
    TracedCallback<uint16_t, uint16_t, uint32_t, uint8_t> m_cqiTrace;
    TracedCallback<const TransportBlockTrace&> m_blockTrace;
    TracedCallback<uint32_t, uint16_t, uint16_t, uint64_t> m_handoverTrace;
};

} // namespace ns3

#endif // SLICEBED_CELL_NETWORK_H
