// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows of many users: Poisson arrivals, bounded Pareto sizes, and sums that are exact.
 */
#include "traffic/poisson-flow-source.h"

#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <numeric>

using namespace ns3;

namespace
{

constexpr uint32_t HEADER_BYTES = 28;
constexpr double PACKET_BYTES = 1200 + HEADER_BYTES;

/** Base: a source that counts. */
class FlowTestCase : public TestCase
{
  public:
    using TestCase::TestCase;

  protected:
    Ptr<PoissonFlowSource> MakeSource()
    {
        auto node = CreateObject<Node>();
        InternetStackHelper().Install(node);
        auto source = CreateObjectWithAttributes<PoissonFlowSource>("HeaderBytes",
                                                                    UintegerValue(HEADER_BYTES));
        source->SetRemote(InetSocketAddress(Ipv4Address::GetLoopback(), 9));
        source->AssignStreams(1);
        node->AddApplication(source);
        source->TraceConnectWithoutContext("Sent", Callback<void, uint32_t>([this](uint32_t bytes) {
                                               m_bytes += bytes + HEADER_BYTES;
                                               NS_TEST_EXPECT_MSG_LT_OR_EQ(bytes, 1200, "payload");
                                           }));
        m_bytes = 0;
        return source;
    }

    double m_bytes{0}; //!< sent, headers included
};

/** What flows are. */
class FlowLawsTestCase : public FlowTestCase
{
  public:
    FlowLawsTestCase()
        : FlowTestCase("flows come as a Poisson process and have bounded Pareto sizes")
    {
    }

  private:
    void DoRun() override
    {
        auto source = MakeSource();
        std::vector<double> arrivals(1000, 0); // in each 100 ms
        std::vector<double> sizes;
        source->TraceConnectWithoutContext(
            "FlowBegins", Callback<void, double>([&](double bytes) {
                ++arrivals.at(static_cast<size_t>(Simulator::Now().GetSeconds() / 0.1));
                sizes.push_back(bytes);
            }));
        std::vector<double> rates; // in each 100 ms [Mbit/s]
        double before = 0;
        for (int i = 1; i <= 1000; ++i)
        {
            Simulator::Schedule(MilliSeconds(100 * i), [&] {
                rates.push_back((m_bytes - before) * 8 / 0.1 / 1e6);
                before = m_bytes;
            });
        }
        Simulator::ScheduleNow([&] { source->Offer(10e6 * 100, Seconds(100)); });
        Simulator::Stop(Seconds(100));
        Simulator::Run();
        // Bounded Pareto with L = 10 kB, H = 1 MB, a = 1.2: mean
        // L a / (a - 1) (1 - (L/H)^(a-1)) / (1 - (L/H)^a) = 36.27 kB, of 125 MB: 3446 flows. Sizes
        // vary much, so their number does: 2.5 relative standard deviations of a size / sqrt(3446).
        const auto flows = static_cast<double>(sizes.size());
        NS_TEST_EXPECT_MSG_EQ_TOL(flows, 3446, 400, "flows");
        const auto [least, largest] = std::minmax_element(sizes.begin(), sizes.end());
        NS_TEST_EXPECT_MSG_EQ((*least >= 10e3 && *largest <= 1e6), true, "sizes in bounds");
        // P(size > 100 kB) = (0.1^a - 0.01^a) / (1 - 0.01^a) = 0.0594, sd 0.004.
        const auto large = static_cast<double>(
            std::count_if(sizes.begin(), sizes.end(), [](double size) { return size > 100e3; }));
        NS_TEST_EXPECT_MSG_EQ_TOL(large / flows, 0.0594, 0.016, "tail");
        // Counts of a Poisson process have the variance of their mean, here to sqrt(2/1000) = 4.5
        // %.
        NS_TEST_EXPECT_MSG_EQ_TOL(Variance(arrivals) / Mean(arrivals), 1, 0.18, "dispersion");
        // The number of flows on is Poisson distributed with mean 10: sd 3.2 Mbit/s, less what
        // 100 ms average away and what is not stationary yet in the first seconds.
        const double deviation = std::sqrt(Variance(rates));
        NS_TEST_EXPECT_MSG_EQ((deviation > 2 && deviation < 3.6), true, deviation << " Mbit/s");
        Simulator::Destroy();
    }

    static double Mean(const std::vector<double>& x)
    {
        return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    }

    static double Variance(const std::vector<double>& x)
    {
        const double mean = Mean(x);
        return std::accumulate(
                   x.begin(),
                   x.end(),
                   0.0,
                   [&](double sum, double one) { return sum + (one - mean) * (one - mean); }) /
               static_cast<double>(x.size() - 1);
    }
};

/** What they add up to. */
class FlowSumsTestCase : public FlowTestCase
{
  public:
    FlowSumsTestCase()
        : FlowTestCase("each offer is sent in its time, to a packet a flow")
    {
    }

  private:
    void DoRun() override
    {
        auto source = MakeSource();
        // Loads [Mbit/s] of intervals of 5 s: up, down, nothing, very little, much.
        const std::vector<double> loadsMbps{8, 20, 0.3, 12, 0, 0.05, 5, 40, 1};
        std::vector<double> before{0};
        std::vector<double> flows{0};
        for (size_t k = 0; k < loadsMbps.size(); ++k)
        {
            Simulator::Schedule(Seconds(5 * k),
                                [&, k] { source->Offer(loadsMbps[k] * 1e6 * 5, Seconds(5)); });
            Simulator::Schedule(Seconds(5 * (k + 1)) - NanoSeconds(1), [&] {
                before.push_back(m_bytes);
                flows.push_back(static_cast<double>(source->GetFlows()));
            });
        }
        Simulator::Stop(Seconds(5 * loadsMbps.size()));
        Simulator::Run();
        double totalBytes = 0;
        for (size_t k = 0; k < loadsMbps.size(); ++k)
        {
            const double bytes = loadsMbps[k] * 1e6 * 5 / 8;
            totalBytes += bytes;
            const double unfinished = PACKET_BYTES * (1 + std::max(flows[k], flows[k + 1]));
            NS_TEST_EXPECT_MSG_EQ_TOL(before[k + 1] - before[k], bytes, unfinished, "offer " << k);
        }
        NS_TEST_EXPECT_MSG_EQ_TOL(
            m_bytes, totalBytes, PACKET_BYTES * (1 + flows.back()), "nothing is lost on the way");
        Cease(source);
        Simulator::Destroy();
    }

    /** Nothing comes after Cease(), not even of what is on. */
    void Cease(Ptr<PoissonFlowSource> source)
    {
        source->Offer(10e6, Seconds(1));
        Simulator::Stop(Seconds(0.5));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_GT(source->GetFlows(), 0, "some are on");
        const double bytes = m_bytes;
        source->Cease();
        Simulator::Stop(Seconds(1));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(source->GetFlows(), 0, "none is on");
        NS_TEST_EXPECT_MSG_EQ(m_bytes, bytes, "sent after the end");
    }
};

/** The suite. */
class FlowTestSuite : public TestSuite
{
  public:
    FlowTestSuite()
        : TestSuite("slicebed-flow", Type::UNIT)
    {
        AddTestCase(new FlowLawsTestCase, Duration::QUICK);
        AddTestCase(new FlowSumsTestCase, Duration::QUICK);
    }
};

const FlowTestSuite g_flowTestSuite; //!< registers itself

} // namespace
