// SPDX-License-Identifier: GPL-2.0-only
// A client and a compute server at the ends of a link, for tests of requests.
#ifndef SLICEBED_REQUEST_SITE_H
#define SLICEBED_REQUEST_SITE_H

#include "compute/compute-application.h"
#include "compute/request-client.h"
#include "transport/udp-message-socket.h"

#include "ns3/double.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <map>

namespace slicebed
{

constexpr double SITE_RATE_BPS = 10e6;
constexpr double SITE_DELAY_S = 5e-3;

/** A client and a server of 1 Gcycle/s at the ends of a link of 10 Mbit/s and 5 ms. */
class RequestSite
{
  public:
    explicit RequestSite(uint32_t queueLimit = 100,
                         ns3::TypeId transport = ns3::UdpMessageSocket::GetTypeId())
        : server(
              ns3::CreateObjectWithAttributes<ns3::ComputeServer>("Capacity",
                                                                  ns3::DoubleValue(1e9),
                                                                  "QueueLimit",
                                                                  ns3::UintegerValue(queueLimit)))
        , client(
              ns3::CreateObjectWithAttributes<ns3::RequestClient>("Timeout",
                                                                  ns3::TimeValue(ns3::Seconds(1)),
                                                                  "Transport",
                                                                  ns3::TypeIdValue(transport)))
        , application(
              ns3::CreateObjectWithAttributes<ns3::ComputeApplication>("Transport",
                                                                       ns3::TypeIdValue(transport)))
    {
        nodes.Create(2);
        ns3::InternetStackHelper().Install(nodes);
        ns3::PointToPointHelper p2p;
        p2p.SetDeviceAttribute("DataRate", ns3::StringValue("10Mbps"));
        p2p.SetChannelAttribute("Delay", ns3::StringValue("5ms"));
        devices = p2p.Install(nodes);
        const auto addresses = ns3::Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
        remote = ns3::InetSocketAddress(addresses.GetAddress(1), 8080);
        nodes.Get(0)->AddApplication(client);
        application->SetServer(server);
        nodes.Get(1)->AddApplication(application);
        client->TraceConnectWithoutContext(
            "Completed",
            ns3::Callback<void, uint64_t, ns3::Time>(
                [this](uint64_t id, ns3::Time latency) { latencyS[id] = latency.GetSeconds(); }));
    }

    ~RequestSite()
    {
        ns3::Simulator::Destroy();
    }

    void SendAt(double atS, const ns3::RequestClient::Request& request)
    {
        ns3::Simulator::Schedule(ns3::Seconds(atS),
                                 [this, request] { client->Send(remote, request); });
    }

    ns3::NodeContainer nodes;
    ns3::NetDeviceContainer devices;
    ns3::Address remote;
    ns3::Ptr<ns3::ComputeServer> server;
    ns3::Ptr<ns3::RequestClient> client;
    ns3::Ptr<ns3::ComputeApplication> application;
    std::map<uint64_t, double> latencyS; //!< by request
};

/** @return completed, rejected, timed out and pending requests: all that were sent */
inline uint64_t
Accounted(const ns3::RequestClient::Counters& counters)
{
    return counters.completed + counters.rejected + counters.timedOut + counters.pending;
}

} // namespace slicebed

#endif // SLICEBED_REQUEST_SITE_H
