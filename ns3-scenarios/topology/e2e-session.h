// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_E2E_SESSION_H
#define SLICEBED_E2E_SESSION_H

#include "topology/e2e-network.h"
#include "traffic/traffic-mask.h"

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/random-variable-stream.h"

#include <vector>

namespace ns3
{

/** What a slice's users experienced in an interval, and what its grants were used for. */
struct E2eKpi
{
    std::vector<double> users;  //!< viewers by slot: x(t) of paper 002
    std::vector<double> qosBps; //!< mean throughput of a viewer by slot: q(t); 0 without viewers
    double degradation{0};      //!< user-weighted share of slots with q <= q_th: beta
    double throughputBps{0};    //!< mean throughput of a viewer over the interval
    double transportBps{0};     //!< that left the shaper, headers included
    double transportLoss{0};    //!< share of packets that the shaper dropped
    double cpuMillicores{0};    //!< used
    double cpuLoss{0};          //!< share of packets that found no room before the CPU
    double stalled{0};          //!< share of viewing time spent waiting for video
};

/** How the users of an E2eNetwork come and go, and what counts as served. */
struct E2eSessionConfig
{
    Time interval{Seconds(60)};  //!< between decisions
    Time slot{Seconds(1)};       //!< of the measurement
    Time dwell{Seconds(10)};     //!< between changes of the number of viewers
    double usersDeviation{0};    //!< of that number around its mean, standard deviation
    double qosThresholdBps{4e6}; //!< q_th
    TrafficMask mask{TrafficMask::Constant()}; //!< mean number of viewers, relative to the most
};

/**
 * Lets the users of a network come and go and measures them interval by interval.
 *
 * In interval k a slice has mask(k) x its users on average. Every `dwell` the number is drawn anew
 * from a normal distribution about that mean and rounded; viewers leave or come to match.
 */
class E2eSession : public Object
{
  public:
    static TypeId GetTypeId();

    void Attach(Ptr<E2eNetwork> network, const E2eSessionConfig& config);

    /** Begins interval `k`. */
    void OpenInterval(uint32_t k);

    /** Ends it. @return by slice */
    std::vector<E2eKpi> CloseInterval();

    /** @return mean number of viewers of a slice in interval `k` */
    double GetMeanUsers(uint32_t k, uint32_t slice) const;

    uint32_t GetSlots() const;
    Ptr<E2eNetwork> GetNetwork() const;
    const E2eSessionConfig& GetConfig() const;

  protected:
    void DoDispose() override;

  private:
    /** Counters of a slice at some moment. */
    struct Marks
    {
        uint64_t receivedBytes{0};
        uint64_t shapedBytes{0};
        uint64_t shapedDrops{0};
        uint64_t shapedPackets{0};
        uint64_t cpuDrops{0};
        uint64_t cpuPackets{0};
        double cpuCoreS{0};
        double stalledS{0};
    };

    Marks Read(uint32_t slice) const;
    void DrawUsers(uint32_t k);
    void EndSlot();
    E2eKpi Measure(uint32_t slice) const;

    E2eSessionConfig m_config;            //!< as given
    Ptr<E2eNetwork> m_network;            //!< as given
    Ptr<NormalRandomVariable> m_users;    //!< deviation of the number of viewers
    std::vector<Marks> m_atStart;         //!< of the interval, by slice
    std::vector<uint64_t> m_slotBytes;    //!< received at the slot's start, by slice
    std::vector<std::vector<double>> m_x; //!< viewers by slice and slot
    std::vector<std::vector<double>> m_q; //!< throughput by slice and slot [bit/s]
    std::vector<EventId> m_events;        //!< of the interval
};

} // namespace ns3

#endif // SLICEBED_E2E_SESSION_H
