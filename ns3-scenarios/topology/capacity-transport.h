// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CAPACITY_TRANSPORT_H
#define SLICEBED_CAPACITY_TRANSPORT_H

#include "kpi/packet-meter.h"
#include "topology/capacity-system.h"
#include "traffic/load-source.h"
#include "transport/wan-link.h"

#include "ns3/event-id.h"

#include <vector>

namespace ns3
{

/** What a CapacityTransport is made of. */
struct CapacityTransportConfig
{
    double rateMbps{70};               //!< that reservations may sum up to
    Time accessDelay{MilliSeconds(1)}; //!< one way, server to ingress
    Time linkDelay{MilliSeconds(5)};   //!< one way, over the bottleneck
    uint32_t queuePackets{1000};       //!< that may wait for a service's tokens
};

/**
 * Use case I of paper 000: services share a transport link, each behind a shaper of its own.
 *
 *     server i --(1 Gbit/s)-- ingress ==(a token bucket a service)== egress: sink i
 *
 * Each service is many users' flows (PoissonFlowSource). Loads, rates and what is delivered are of
 * IP packets, headers included. The link itself is a little faster than all reservations together,
 * for its own headers.
 */
class CapacityTransport : public CapacitySystem
{
  public:
    static TypeId GetTypeId();

    /** Builds the network; reservations are 0. @throws std::invalid_argument if a peak is */
    void Build(const CapacityTransportConfig& config, const CapacityLoad& load);

    void OpenInterval(uint32_t k) override;
    std::vector<CapacityKpi> CloseInterval() override;
    void Reserve(const std::vector<double>& amounts, const std::vector<bool>& admit) override;
    CapacityBounds GetBounds() const override;
    CapacityCost
    Judge(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps) const override;
    Conservation CheckConservation() const override;
    TopologyDescription Describe() const override;

    Ptr<SliceQueueDisc> GetShaper() const;
    const CapacityTransportConfig& GetConfig() const;

  protected:
    void DoDispose() override;

  private:
    /** A service. */
    struct Service
    {
        Ptr<WanLink> access;       //!< its server's link
        Ptr<LoadSource> source;    //!< of all its flows
        PacketMeter meter;         //!< of its packets
        uint64_t shapedAtStart{0}; //!< bytes through its shaper when the window opened
        double reservedMbps{0};    //!< in force
    };

    /** Packets of one direction of a link. */
    struct LinkCount
    {
        uint64_t in{0};      //!< given to the device
        uint64_t out{0};     //!< taken from the other end's
        uint64_t dropped{0}; //!< by the device's queue
    };

    void MakeBottleneck();
    void MakeService(uint32_t i);
    void Measure(uint32_t i);
    void CountOnLink(Ptr<WanLink> link);
    void OfferLoad(uint32_t k, Time duration);
    void BeginWindow(uint32_t k);
    CapacityKpi Read(const Service& service, uint16_t id) const;

    CapacityTransportConfig m_config; //!< as given
    Ptr<Node> m_ingress;              //!< of all servers
    Ptr<Node> m_egress;               //!< with all sinks
    Ptr<WanLink> m_link;              //!< the bottleneck
    Ptr<SliceQueueDisc> m_shaper;     //!< in front of it
    std::vector<Service> m_services;  //!< by index; their ids are from 1
    LinkCount m_onLinks;              //!< of all links, towards the sinks
    uint64_t m_refused{0};            //!< packets that an IP stack did not take
    int64_t m_nextStream;             //!< of random variables
    EventId m_beginWindow;            //!< end of the warm-up
};

} // namespace ns3

#endif // SLICEBED_CAPACITY_TRANSPORT_H
