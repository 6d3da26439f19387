// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_SLICED_CELLS_H
#define SLICEBED_SLICED_CELLS_H

#include "kpi/conservation.h"
#include "kpi/interval-meter.h"
#include "topology/radio-access.h"
#include "topology/ue-mobility.h"
#include "traffic/measuring-sink.h"
#include "traffic/offered-load-source.h"
#include "traffic/traffic-mask.h"

#include "ns3/mobility-model.h"
#include "ns3/object.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace ns3
{

/** A service that a slice carries (paper 001, section V-A). */
struct SliceService
{
    uint32_t id;      //!< as users name it, from 1
    QosTarget target; //!< what its users are promised
};

/** When a slice appears or leaves. */
struct SliceEvent
{
    uint32_t interval; //!< at the beginning of which
    uint32_t slice;    //!< index of the service
    bool present;      //!< from then on
};

/** How far from their site UEs are, relative to the distance between sites. */
struct PlacementRing
{
    double from; //!< never below 35 m (TR 38.901 Table 7.2-1)
    double to;   //!< a cell's corner lies at 0.577
};

inline constexpr PlacementRing UNIFORM_PLACEMENT{0, 0.6};
inline constexpr PlacementRing NEAR_PLACEMENT{0, 0.2};
inline constexpr PlacementRing FAR_PLACEMENT{0.45, 0.6};

/** What a SlicedCells is built from. */
struct SlicedCellsConfig
{
    uint32_t sites{4};                  //!< on the grid
    uint32_t sectors{3};                //!< cells of a site: 3, or 1 that is omnidirectional
    double interSiteDistanceM{500};     //!< [m]
    std::vector<SliceService> services; //!< all that are ever present
    std::vector<bool> presentAtStart;   //!< by service
    std::vector<SliceEvent> events;     //!< later changes
    uint32_t uesPerSlice{4};            //!< in each cell, at the start
    bool usersChangeCells{false};       //!< handover, or a trace: a cell may have all of them
    PlacementRing placement{UNIFORM_PLACEMENT}; //!< of the UEs
    double load{1.2};     //!< load offered by a user at mask 1, relative to its target
    double uplinkLoad{0}; //!< the same uplink
    UeMobility mobility{UeMobility::WALK}; //!< how UEs move
    std::string mobilityFile;              //!< for UeMobility::TRACE
    double speedMps{3 / 3.6};              //!< of the UEs [m/s]
    double roamM{20};                      //!< half side of the square that a UE walks in [m]
    bool wrapAround{false};                //!< the network's edge meets itself
    uint32_t packetBytes{1200};            //!< UDP payload [byte]
    TypeId source{OfferedLoadSource::GetTypeId()}; //!< of the users: a LoadSource
    Time interval{Seconds(1)};                     //!< between two decisions
    Time warmup{MilliSeconds(200)};                //!< of each interval, not measured
};

/**
 * A hexagonal network of sliced cells with its users, traffic and meters, run interval by interval.
 *
 * OpenInterval() starts the traffic of an interval and, after the warm-up, the meters;
 * CloseInterval() ends them and gives the KPIs. UEs are placed so that every slice has the same
 * number of users in every cell that serves them best, and walk about their place.
 */
class SlicedCells : public Object
{
  public:
    static TypeId GetTypeId();

    /**
     * Builds the network. To be called once, before anything else; the simulator may run for UEs to
     * attach.
     * @param radio nothing built in it yet
     */
    void Build(Ptr<RadioAccess> radio, const SlicedCellsConfig& config, const TrafficMask& mask);

    /** Offers the load of the first interval for some time from now, outside of any interval. */
    void OfferAll(Time duration);

    /** Begins interval `k`: slices appear and leave, users offer the mask's load. */
    void OpenInterval(uint32_t k);

    /** Ends the measured window. @return KPIs by [cell][slice]; all 0 for a slice that is absent */
    std::vector<std::vector<SliceKpi>> CloseInterval();

    /**
     * Lets a slice appear or leave now. Its users offer their load from now on, or nothing more;
     * what it has queued is dropped. A slice that appears has ceilings of 0 until they are set.
     */
    void SetPresent(uint32_t slice, bool present);

    /** @return whether a slice is present now */
    bool IsPresent(uint32_t slice) const;

    /** @return most users that a slice may have in a cell */
    uint32_t MaxUsers() const;

    /** @return the load that the slice will offer in a cell in interval `k` [bit/s] */
    double GetOfferedBps(uint32_t k, uint32_t slice) const;

    /** @return the uplink load that the slice will offer in a cell in interval `k` [bit/s] */
    double GetOfferedUplinkBps(uint32_t k, uint32_t slice) const;

    /**
     * Draws traffic, fading, decoding and walks from now on by the present RngRun: packets that
     * are still to be sent come at other times, and links fade on from elsewhere. Places,
     * shadowing and queues stay; so does what ns-3's own LTE stack draws.
     */
    void DrawAnew();

    /** Sets the PRB ceilings of a cell, by slice; those of absent slices do not count. */
    void SetCeilings(uint16_t cell, const std::vector<double>& fractions);

    Ptr<RadioAccess> GetRadio() const;

    /** @return the sites' positions; cell i is sector i % sectors of site i / sectors */
    const std::vector<Vector>& GetSites() const;
    const SlicedCellsConfig& GetConfig() const;

    /** @return where all packets are; aborts if one is missing */
    Conservation CheckConservation() const;

    /** What users see on a map. */
    struct UeRecord
    {
        uint16_t cell;  //!< that serves it at the start
        uint32_t slice; //!< index of its service
        Ptr<Node> node; //!< with its MobilityModel
    };

    const std::vector<UeRecord>& GetUes() const;

  protected:
    void DoDispose() override;

  private:
    void BuildCells();
    void BuildUsers();
    void AssignTrafficStreams();
    UeMovement Movement() const;
    Ptr<Node> PlaceUe(uint16_t cell);
    void AddUser(Ptr<Node> node, uint16_t cell, uint32_t slice);
    Vector DrawPosition(uint16_t cell) const;
    void ConnectDownlink(uint32_t ue);
    void ConnectUplink(uint32_t ue);
    void MakeUplinkSink();
    IntervalMeter& MeterOf(uint32_t ue, Direction direction);
    uint32_t CountUsers(uint16_t cell, uint32_t slice) const;
    SliceKpi Measure(uint16_t cell, uint32_t slice);
    void ApplyEvents(uint32_t k);
    Ptr<LoadSource> MakeSource(Ptr<Node> node, const Address& remote);
    void Offer(uint32_t ue);
    void OfferLoad(uint32_t k, Time duration);
    void BeginWindow(uint32_t k);

    using Meters = std::vector<std::vector<IntervalMeter>>; //!< by [cell][slice]

    SlicedCellsConfig m_config;                   //!< as given
    TrafficMask m_mask;                           //!< as given
    Ptr<RadioAccess> m_radio;                     //!< as given
    Ptr<UniformRandomVariable> m_place;           //!< where UEs are
    std::vector<Vector> m_sites;                  //!< positions
    std::vector<bool> m_present;                  //!< by slice, in the open interval
    std::vector<UeRecord> m_ues;                  //!< by UE id
    std::vector<Ptr<LoadSource>> m_sources;       //!< of the downlink, by UE id
    std::vector<Ptr<LoadSource>> m_uplinkSources; //!< by UE id, if there is an uplink load
    std::map<Ipv4Address, uint32_t> m_ueAt;       //!< UE id by address
    std::array<Meters, DIRECTIONS> m_meters;      //!< by direction
    uint32_t m_offered{0};                        //!< interval whose load is offered
    Time m_offerEnd;                              //!< until when
    EventId m_beginWindow;                        //!< end of the warm-up
};

} // namespace ns3

#endif // SLICEBED_SLICED_CELLS_H
