// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to a compute server over a point-to-point link: latency to the nanosecond's rounding,
 * and what happens to those that are rejected, lost, late or malformed.
 */
#include "compute/compute-application.h"
#include "compute/request-client.h"
#include "test/error-text.h"

#include "ns3/double.h"
#include "ns3/error-model.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/test.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include <map>
#include <stdexcept>

using namespace ns3;

namespace
{

constexpr double RATE_BPS = 10e6;
constexpr double DELAY_S = 5e-3;

/** A client and a server of 1 Gcycle/s at the ends of a link of 10 Mbit/s and 5 ms. */
class Site
{
  public:
    explicit Site(uint32_t queueLimit = 100)
        : server(CreateObjectWithAttributes<ComputeServer>("Capacity",
                                                           DoubleValue(1e9),
                                                           "QueueLimit",
                                                           UintegerValue(queueLimit)))
        , client(CreateObjectWithAttributes<RequestClient>("Timeout", TimeValue(Seconds(1))))
        , application(CreateObject<ComputeApplication>())
    {
        nodes.Create(2);
        InternetStackHelper().Install(nodes);
        PointToPointHelper p2p;
        p2p.SetDeviceAttribute("DataRate", StringValue("10Mbps"));
        p2p.SetChannelAttribute("Delay", StringValue("5ms"));
        devices = p2p.Install(nodes);
        const auto addresses = Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
        remote = InetSocketAddress(addresses.GetAddress(1), 8080);
        nodes.Get(0)->AddApplication(client);
        application->SetServer(server);
        nodes.Get(1)->AddApplication(application);
        client->TraceConnectWithoutContext(
            "Completed", Callback<void, uint64_t, Time>([this](uint64_t id, Time latency) {
                latencyS[id] = latency.GetSeconds();
            }));
    }

    ~Site()
    {
        Simulator::Destroy();
    }

    void SendAt(double atS, const RequestClient::Request& request)
    {
        Simulator::Schedule(Seconds(atS), [this, request] { client->Send(remote, request); });
    }

    NodeContainer nodes;
    NetDeviceContainer devices;
    Address remote;
    Ptr<ComputeServer> server;
    Ptr<RequestClient> client;
    Ptr<ComputeApplication> application;
    std::map<uint64_t, double> latencyS; //!< by request
};

/** @return time of a message of one packet on the wire: UDP, IPv4 and PPP around it [s] */
double
OnWireS(uint32_t bytes)
{
    return (bytes + 8 + 20 + 2) * 8 / RATE_BPS;
}

/** Latency by hand. */
class LatencyTestCase : public TestCase
{
  public:
    LatencyTestCase()
        : TestCase("latency is wires, propagation, queueing and service")
    {
    }

  private:
    void DoRun() override
    {
        Site site;
        site.SendAt(1, {10'000'000, 1000, 400});
        site.SendAt(1, {20'000'000, 1000, 400}); // behind it on the wire and at the server
        site.SendAt(2, {10'000'000, 4000, 21});  // three fragments
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(site.latencyS.size(), 3, "answers");
        const double first = OnWireS(1000) + DELAY_S + 10e-3 + OnWireS(400) + DELAY_S;
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[0], first, 1e-8, "first");
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[1], first + 20e-3, 1e-8, "second");
        // 4008 bytes of UDP in fragments of 1480, 1480 and 1048, each with IPv4 and PPP.
        const double there = (4008 + 3 * 22) * 8 / RATE_BPS;
        NS_TEST_EXPECT_MSG_EQ_TOL(
            site.latencyS[2], there + OnWireS(21) + 2 * DELAY_S + 10e-3, 1e-8, "fragments");
        const auto counters = site.client->GetCounters();
        NS_TEST_EXPECT_MSG_EQ(counters.completed, 3, "completed");
        NS_TEST_EXPECT_MSG_EQ(counters.pending, 0, "pending");
    }
};

/** Requests that end otherwise. */
class LostRequestTestCase : public TestCase
{
  public:
    LostRequestTestCase()
        : TestCase("requests are rejected, lost by failures and by links, each counted once")
    {
    }

  private:
    static uint64_t Total(const RequestClient::Counters& counters)
    {
        return counters.completed + counters.rejected + counters.timedOut + counters.pending;
    }

    void DoRun() override
    {
        {
            Site site(0);
            site.SendAt(1, {10'000'000, 100, 100});
            site.SendAt(1, {10'000'000, 100, 100}); // no room beside the first
            Simulator::Run();
            const auto counters = site.client->GetCounters();
            NS_TEST_EXPECT_MSG_EQ(counters.completed, 1, "completed");
            NS_TEST_EXPECT_MSG_EQ(counters.rejected, 1, "rejected");
            NS_TEST_EXPECT_MSG_EQ(Total(counters), counters.sent, "conservation");
        }
        {
            Site site;
            site.SendAt(1, {100'000'000, 100, 100});
            site.SendAt(2, {10'000'000, 100, 100});
            Simulator::Schedule(Seconds(1.05), &ComputeServer::Fail, site.server);
            Simulator::Schedule(Seconds(1.9), &ComputeServer::Recover, site.server);
            Simulator::Schedule(Seconds(1.5), [&] {
                const auto counters = site.client->GetCounters();
                NS_TEST_EXPECT_MSG_EQ(counters.pending, 1, "not given up yet");
                NS_TEST_EXPECT_MSG_EQ(Total(counters), counters.sent, "conservation");
            });
            Simulator::Run();
            const auto counters = site.client->GetCounters();
            NS_TEST_EXPECT_MSG_EQ(counters.timedOut, 1, "lost by a failure");
            NS_TEST_EXPECT_MSG_EQ(counters.completed, 1, "after the recovery");
        }
        {
            // The second fragment of three is lost: so is the request.
            Site site;
            auto errors = CreateObject<ReceiveListErrorModel>();
            errors->SetList({1});
            site.devices.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
            site.SendAt(1, {10'000'000, 4000, 100});
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ(site.client->GetCounters().timedOut, 1, "lost by the link");
            NS_TEST_EXPECT_MSG_EQ(site.server->GetCounters().arrived, 0, "never got there");
        }
        {
            // An answer that comes when the client has given up changes nothing.
            Site site;
            site.SendAt(1, {1'500'000'000, 100, 100});
            Simulator::Run();
            const auto counters = site.client->GetCounters();
            NS_TEST_EXPECT_MSG_EQ(counters.timedOut, 1, "too late");
            NS_TEST_EXPECT_MSG_EQ(counters.completed, 0, "not completed as well");
            NS_TEST_EXPECT_MSG_EQ(site.server->GetCounters().completed, 1, "the server did it");
        }
    }
};

/** What no request looks like. */
class BadRequestTestCase : public TestCase
{
  public:
    BadRequestTestCase()
        : TestCase("requests that cannot be are refused, bytes that are none are counted")
    {
    }

  private:
    void DoRun() override
    {
        Site site;
        const auto refused = [&](const RequestClient::Request& request) {
            return slicebed::ErrorText<std::invalid_argument>(
                [&] { site.client->Send(site.remote, request); });
        };
        NS_TEST_EXPECT_MSG_EQ(
            refused({1, 20, 100}), "request is 20 bytes; 21 to 65507 are required", "too small");
        NS_TEST_EXPECT_MSG_EQ(refused({1, 100, 70'000}),
                              "response is 70000 bytes; 21 to 65507 are required",
                              "too large");
        NS_TEST_EXPECT_MSG_EQ(
            refused({0, 100, 100}), "work is 0 cycles; a number above 0 is required", "no work");
        auto socket = Socket::CreateSocket(site.nodes.Get(0), UdpSocketFactory::GetTypeId());
        Simulator::Schedule(Seconds(1), [&] {
            const std::vector<uint8_t> noise(40, 0xff);
            socket->SendTo(Create<Packet>(noise.data(), 40), 0, site.remote);
            socket->SendTo(Create<Packet>(noise.data(), 3), 0, site.remote);
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(site.application->GetMalformed(), 2, "noise");
        NS_TEST_EXPECT_MSG_EQ(site.server->GetCounters().arrived, 0, "is no job");
    }
};

/** The suite. */
class RequestTestSuite : public TestSuite
{
  public:
    RequestTestSuite()
        : TestSuite("slicebed-request", Type::UNIT)
    {
        AddTestCase(new LatencyTestCase, Duration::QUICK);
        AddTestCase(new LostRequestTestCase, Duration::QUICK);
        AddTestCase(new BadRequestTestCase, Duration::QUICK);
    }
};

RequestTestSuite g_requestTestSuite;

} // namespace
