// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_DDNN_SITES_H
#define SLICEBED_DDNN_SITES_H

#include "kpi/conservation.h"
#include "kpi/packet-meter.h"
#include "topology/topology-description.h"
#include "traffic/offered-load-source.h"
#include "traffic/traffic-mask.h"
#include "transport/link-ledger.h"

#include "ns3/object.h"

#include <vector>

namespace ns3
{

inline const MaskColumns SITE_COLUMNS{.prefix = "site_", .firstId = 0};

/** What DdnnSites are made of. */
struct DdnnSitesConfig
{
    uint32_t sites{16};                        //!< K of paper 003
    double peakBps{4e6};                       //!< load of a site at mask 1
    double mostBps{6e6};                       //!< largest allocation of a site
    TrafficMask mask{TrafficMask::Constant()}; //!< by interval and site, of the load
    Time interval{Seconds(1)};                 //!< between two decisions
    uint32_t packetBytes{1200};                //!< largest UDP payload
    uint32_t queuePackets{100};                //!< that wait for a site's tokens
    Time delayBound{MilliSeconds(50)};         //!< one way; a packet beyond is late
    DataRate linkRate{"1Gbps"};                //!< site to edge
    Time linkDelay{MilliSeconds(1)};           //!< one way
};

/** What a site's packets experienced in an interval; all sizes are of IP packets. */
struct SiteKpi
{
    double offeredBps{0};
    double deliveredBps{0};
    double droppedBytes{0};     //!< where the site's queue was full
    double lateBytes{0};        //!< delivered after the delay bound
    double overBytes{0};        //!< allocated and not used
    double bufferBytes{0};      //!< that wait at the interval's end
    double delayP95S{0};        //!< one way
    double allocatedBps{0};     //!< in force at the interval's end
    double allocatedMeanBps{0}; //!< over the interval

    double GetUnderBytes() const
    {
        return droppedBytes + lateBytes;
    }
};

/**
 * Sites whose users' load follows a series of demands, each behind a shaper whose rate is its
 * allocation.
 *
 *     site i: source ==(a token bucket)== 1 Gbit/s, 1 ms == edge: sink i
 *
 * Before the first allocation each site has the largest.
 */
class DdnnSites : public Object
{
  public:
    static TypeId GetTypeId();

    /** Builds the sites. @param edge that all of them send to; with an internet stack */
    void Build(const DdnnSitesConfig& config, Ptr<Node> edge);

    /** Begins interval `k`. */
    void OpenInterval(uint32_t k);

    /** Ends it. @return by site */
    std::vector<SiteKpi> CloseInterval();

    /** Puts allocations in force now. @param bps by site; more than the largest is that */
    void Allocate(const std::vector<double>& bps);

    /** @return load of a site in interval `k`, as IP packets */
    double GetOfferedBps(uint32_t k, uint32_t site) const;

    const DdnnSitesConfig& GetConfig() const;

    /** Adds all packets of the sites. */
    void AddTo(Conservation& packets) const;

    /** @return the sites' nodes, in the first column of a drawing */
    std::vector<TopologyNode> Describe() const;

  protected:
    void DoDispose() override;

  private:
    /** A site. */
    struct Site
    {
        Ptr<WanLink> link;             //!< to the edge
        Ptr<SliceQueueDisc> shaper;    //!< in front of it
        Ptr<OfferedLoadSource> source; //!< of its users
        PacketMeter meter;             //!< of their packets
        uint64_t lateBytes{0};         //!< since the interval began
        SliceQueueCounters atStart;    //!< of the interval
        double allocatedBps{0};        //!< in force
        Time since;                    //!< counted up to here
        double allocatedBit{0};        //!< in the interval
        uint64_t refused{0};           //!< packets that the IP stack did not take
    };

    void MakeSite(uint32_t i, Ptr<Node> edge);
    void Measure(uint32_t i, Ptr<Node> edge);
    void CountAllocated(Site& site);
    SiteKpi Read(Site& site);

    DdnnSitesConfig m_config;  //!< as given
    std::vector<Site> m_sites; //!< by index
    LinkLedger m_ledger;       //!< of all their links
};

} // namespace ns3

#endif // SLICEBED_DDNN_SITES_H
