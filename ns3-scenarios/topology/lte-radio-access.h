// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LTE_RADIO_ACCESS_H
#define SLICEBED_LTE_RADIO_ACCESS_H

#include "cell/carrier.h"
#include "cell/lte/radio-channel-loss-model.h"
#include "cell/lte/slice-ff-mac-scheduler.h"
#include "topology/radio-access.h"

#include "ns3/event-id.h"
#include "ns3/lte-helper.h"
#include "ns3/net-device.h"
#include "ns3/packet.h"
#include "ns3/phy-stats-calculator.h"
#include "ns3/point-to-point-epc-helper.h"

#include <array>
#include <vector>

namespace ns3
{

/**
 * RadioAccess by ns3's LTE/EPC stack: the reference that the cell model is held to.
 *
 * The same RadioChannel lies under it (path loss, shadowing, antennas, fading), and its scheduler
 * divides PRBs by the same SliceAllocator; everything between is ns-3's own. UEs report CQI from
 * the always-on control region.
 *
 * What ns-3's stack cannot tell: blocks that HARQ gives up are not reported, so their packets count
 * as in flight. RemoveSlice() stops serving a slice, but what its RLC has queued stays there.
 * Handover is not supported.
 */
class LteRadioAccess : public RadioAccess
{
  public:
    static TypeId GetTypeId();
    LteRadioAccess();

    uint16_t AddSite(const Vector& position) override;
    uint16_t AddCell(uint16_t site, double bearingDeg) override;
    void AddSlice(uint16_t slice) override;
    void RemoveSlice(uint16_t slice) override;
    uint32_t AddUe(Ptr<Node> ue, uint16_t cell, uint16_t slice) override;
    void Start() override;
    void SetCeilings(uint16_t cell, const std::vector<double>& fractions) override;
    double GetCeiling(uint16_t cell, uint16_t slice) const override;
    uint16_t GetServingCell(uint32_t ue) const override;
    Ptr<Node> GetRemoteHost() const override;
    Ipv4Address GetRemoteAddress() const override;
    Ipv4Address GetUeAddress(uint32_t ue) const override;
    const SliceCounters& GetCounters(uint16_t cell, uint16_t slice, Direction direction) override;
    uint64_t GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const override;
    uint64_t GetInFlight() const override;
    uint16_t GetCells() const override;
    uint16_t GetSlices() const override;
    uint32_t GetPrbs() const override;
    Time GetSlotDuration() const override;
    uint32_t GetMaxBufferBytes() const override;
    double MaxRateBps() const override;
    Ptr<RadioChannel> GetChannel() const override;
    int64_t AssignStreams(int64_t stream) override;

  protected:
    void NotifyConstructionCompleted() override;
    void DoDispose() override;

  private:
    /** An eNB. */
    struct Cell
    {
        Ptr<NetDevice> device;
        Ptr<SliceFfMacScheduler> scheduler;
        std::vector<double> ceilings;                                //!< by slice
        std::vector<std::array<SliceCounters, DIRECTIONS>> counters; //!< by slice
    };

    /** A UE. */
    struct Ue
    {
        Ptr<NetDevice> device;
        uint16_t cell;
        uint16_t slice;
        Ipv4Address address;
    };

    void SetUpChannel();
    void SetUpCore();
    bool AllConnected() const;
    void Listen(uint32_t ue);
    void ListenToHosts(Ptr<Node> node);
    int SliceOf(uint16_t cell, uint16_t rnti) const;
    SliceCounters& CountersOf(uint32_t ue, Direction direction);
    void NoteEnqueued(uint32_t ue, Direction direction, uint32_t bytes);
    void NoteDelivered(uint32_t ue, Direction direction, uint32_t bytes, uint64_t delayNs);
    void NoteDropped(uint32_t ue, Direction direction, Ptr<const Packet> packet);
    void Refresh();
    void Poll();

    double m_bandwidthMhz;            //!< of the channel
    uint32_t m_prbs{0};               //!< of each cell
    double m_frequencyHz;             //!< carrier, of the channel model
    double m_txPowerDbm;              //!< of a cell on all PRBs
    uint32_t m_rlcBufferBytes;        //!< of a UE
    IntraSlicePolicy m_policy;        //!< in all slices
    bool m_workConserving;            //!< what slices leave goes to others
    uint32_t m_rbgPrbs{0};            //!< of a resource block group
    Ptr<RadioChannel> m_channel;      //!< the air
    Ptr<RadioChannelPlaces> m_places; //!< who is who on it
    Ptr<LteHelper> m_lte;             //!< ns-3's stack
    Ptr<PointToPointEpcHelper> m_epc; //!< its core
    Ptr<Node> m_remoteHost;           //!< behind it
    std::vector<Vector> m_sites;      //!< by id
    std::vector<Cell> m_cells;        //!< by id
    std::vector<Ue> m_ues;            //!< by id
    std::vector<bool> m_present;      //!< by slice
    uint64_t m_sentPackets{0};        //!< by all hosts' IP stacks
    uint64_t m_receivedPackets{0};    //!< by the same
    uint64_t m_droppedPackets{0};     //!< by RLC
    EventId m_refreshEvent;           //!< the channel's next refresh
    EventId m_pollEvent;              //!< the next look at buffers
};

} // namespace ns3

#endif // SLICEBED_LTE_RADIO_ACCESS_H
