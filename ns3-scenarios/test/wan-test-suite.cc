// SPDX-License-Identifier: GPL-2.0-only
/*
 * The WAN: background traffic has its mean from the start and follows its trace; a round trip over
 * an unloaded path takes what its closed form says.
 */
#include "studies/rtt-probe.h"
#include "studies/slice-flow.h"
#include "test/error-text.h"
#include "transport/edge-cloud-path.h"
#include "transport/trace-traffic.h"

#include "ns3/double.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <functional>
#include <numeric>

using namespace ns3;
using slicebed::ErrorText;

namespace
{

/** Runs to a time. */
void
RunUntil(Time end)
{
    Simulator::Stop(end);
    Simulator::Run();
}

/** Poisson-Pareto bursts: number of bursts and bytes sent. */
class PpbpTestCase : public TestCase
{
  public:
    PpbpTestCase()
        : TestCase("Poisson-Pareto bursts have their mean, from the start")
    {
    }

  private:
    void DoRun() override
    {
        // 400 bursts of 10 kbit/s; 300 s; m = 1/30 s. By the class's formula the relative standard
        // error of the mean is sqrt(16/9 sqrt(1/9000) / 400) = 0.68 %: 2 % is three times that.
        ShapedLink shaped(DataRate("100Mbps"), Time(0));
        shaped.queueDisc->AddSlice(0, DataRate("100Mbps"));
        auto traffic = shaped.link->AddBackground(0, 0.04);
        traffic->SetAttribute("BurstRate", DataRateValue(DataRate("10kbps")));
        traffic->SetAttribute("MeanBurst", TimeValue(MilliSeconds(100)));
        NS_TEST_EXPECT_MSG_EQ(traffic->AssignStreams(1), 4, "streams");
        NS_TEST_EXPECT_MSG_EQ_TOL(traffic->GetMeanBursts(), 400, 1e-9, "mean number");
        constexpr double SECONDS = 300;
        double first = 0;
        double sum = 0;
        double squares = 0;
        uint32_t samples = 0;
        std::function<void()> sample = [&] {
            const auto bursts = static_cast<double>(traffic->GetBursts());
            first = samples == 0 ? bursts : first;
            sum += bursts;
            squares += bursts * bursts;
            ++samples;
            Simulator::Schedule(MilliSeconds(100), [&] { sample(); });
        };
        Simulator::Schedule(NanoSeconds(1), [&] { sample(); });
        RunUntil(Seconds(SECONDS));
        const double mean = sum / samples;
        NS_TEST_EXPECT_MSG_EQ_TOL(first, 400, 4 * 20, "at the start: Poisson, four sigma");
        NS_TEST_EXPECT_MSG_EQ_TOL(mean / 400, 1, 0.02, "mean number of bursts");
        // A Poisson number's variance is its mean. A burst lasts 0.1 s, some much longer: of 3000
        // samples some 500 tell something new, hence sqrt(2/500) = 6 %, three times.
        NS_TEST_EXPECT_MSG_EQ_TOL((squares / samples - mean * mean) / 400, 1, 0.2, "variance");
        const double rateBps = 8.0 * static_cast<double>(traffic->GetSentBytes()) / SECONDS;
        NS_TEST_EXPECT_MSG_EQ_TOL(rateBps / 4e6, 1, 0.02, "mean rate");
        // Sent follows the bursts: to the error of sampling them each 100 ms.
        NS_TEST_EXPECT_MSG_EQ_TOL(rateBps / (mean * 1e4), 1, 0.002, "bytes follow bursts");
        Simulator::Destroy();
    }
};

/** A trace is followed exactly, again and again. */
class TraceTestCase : public TestCase
{
  public:
    TraceTestCase()
        : TestCase("a trace of rates is followed to one packet, over and over")
    {
    }

  private:
    void DoRun() override
    {
        ShapedLink shaped(DataRate("100Mbps"), Time(0));
        shaped.queueDisc->AddSlice(0, DataRate("100Mbps"));
        auto traffic = CreateObject<TraceTraffic>();
        traffic->SetRemote(InetSocketAddress(shaped.link->GetAddress(1), 9));
        traffic->SetTrace({1e6, 0, 8e6}, Seconds(1));
        traffic->AssignStreams(1);
        shaped.nodes[0]->AddApplication(traffic);
        uint32_t least = 1500;
        uint32_t most = 1000;
        traffic->TraceConnectWithoutContext("Sent", Callback<void, uint32_t>([&](uint32_t bytes) {
                                                least = std::min(least, bytes);
                                                most = std::max(most, bytes);
                                            }));
        std::vector<double> sent;
        for (int border = 0; border <= 6; ++border)
        {
            Simulator::Schedule(Seconds(border), [&] {
                sent.push_back(static_cast<double>(traffic->GetSentBytes()));
            });
        }
        RunUntil(Seconds(6.5));
        const double bytes[] = {125e3, 0, 1e6, 125e3, 0, 1e6};
        for (size_t i = 0; i < 6; ++i)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(sent[i + 1] - sent[i], bytes[i], 1500, "interval " << i);
        }
        NS_TEST_EXPECT_MSG_EQ_TOL(least, 1000, 5, "sizes from 1000 bytes");
        NS_TEST_EXPECT_MSG_EQ_TOL(most, 1500, 5, "to 1500 bytes");
        Simulator::Destroy();
    }
};

/** Round trips over the WAN. */
class RttTestCase : public TestCase
{
  public:
    RttTestCase()
        : TestCase("the unloaded round trip is propagation and serialisation; load adds to it")
    {
    }

  private:
    void DoRun() override
    {
        const auto unloaded = Run(0);
        // There and back: 1 ms + 20.222 ms, and 86 bytes at 1 Gbit/s and at 100 Mbit/s.
        const double expectedMs = 2 * (1 + 20.222 + 86 * 8 / 1e6 + 86 * 8 / 1e5);
        for (const double rttS : unloaded)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(1e3 * rttS, expectedMs, 1e-5, "closed form");
        }
        NS_TEST_EXPECT_MSG_EQ_TOL(expectedMs, 42.46, 0.005, "the default");
        const auto loaded = Run(0.6);
        NS_TEST_EXPECT_MSG_EQ_TOL(
            1e3 * *std::min_element(loaded.begin(), loaded.end()), expectedMs, 0.01, "sometimes");
        // At 0.6 a probe has a packet before it on the wire three times in five, 1250 bytes on
        // average; it waits for (E[B^2] / E[B] / 2) 6 % longer than half of that, and longer where
        // bursts come together.
        const double mean = std::accumulate(loaded.begin(), loaded.end(), 0.0) / loaded.size();
        NS_TEST_EXPECT_MSG_GT(1e3 * mean - expectedMs, 0.6 * 0.05, "waits");
    }

    std::vector<double> Run(double load)
    {
        auto edge = CreateObject<Node>();
        auto cloud = CreateObject<Node>();
        InternetStackHelper().Install(edge);
        InternetStackHelper().Install(cloud);
        auto path = CreateObject<EdgeCloudPath>();
        path->Join(edge, cloud);
        if (load > 0)
        {
            path->GetWan()->AddBackground(0, load)->AssignStreams(1);
        }
        RttProbe probe(edge, cloud, path->GetWan()->GetAddress(1), MilliSeconds(20));
        RunUntil(Seconds(10));
        Simulator::Destroy();
        return probe.GetRttsS();
    }
};

/** Bad input is refused in words. */
class BadTrafficTestCase : public TestCase
{
  public:
    BadTrafficTestCase()
        : TestCase("bad traffic and links are refused, with name, value and what would be right")
    {
    }

  private:
    void DoRun() override
    {
        Traffic();
        Link();
        Simulator::Destroy();
    }

    void Traffic()
    {
        auto traffic = CreateObject<TraceTraffic>();
        Expect([&] { traffic->SetTrace({}, Seconds(1)); },
               "the trace is empty; at least one rate is required");
        Expect([&] { traffic->SetTrace({1, -2}, Seconds(1)); },
               "entry 1 of the trace is -2 bit/s; a finite number >= 0 is required");
        Expect([&] { traffic->SetTrace({1}, Seconds(0)); }, "more than 0 is required");
        ExpectAtStart("BurstRate",
                      DataRateValue(DataRate(0)),
                      "BurstRate is 0 bit/s; more than 0 is required");
        ExpectAtStart("MinPacketBytes",
                      UintegerValue(1501),
                      "MinPacketBytes is 1501; at most MaxPacketBytes, 1500, is required");
        auto bursts = CreateObject<PpbpTraffic>();
        NS_TEST_EXPECT_MSG_EQ(bursts->SetAttributeFailSafe("Shape", DoubleValue(2)),
                              false,
                              "no long-range dependence");
        NS_TEST_EXPECT_MSG_EQ(
            bursts->SetAttributeFailSafe("Shape", DoubleValue(1)), false, "no mean");
    }

    /** Expects background traffic with an attribute to be refused when it starts. */
    void
    ExpectAtStart(const std::string& name, const AttributeValue& value, const std::string& message)
    {
        ShapedLink shaped(DataRate("1Mbps"), Time(0));
        shaped.queueDisc->AddSlice(0, DataRate("1Mbps"));
        shaped.link->AddBackground(0, 0.5)->SetAttribute(name, value);
        Expect([] { RunUntil(Seconds(1)); }, message);
        Simulator::Destroy();
    }

    void Link()
    {
        auto link = CreateObject<WanLink>();
        auto bare = CreateObject<Node>();
        Expect([&] { link->GetDevice(0); }, "the link joins no nodes yet; Join does that");
        Expect([&] { link->GetDevice(2); }, "end 2 of a link; it has 0 and 1");
        Expect([&] { link->Join(bare, bare, "10.0.0.0"); }, "a link joins two nodes");
        Expect([&] { link->Join(bare, CreateObject<Node>(), "10.0.0.0"); },
               "has no internet stack; install one first");
        ShapedLink shaped(DataRate("1Mbps"), Time(0));
        Expect([&] { shaped.link->AddBackground(0, 1.5); },
               "background load is 1.500000; a share from 0 to 1 is required");
        Expect([&] { shaped.link->AddBackground(0, std::nan("")); }, "background load is nan");
    }

    void Expect(const std::function<void()>& call, const std::string& message)
    {
        const auto said = ErrorText<std::invalid_argument>(call);
        NS_TEST_EXPECT_MSG_NE(
            said.find(message), std::string::npos, "'" << said << "' says '" << message << "'");
    }
};

/** The suite. */
class WanTestSuite : public TestSuite
{
  public:
    WanTestSuite()
        : TestSuite("slicebed-wan", Type::UNIT)
    {
        AddTestCase(new PpbpTestCase, Duration::QUICK);
        AddTestCase(new TraceTestCase, Duration::QUICK);
        AddTestCase(new RttTestCase, Duration::QUICK);
        AddTestCase(new BadTrafficTestCase, Duration::QUICK);
    }
};

const WanTestSuite g_wanTestSuite; //!< registers itself

} // namespace
