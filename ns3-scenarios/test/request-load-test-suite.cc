// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load that follows a mask or a log: requests come at the rates of their interval, or each at its
 * own time; files are read strictly.
 */
#include "test/error-text.h"
#include "topology/edge-cloud-network.h"
#include "topology/link-edge-access.h"
#include "traffic/daily-profile.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <cmath>
#include <fstream>
#include <map>
#include <stdexcept>

using namespace ns3;

namespace
{

/** @return requests that the users of an edge have sent */
double
Sent(Ptr<EdgeCloudNetwork> network, uint32_t edge)
{
    return static_cast<double>(network->GetUsers(edge)->GetCounters().sent);
}

/** Rates by interval and edge. */
class MaskedRateTestCase : public TestCase
{
  public:
    MaskedRateTestCase()
        : TestCase("requests of an interval come at its mask's share of the rate")
    {
    }

  private:
    static constexpr double INTERVAL_S = 20;

    void DoRun() override
    {
        const auto path = CreateTempDirFilename("mask.csv");
        std::ofstream(path) << "step,edge_0,edge_1\n0,0.5,1\n1,1,0.2\n2,0,0.7\n3,0.25,0.25\n";
        EdgeCloudConfig config;
        config.edges = 2;
        config.rateHz = 400;
        config.weights = {3, 1};
        config.meanCycles = 1e5;
        config.mask = TrafficMask::FromCsv(path, EDGE_COLUMNS);
        auto network = CreateObject<EdgeCloudNetwork>();
        network->Build(config, CreateObject<LinkEdgeAccess>());
        std::vector<double> before{0, 0};
        for (uint32_t k = 0; k <= 4; ++k)
        {
            Simulator::Schedule(Seconds(k * INTERVAL_S), [&, k] {
                for (uint32_t edge = 0; k > 0 && edge < 2; ++edge)
                {
                    const double meanHz = edge == 0 ? 300 : 100;
                    const double expected = meanHz * config.mask.Get(k - 1, edge) * INTERVAL_S;
                    // Poisson: four standard deviations.
                    NS_TEST_EXPECT_MSG_EQ_TOL(Sent(network, edge) - before[edge],
                                              expected,
                                              4 * std::sqrt(expected),
                                              "edge " << edge << ", interval " << k - 1);
                    before[edge] = Sent(network, edge);
                }
                if (k < 4)
                {
                    network->BeginInterval(k);
                    NS_TEST_EXPECT_MSG_EQ_TOL(network->GetRateHz(1, Seconds(INTERVAL_S)),
                                              100 * config.mask.Get(k, 1),
                                              1e-9,
                                              "rate told");
                }
            });
        }
        Simulator::Stop(Seconds(4 * INTERVAL_S));
        Simulator::Run();
        network = nullptr;
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>([&] { TrafficMask::FromCsv(path); }),
            "mask_file " + path + ", line 1: column 'edge_0' is not slice_<id>",
            "of edges, not slices");
        const auto profile = TrafficMask::FromProfile(30, EDGE_COLUMNS);
        NS_TEST_EXPECT_MSG_EQ(profile.Get(2, 0), DailyProfile(0, 32), "edge 0 has class 0");
        NS_TEST_EXPECT_MSG_EQ(profile.Get(0, 5), DailyProfile(5, 30), "edge 5 has class 5");
    }
};

/** A log, repeated. */
class ReplayTestCase : public TestCase
{
  public:
    ReplayTestCase()
        : TestCase("each request of a log comes once, at its time, to its edge, with its work")
    {
    }

  private:
    void DoRun() override
    {
        const auto path = CreateTempDirFilename("arrivals.csv");
        std::ofstream(path) << "time_s,edge,cycles\n0,1,5000000\n0.25,0,1\n0.25,0,2000000\n"
                               "1.5,1,7000000\n2,0,3000000\n";
        EdgeCloudConfig config;
        config.edges = 2;
        config.arrivals = ReadArrivals(path, 2);
        NS_TEST_ASSERT_MSG_EQ(config.arrivals.size(), 5, "requests");
        auto network = CreateObject<EdgeCloudNetwork>();
        network->Build(config, CreateObject<LinkEdgeAccess>());
        // When a request was sent is when it was answered, less its latency.
        std::map<int64_t, uint32_t> sentAtUs;
        for (uint32_t edge = 0; edge < 2; ++edge)
        {
            network->GetUsers(edge)->TraceConnectWithoutContext(
                "Completed", Callback<void, uint64_t, Time>([&, edge](uint64_t, Time latency) {
                    sentAtUs[(Simulator::Now() - latency).GetMicroSeconds()] += edge == 0 ? 1 : 10;
                }));
        }
        Simulator::Schedule(Seconds(10), [&] {
            network->SetShares({1, 1}, {0.5, 0.5, 0}); // all stay where they come
            network->BeginInterval(0);
            NS_TEST_EXPECT_MSG_EQ_TOL(network->GetRateHz(0, Seconds(2)), 1.0, 1e-12, "2 in 2 s");
            NS_TEST_EXPECT_MSG_EQ_TOL(network->GetRateHz(1, Seconds(2)), 1.0, 1e-12, "2 in 2 s");
        });
        Simulator::Schedule(Seconds(11.5), [&] {
            network->BeginInterval(1);
            NS_TEST_EXPECT_MSG_EQ_TOL(network->GetRateHz(1, Seconds(1)), 1.0, 1e-12, "the last");
        });
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        const std::map<int64_t, uint32_t> expected{
            {10'000'000, 10}, {10'250'000, 2}, {11'500'000, 10}, {12'000'000, 1}};
        NS_TEST_EXPECT_MSG_EQ((sentAtUs == expected), true, "times and edges");
        const double busyS = network->GetServer(0)->GetCounters().busyCoreS;
        NS_TEST_EXPECT_MSG_EQ_TOL(busyS, (1 + 2e6 + 3e6) / 1e9, 1e-8, "work at edge 0");
        network = nullptr;
        Simulator::Destroy();
    }
};

/** Logs that cannot be repeated. */
class BadArrivalsTestCase : public TestCase
{
  public:
    BadArrivalsTestCase()
        : TestCase("a log that is damaged is refused with its place")
    {
    }

  private:
    void ExpectRefused(const std::string& text, const std::string& message)
    {
        const auto path = CreateTempDirFilename("arrivals.csv");
        std::ofstream(path) << text;
        const auto said =
            slicebed::ErrorText<std::invalid_argument>([&] { ReadArrivals(path, 6); });
        NS_TEST_EXPECT_MSG_NE(
            said.find(message), std::string::npos, "'" << said << "' says '" << message << "'");
    }

    void DoRun() override
    {
        const std::string header = "time_s,edge,cycles\n";
        ExpectRefused("", "not a readable, non-empty file");
        ExpectRefused(header, "no requests; at least one is required");
        ExpectRefused("time,edge,cycles\n", "line 1: the header is 'time_s,edge,cycles', not");
        ExpectRefused(header + "1,2\n", "line 2: 2 columns; 3 are right");
        ExpectRefused(header + "nan,2,5\n", "line 2: time_s is 'nan'; a number from 0 to 1e9");
        ExpectRefused(header + "-1,2,5\n", "line 2: time_s is '-1'; a number from 0 to 1e9");
        ExpectRefused(header + "1,6,5\n", "line 2: edge is '6'; 0 to 5 is right");
        ExpectRefused(header + "1,0,0\n", "line 2: cycles is '0'; a whole number from 1 to 1e15");
        ExpectRefused(header + "1,0,2.5\n", "line 2: cycles is '2.5'; a whole number");
        ExpectRefused(header + "2,0,5\n1,0,5\n", "line 3: time_s is less than the line's before");
    }
};

/** The suite. */
class RequestLoadTestSuite : public TestSuite
{
  public:
    RequestLoadTestSuite()
        : TestSuite("slicebed-request-load", Type::UNIT)
    {
        AddTestCase(new MaskedRateTestCase, Duration::QUICK);
        AddTestCase(new ReplayTestCase, Duration::QUICK);
        AddTestCase(new BadArrivalsTestCase, Duration::QUICK);
    }
};

RequestLoadTestSuite g_requestLoadTestSuite;

} // namespace
