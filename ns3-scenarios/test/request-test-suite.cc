// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to a compute server over a point-to-point link: latency to the nanosecond's rounding,
 * and what happens to those that are rejected, lost, late or malformed.
 */
#include "compute/edge-dispatcher.h"
#include "compute/share-plan.h"
#include "test/error-text.h"
#include "test/request-site.h"

#include "ns3/error-model.h"
#include "ns3/pointer.h"
#include "ns3/test.h"
#include "ns3/udp-socket-factory.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

using namespace ns3;
using slicebed::Accounted;
using slicebed::RequestSite;
using slicebed::SITE_DELAY_S;
using slicebed::SITE_RATE_BPS;

namespace
{

/** @return time of a message of one packet on the wire: UDP, IPv4 and PPP around it [s] */
double
OnWireS(uint32_t bytes)
{
    return (bytes + 8 + 20 + 2) * 8 / SITE_RATE_BPS;
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
        RequestSite site;
        site.SendAt(1, {10'000'000, 1000, 400});
        site.SendAt(1, {20'000'000, 1000, 400}); // behind it on the wire and at the server
        site.SendAt(2, {10'000'000, 4000, 21});  // three fragments
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(site.latencyS.size(), 3, "answers");
        const double first = OnWireS(1000) + SITE_DELAY_S + 10e-3 + OnWireS(400) + SITE_DELAY_S;
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[0], first, 1e-8, "first");
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[1], first + 20e-3, 1e-8, "second");
        // 4008 bytes of UDP in fragments of 1480, 1480 and 1048, each with IPv4 and PPP.
        const double there = (4008 + 3 * 22) * 8 / SITE_RATE_BPS;
        NS_TEST_EXPECT_MSG_EQ_TOL(
            site.latencyS[2], there + OnWireS(21) + 2 * SITE_DELAY_S + 10e-3, 1e-8, "fragments");
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
    void DoRun() override
    {
        {
            RequestSite site(0);
            site.SendAt(1, {10'000'000, 100, 100});
            site.SendAt(1, {10'000'000, 100, 100}); // no room beside the first
            Simulator::Run();
            const auto counters = site.client->GetCounters();
            NS_TEST_EXPECT_MSG_EQ(counters.completed, 1, "completed");
            NS_TEST_EXPECT_MSG_EQ(counters.rejected, 1, "rejected");
            NS_TEST_EXPECT_MSG_EQ(Accounted(counters), counters.sent, "conservation");
        }
        {
            RequestSite site;
            site.SendAt(1, {100'000'000, 100, 100});
            site.SendAt(2, {10'000'000, 100, 100});
            Simulator::Schedule(Seconds(1.05), &ComputeServer::Fail, site.server);
            Simulator::Schedule(Seconds(1.9), &ComputeServer::Recover, site.server);
            Simulator::Schedule(Seconds(1.5), [&] {
                const auto counters = site.client->GetCounters();
                NS_TEST_EXPECT_MSG_EQ(counters.pending, 1, "not given up yet");
                NS_TEST_EXPECT_MSG_EQ(Accounted(counters), counters.sent, "conservation");
            });
            Simulator::Run();
            const auto counters = site.client->GetCounters();
            NS_TEST_EXPECT_MSG_EQ(counters.timedOut, 1, "lost by a failure");
            NS_TEST_EXPECT_MSG_EQ(counters.completed, 1, "after the recovery");
        }
        {
            // The second fragment of three is lost: so is the request.
            RequestSite site;
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
            RequestSite site;
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
        RequestSite site;
        const auto refused = [&](const RequestClient::Request& request) {
            return slicebed::ErrorText<std::invalid_argument>(
                [&] { site.client->Send(site.remote, request); });
        };
        Simulator::Schedule(Seconds(0.5), [&] {
            NS_TEST_EXPECT_MSG_EQ(refused({1, 20, 100}),
                                  "request is 20 bytes; 21 to 65507 are required",
                                  "too small");
            NS_TEST_EXPECT_MSG_EQ(refused({1, 100, 70'000}),
                                  "response is 70000 bytes; 21 to 65507 are required",
                                  "too large");
            NS_TEST_EXPECT_MSG_EQ(refused({0, 100, 100}),
                                  "work is 0 cycles; a number above 0 is required",
                                  "no work");
        });
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

/** Requests through an edge's door. */
class DispatcherTestCase : public TestCase
{
  public:
    DispatcherTestCase()
        : TestCase("a dispatcher shares requests out and relays their answers")
    {
    }

  private:
    void DoRun() override
    {
        // The client's node is user and edge at once: targets are the site's server and one here.
        RequestSite site;
        auto local = CreateObjectWithAttributes<ComputeServer>("Capacity", DoubleValue(1e9));
        auto here = CreateObject<ComputeApplication>();
        here->SetServer(local);
        site.nodes.Get(0)->AddApplication(here);
        auto dispatcher = CreateObject<EdgeDispatcher>();
        dispatcher->SetTargets({InetSocketAddress(Ipv4Address::GetLoopback(), 8080), site.remote});
        dispatcher->SetShares({0.25, 0.75});
        dispatcher->AssignStreams(5);
        site.nodes.Get(0)->AddApplication(dispatcher);
        const Address door = InetSocketAddress(Ipv4Address::GetLoopback(), 8000);
        constexpr int REQUESTS = 4000;
        for (int i = 0; i < REQUESTS; ++i)
        {
            Simulator::Schedule(MilliSeconds(1000 + 20 * i),
                                [&] { site.client->Send(door, {1'000'000, 200, 100}); });
        }
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(site.client->GetCounters().completed, REQUESTS, "all answered");
        const auto& sent = dispatcher->GetSent();
        NS_TEST_EXPECT_MSG_EQ(sent[0] + sent[1], REQUESTS, "each sent once");
        // Binomial: a standard deviation of 27.
        NS_TEST_EXPECT_MSG_EQ_TOL(static_cast<double>(sent[0]), 1000.0, 110, "share of the first");
        NS_TEST_EXPECT_MSG_EQ(local->GetCounters().completed, sent[0], "processed here");
        NS_TEST_EXPECT_MSG_EQ(site.server->GetCounters().completed, sent[1], "processed there");
        const double thereS = OnWireS(200) + OnWireS(100) + 2 * SITE_DELAY_S + 1e-3;
        for (const auto& [id, latencyS] : site.latencyS)
        {
            const double expectedS = latencyS < 2e-3 ? 1e-3 : thereS;
            NS_TEST_EXPECT_MSG_EQ_TOL(latencyS, expectedS, 1e-8, "request " << id);
        }
        const auto refused = [&](const std::vector<double>& shares) {
            return slicebed::ErrorText<std::invalid_argument>(
                [&] { dispatcher->SetShares(shares); });
        };
        NS_TEST_EXPECT_MSG_EQ(refused({0.5, 0.4}), "shares sum to 0.900000; 1 is required", "sum");
        NS_TEST_EXPECT_MSG_EQ(
            refused({1}), "shares has 1 numbers; one for each of 2 targets is required", "size");
        NS_TEST_EXPECT_MSG_EQ(refused({1.5, -0.5}),
                              "shares has -0.500000; numbers from 0 to 1 are required",
                              "negative");
    }
};

/** Shares of the whole as shares of each edge's own. */
class SharePlanTestCase : public TestCase
{
  public:
    SharePlanTestCase()
        : TestCase("a plan keeps load at home as far as shares allow, and fills the shares")
    {
    }

  private:
    void Check(const std::vector<double>& offered, const std::vector<double>& shares)
    {
        const auto plan = PlanShares(offered, shares);
        const double total = std::accumulate(offered.begin(), offered.end(), 0.0);
        for (size_t node = 0; node < shares.size(); ++node)
        {
            double processed = 0;
            for (size_t edge = 0; edge < offered.size(); ++edge)
            {
                processed += offered[edge] / total * plan[edge][node];
            }
            NS_TEST_EXPECT_MSG_EQ_TOL(processed, shares[node], 1e-9, "share of node " << node);
        }
        for (size_t edge = 0; edge < offered.size(); ++edge)
        {
            const double own = offered[edge] / total;
            NS_TEST_EXPECT_MSG_EQ_TOL(
                plan[edge][edge] * own, std::min(own, shares[edge]), 1e-9, "kept at edge " << edge);
        }
    }

    void DoRun() override
    {
        Check({100, 100, 100}, {0.25, 0.25, 0.25, 0.25});
        Check({300, 50, 10}, {0.1, 0.5, 0.0, 0.4});
        Check({10, 10}, {0, 0, 1});
        Check({1, 2, 3}, {0.5, 0.3, 0.2});
        const auto idle = PlanShares({0, 0}, {0.2, 0.3, 0.5});
        NS_TEST_EXPECT_MSG_EQ_TOL(idle[0][2], 0.5, 1e-12, "without load: as the whole");
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>([] { PlanShares({1, 1}, {0.5, 0.4}); }),
            "shares sum to 0.900000; 1 is required",
            "sum");
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
        AddTestCase(new DispatcherTestCase, Duration::QUICK);
        AddTestCase(new SharePlanTestCase, Duration::QUICK);
    }
};

RequestTestSuite g_requestTestSuite;

} // namespace
