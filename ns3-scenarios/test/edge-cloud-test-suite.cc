// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edge-cloud network: where shares send the work, what the way there costs, and that requests
 * and bursts add up.
 */
#include "test/error-text.h"
#include "topology/cell-edge-access.h"
#include "topology/edge-cloud-network.h"
#include "topology/link-edge-access.h"
#include "transport/tcp-message-socket.h"

#include "ns3/double.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

using namespace ns3;

namespace
{

/** Arrivals that come in bursts. */
class RequestSourceTestCase : public TestCase
{
  public:
    RequestSourceTestCase()
        : TestCase("requests come at the rate of the moment")
    {
    }

  private:
    void DoRun() override
    {
        auto source = CreateObjectWithAttributes<RequestSource>("BurstPeriod",
                                                                TimeValue(Seconds(10)),
                                                                "BurstDuty",
                                                                DoubleValue(0.3),
                                                                "BurstGain",
                                                                DoubleValue(4));
        source->AssignStreams(9);
        double inBursts = 0;
        double outside = 0;
        double squares = 0;
        double inSecond = 0;
        Simulator::ScheduleNow([&] {
            source->Start(100, [&] {
                const double phase = std::fmod(Simulator::Now().GetSeconds(), 10);
                (phase < 3 ? inBursts : outside) += 1;
                inSecond += phase >= 3 ? 1 : 0;
            });
        });
        for (int s = 1; s <= 1000; ++s)
        {
            Simulator::Schedule(Seconds(s), [&, s] {
                squares += (s - 1) % 10 >= 3 ? (inSecond - 100) * (inSecond - 100) : 0;
                inSecond = 0;
            });
        }
        Simulator::Stop(Seconds(1000));
        Simulator::Run();
        // 300 s of 400/s, 700 s of 100/s: deviations of 350 and 265.
        NS_TEST_EXPECT_MSG_EQ_TOL(inBursts, 120e3, 1400, "in bursts");
        NS_TEST_EXPECT_MSG_EQ_TOL(outside, 70e3, 1100, "outside");
        NS_TEST_EXPECT_MSG_EQ_TOL(squares / 700, 100, 20, "variance of a second is its mean");
        NS_TEST_EXPECT_MSG_EQ_TOL(source->GetMeanRateHz(), 190, 1e-9, "mean");
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>([&] { source->Start(-1, [] {}); }),
            "rate is -1.000000 requests/s; a number of at least 0 is required",
            "refused");
        Simulator::Destroy();
    }
};

/** Work by node, and latency by way. */
class SharesTestCase : public TestCase
{
  public:
    SharesTestCase()
        : TestCase("shares decide who works, and the way is paid for in packets")
    {
    }

  private:
    /** @return mean latency [s]; all work goes by the shares */
    double Run(const std::vector<double>& shares, TypeId transport = UdpMessageSocket::GetTypeId())
    {
        auto network = CreateObject<EdgeCloudNetwork>();
        EdgeCloudConfig config;
        config.transport = transport;
        config.rateHz = 30;
        config.meanCycles = 1e6;
        config.weights = {3, 1, 1, 1, 0, 0};
        network->Build(config, CreateObject<LinkEdgeAccess>());
        std::vector<double> latenciesS;
        for (uint32_t edge = 0; edge < 6; ++edge)
        {
            network->GetUsers(edge)->TraceConnectWithoutContext(
                "Completed", Callback<void, uint64_t, Time>([&](uint64_t, Time latency) {
                    latenciesS.push_back(latency.GetSeconds());
                }));
        }
        Simulator::ScheduleNow([&] {
            network->SetShares(config.weights, shares);
            network->BeginInterval(0);
        });
        Simulator::Stop(Seconds(60));
        Simulator::Run();
        uint64_t sent = 0;
        uint64_t ended = 0;
        for (uint32_t edge = 0; edge < 6; ++edge)
        {
            const auto counters = network->GetUsers(edge)->GetCounters();
            sent += counters.sent;
            ended += counters.completed + counters.rejected + counters.timedOut + counters.pending;
            NS_TEST_EXPECT_MSG_EQ(counters.rejected + counters.timedOut, 0, "none is lost");
        }
        NS_TEST_EXPECT_MSG_EQ(ended, sent, "conservation");
        NS_TEST_EXPECT_MSG_EQ_TOL(static_cast<double>(sent), 1800.0, 170, "requests");
        for (uint32_t node = 0; node < 7; ++node)
        {
            const auto done = static_cast<double>(network->GetServer(node)->GetCounters().arrived);
            NS_TEST_EXPECT_MSG_EQ_TOL(
                done / static_cast<double>(sent), shares[node], 0.05, "share of node " << node);
        }
        const double meanS = std::accumulate(latenciesS.begin(), latenciesS.end(), 0.0) /
                             static_cast<double>(latenciesS.size());
        network = nullptr;
        Simulator::Destroy();
        return meanS;
    }

    void DoRun() override
    {
        const double localS = Run({0.5, 1.0 / 6, 1.0 / 6, 1.0 / 6, 0, 0, 0});
        const double cloudS = Run({0, 0, 0, 0, 0, 0, 1});
        Run({0.1, 0.1, 0.2, 0.1, 0.2, 0.1, 0.2});
        // There and back over access: 10 ms, 20 kB in 14 fragments at 100 Mbit/s: 1.65 ms, 4 kB
        // back in 3: 0.33 ms, 1 ms of work.
        NS_TEST_EXPECT_MSG_EQ_TOL(localS, 0.0130, 0.0006, "at the edge");
        // And 2 x 21.222 ms of propagation, 24 kB over metro (0.2 ms) and WAN (1 ms): some of it
        // while the rest is on the wire before.
        NS_TEST_EXPECT_MSG_EQ_TOL(cloudS - localS, 2 * 21.222e-3 + 1.2e-3, 0.7e-3, "to the cloud");
        // Over TCP the same bytes go the same way; 1.7 % more of them, for the headers, and for the
        // first requests handshakes and windows that have yet to grow: some 200 ms for 10 of 1800.
        const double tcpS = Run({0, 0, 0, 0, 0, 0, 1}, TcpMessageSocket::GetTypeId());
        NS_TEST_EXPECT_MSG_EQ_TOL(tcpS, cloudS, 1.5e-3, "to the cloud over TCP");
    }
};

/** Users behind a link and users in a cell. */
class AccessTestCase : public TestCase
{
  public:
    AccessTestCase()
        : TestCase("requests through a cell take as long as its radio, and none is lost")
    {
    }

  private:
    /** @return latencies of requests of 1 ms of work at two edges, one at a time [s] */
    std::vector<double> Run(Ptr<EdgeAccess> access, TypeId transport)
    {
        EdgeCloudConfig config;
        config.edges = 2;
        config.transport = transport;
        for (uint32_t i = 0; i < 200; ++i)
        {
            // 103 ms apart: on all slots of a frame of 10 ms.
            config.arrivals.push_back({MilliSeconds(103 * i), i % 2, 1'000'000});
        }
        auto network = CreateObject<EdgeCloudNetwork>();
        network->Build(config, access);
        std::vector<double> latenciesS;
        for (uint32_t edge = 0; edge < 2; ++edge)
        {
            network->GetUsers(edge)->TraceConnectWithoutContext(
                "Completed", Callback<void, uint64_t, Time>([&](uint64_t, Time latency) {
                    latenciesS.push_back(latency.GetSeconds());
                }));
        }
        Simulator::ScheduleNow([&] {
            network->SetShares({1, 1}, {0.5, 0.5, 0}); // all stay where they come
            network->BeginInterval(0);
        });
        Simulator::Schedule(Seconds(10), [&] {
            for (uint32_t edge = 0; edge < 2; ++edge)
            {
                const auto now = network->GetUsers(edge)->GetCounters();
                NS_TEST_EXPECT_MSG_EQ(
                    now.completed + now.pending, now.sent, "conservation at edge " << edge);
            }
        });
        Simulator::Stop(Seconds(30));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(latenciesS.size(), 200, "all answered");
        return latenciesS;
    }

    static double Mean(const std::vector<double>& values)
    {
        return std::accumulate(values.begin(), values.end(), 0.0) /
               static_cast<double>(values.size());
    }

    void DoRun() override
    {
        const auto udp = UdpMessageSocket::GetTypeId();
        const auto linkS = Run(CreateObject<LinkEdgeAccess>(), udp);
        Simulator::Destroy();
        auto access = CreateObjectWithAttributes<CellEdgeAccess>("UesPerEdge", UintegerValue(3));
        const auto cellS = Run(access, udp);
        // No less than: uplink grant to block 4 slots, decoding 2 slots in each direction, their
        // own slots, all bytes at the highest rate that there is, and the work. A slot is 1 ms.
        const double bytesS = 24e3 * 8 / access->GetNetwork()->MaxRateBps();
        const double leastS = (4 + 2 + 2) * 1e-3 + bytesS + 1e-3;
        NS_TEST_EXPECT_MSG_GT(*std::min_element(cellS.begin(), cellS.end()), leastS, "least");
        // The request waits for an occasion to ask for a grant: up to 10 slots.
        NS_TEST_EXPECT_MSG_GT(Mean(cellS), leastS + 4e-3, "and 5 slots on average");
        NS_TEST_EXPECT_MSG_GT(Mean(cellS), Mean(linkS) + 5e-3, "longer than over the link");
        NS_TEST_EXPECT_MSG_LT(Mean(cellS), 0.06, "but not by much");
        Simulator::Destroy();
        const auto tcpS = Run(CreateObject<CellEdgeAccess>(), TcpMessageSocket::GetTypeId());
        NS_TEST_EXPECT_MSG_GT(Mean(tcpS), Mean(cellS), "windows grow by the radio's round trips");
        Simulator::Destroy();
    }
};

/** What cannot be built. */
class BadEdgeCloudTestCase : public TestCase
{
  public:
    BadEdgeCloudTestCase()
        : TestCase("weights that do not fit are refused")
    {
    }

  private:
    void DoRun() override
    {
        EdgeCloudConfig config;
        config.weights = {1, 2};
        auto network = CreateObject<EdgeCloudNetwork>();
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>(
                [&] { network->Build(config, CreateObject<LinkEdgeAccess>()); }),
            "weights has 2 numbers of sum 3.000000; one for each of 6 edges, not all 0, is "
            "required",
            "weights");
        Simulator::Destroy();
    }
};

/** The suite. */
class EdgeCloudTestSuite : public TestSuite
{
  public:
    EdgeCloudTestSuite()
        : TestSuite("slicebed-edge-cloud", Type::UNIT)
    {
        AddTestCase(new RequestSourceTestCase, Duration::QUICK);
        AddTestCase(new SharesTestCase, Duration::QUICK);
        AddTestCase(new AccessTestCase, Duration::QUICK);
        AddTestCase(new BadEdgeCloudTestCase, Duration::QUICK);
    }
};

EdgeCloudTestSuite g_edgeCloudTestSuite;

} // namespace
