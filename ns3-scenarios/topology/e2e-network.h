// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_E2E_NETWORK_H
#define SLICEBED_E2E_NETWORK_H

#include "cell/cell-network.h"
#include "compute/gnb-processing-stage.h"
#include "kpi/conservation.h"
#include "topology/topology-description.h"
#include "traffic/video-client.h"
#include "traffic/video-server.h"
#include "transport/gtp-tunnel.h"
#include "transport/slice-queue-disc.h"

#include "ns3/data-rate.h"
#include "ns3/ipv4-address.h"
#include "ns3/object.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/virtual-net-device.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace ns3
{

/** What an E2eNetwork is made of. */
struct E2eConfig
{
    uint32_t slices{1};                    //!< that share transport, gNB and cell
    uint32_t usersPerSlice{5};             //!< viewers that each slice has at most
    std::vector<double> ladderMbps{13.2};  //!< bitrates of the video [Mbit/s]
    double segmentS{0.5};                  //!< video in a segment [s]
    double bufferS{4};                     //!< video that a client holds [s]
    double sizeVariation{0.18};            //!< of segments, relative standard deviation
    Time serverDelay{MilliSeconds(5)};     //!< one way, server to UPF
    Time transportDelay{MilliSeconds(2)};  //!< one way, UPF to gNB
    DataRate linkRate{"1Gbps"};            //!< of both links
    Time burst{MilliSeconds(20)};          //!< of a slice's tokens: its rate for so long
    uint32_t queuePackets{1};              //!< that may wait for a slice's tokens
    std::string aqm{"ns3::FifoQueueDisc"}; //!< of that queue
    double cpuMsPerPacket{1.3};            //!< of 1000 millicores [ms]
    uint32_t cpuQueuePackets{200};         //!< that may wait for a slice's millicores
    double bandwidthMhz{20};               //!< of the cell
    double distanceM{100};                 //!< of the UEs from their gNB, at most
};

/**
 * Slices from a video server to its viewers: server - UPF - shaped transport - gNB with a CPU stage
 * - cell - UEs (paper 002's testbed).
 *
 * Between UPF and gNB packets travel in GTP-U, marked with their slice's DSCP; a token bucket a
 * slice limits them there, the gNB's millicores a slice limit them before the radio.
 */
class E2eNetwork : public Object
{
  public:
    static TypeId GetTypeId();

    void Build(const E2eConfig& config);

    /** Sets the transport rate of a slice, in force at once. 0 lets nothing pass but what its
     * tokens are left for. */
    void SetTransportRate(uint32_t slice, double mbps);

    /** Sets the CPU of a slice, in force at once. 0 lets nothing pass. */
    void SetMillicores(uint32_t slice, double millicores);

    /** Makes the first `users` viewers of a slice watch and the others leave. */
    void SetUsers(uint32_t slice, uint32_t users);

    /** @return viewers that watch */
    uint32_t GetUsers(uint32_t slice) const;

    /** @return TCP payload that the slice's viewers have received since the start [byte] */
    uint64_t GetReceivedBytes(uint32_t slice) const;

    /** @return time that the slice's viewers have been stalled since the start [s] */
    double GetStalledS(uint32_t slice) const;

    SliceQueueCounters GetShaperCounters(uint32_t slice) const;
    Ptr<GnbProcessingStage> GetStage(uint32_t slice) const;
    Ptr<CellNetwork> GetCell() const;
    const E2eConfig& GetConfig() const;

    /** @return nodes and links, for a drawing */
    TopologyDescription Describe() const;

    /**
     * @return where the users' packets went, both directions, between UPF and UE: sent into the
     * tunnel by the UPF, or by UEs; received by UEs, or out of the tunnel at the UPF. Aborts if one
     * is missing
     */
    Conservation CheckConservation();

  protected:
    void DoDispose() override;

  private:
    void MakeNodes();
    void MakeTransport();
    void MakeShaper(Ptr<NetDevice> device);
    void CountOnLink(Ptr<NetDevice> device);
    void MakeCell();
    void MakeUser(uint32_t slice, uint32_t index);
    bool Forward(Ptr<Packet> packet, const Address&, const Address&, uint16_t);
    void ArriveAtGnb(Ptr<Packet> packet, uint32_t teid);
    void ArriveAtUpf(Ptr<Packet> packet, uint32_t teid);
    void SendUp(Ptr<Packet> packet);
    uint32_t SliceOf(uint32_t ue) const;
    double SumOverUsers(uint32_t slice, double (*of)(const VideoClient&)) const;

    E2eConfig m_config;                            //!< as given
    Ptr<Node> m_server;                            //!< of the video
    Ptr<Node> m_upf;                               //!< user plane function
    Ptr<Node> m_gnb;                               //!< base station
    Ipv4Address m_serverAddress;                   //!< as the UEs know it
    Ptr<VirtualNetDevice> m_tunnelDevice;          //!< the UPF's way to the UEs
    Ptr<GtpTunnel> m_upfEnd;                       //!< of N3
    Ptr<GtpTunnel> m_gnbEnd;                       //!< of N3
    Ptr<SliceQueueDisc> m_shaper;                  //!< of the UPF towards the gNB
    Ptr<CellNetwork> m_cell;                       //!< the radio
    std::vector<Ptr<GnbProcessingStage>> m_stages; //!< by slice
    std::vector<Ptr<VideoClient>> m_clients;       //!< by UE id
    std::array<uint64_t, DIRECTIONS> m_sent{};     //!< packets into the tunnel
    std::array<uint64_t, DIRECTIONS> m_arrived{};  //!< packets out of it
    uint64_t m_linkIn{0};                          //!< packets into the link, both directions
    uint64_t m_linkOut{0};                         //!< packets out of it
    uint64_t m_linkDropped{0};                     //!< packets that its queues had no room for
};

} // namespace ns3

#endif // SLICEBED_E2E_NETWORK_H
