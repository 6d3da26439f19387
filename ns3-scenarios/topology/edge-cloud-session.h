// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_CLOUD_SESSION_H
#define SLICEBED_EDGE_CLOUD_SESSION_H

#include "kpi/log-histogram.h"
#include "topology/edge-cloud-network.h"

#include <vector>

namespace ns3
{

/** What a node did in an interval, and what the users of an edge experienced; 0 for the cloud. */
struct EdgeCloudKpi
{
    double offeredHz{0};                 //!< requests of the edge's users
    double latencyS{0};                  //!< of those completed and the age of those pending, mean
    double latencyP95S{0};               //!< of those completed, 95th percentile
    double loss{0};                      //!< share rejected or timed out, of those that ended
    double processedHz{0};               //!< requests that the node completed
    double backlog{0};                   //!< requests at the node at the interval's end
    double utilisation{0};               //!< busy over powered-on time
    double powerW{0};                    //!< drawn by the node, mean
    double energyJ{0};                   //!< of a request that the node completed
    std::vector<uint64_t> latencyCounts; //!< of those completed, by bin of LATENCY_BINS
};

/** Of latencies [s]: each bin 12 % wide, from 1 ms to 10 s. */
constexpr LogBins LATENCY_BINS{.low = 1e-3, .decades = 4, .perDecade = 20, .high = 1e4};

/** Measures an EdgeCloudNetwork interval by interval. */
class EdgeCloudSession : public Object
{
  public:
    static TypeId GetTypeId();

    void Attach(Ptr<EdgeCloudNetwork> network);

    /** Begins an interval; with the first one the users begin. */
    void OpenInterval();

    /** Ends it. @return by node: edges, cloud */
    std::vector<EdgeCloudKpi> CloseInterval();

    /** @return over all users: see EdgeCloudKpi::latencyS [s], loss, and J a completed request */
    struct Totals
    {
        double latencyS{0};
        double loss{0};
        double energyJ{0};
    };

    const Totals& GetTotals() const;

    /** @return requests of each edge in the interval before [1/s]; mean rates before the first */
    const std::vector<double>& GetOfferedHz() const;

    Ptr<EdgeCloudNetwork> GetNetwork() const;

  protected:
    void DoDispose() override;

  private:
    /** Counters of a node and its users at some moment. */
    struct Marks
    {
        RequestClient::Counters requests;
        uint64_t completed{0};
        double joules{0};
        double poweredOnS{0};
        double busyS{0};
    };

    Marks Read(uint32_t node) const;
    EdgeCloudKpi Measure(uint32_t node, double passedS);
    void Sum();

    Ptr<EdgeCloudNetwork> m_network;              //!< as given
    uint32_t m_interval{0};                       //!< the next, from 0
    Time m_opened;                                //!< when the interval began
    std::vector<Marks> m_atStart;                 //!< of it, by node
    std::vector<std::vector<double>> m_latencies; //!< completed in it, by edge [s]
    std::vector<double> m_offeredHz;              //!< by edge
    Totals m_totals;                              //!< of the interval before
};

} // namespace ns3

#endif // SLICEBED_EDGE_CLOUD_SESSION_H
