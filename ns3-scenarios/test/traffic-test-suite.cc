// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offered load and its mask: the source sends exactly what it was told to, spread over the time it
 * was told; the mask reads its file strictly; the embedded profile is a weekly pattern in [0, 1].
 */
#include "traffic/daily-profile.h"
#include "traffic/offered-load-source.h"
#include "traffic/traffic-mask.h"

#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <fstream>

using namespace ns3;

namespace
{

/** What is offered is what is sent, for loads from less than a packet to many. */
class OfferedLoadTestCase : public TestCase
{
  public:
    OfferedLoadTestCase()
        : TestCase("the source sends what it was told to offer")
    {
    }

  private:
    struct TestVector
    {
        double bits;      //!< offered in 1 s
        uint32_t packets; //!< expected
    };

    void DoRun() override
    {
        // 1000-byte packets: 8000 bit each.
        for (const auto& [bits, packets] : std::vector<TestVector>{
                 {8000, 1}, {8008, 2}, {400e3, 50}, {404e3, 51}, {2.4e6, 300}, {0, 0}, {88, 0}})
        {
            Run(bits, packets);
        }
        CarryOver();
    }

    Ptr<OfferedLoadSource> MakeSource()
    {
        auto node = CreateObject<Node>();
        InternetStackHelper().Install(node);
        auto source =
            CreateObjectWithAttributes<OfferedLoadSource>("MaxPacketBytes", UintegerValue(1000));
        source->SetRemote(InetSocketAddress(Ipv4Address::GetLoopback(), 9));
        source->AssignStreams(1);
        node->AddApplication(source);
        source->TraceConnectWithoutContext("Sent", MakeCallback(&OfferedLoadTestCase::Sent, this));
        m_times.clear();
        m_bytes = 0;
        return source;
    }

    void Sent(uint32_t bytes)
    {
        m_times.push_back(Simulator::Now().GetSeconds());
        m_bytes += bytes;
    }

    void Run(double bits, uint32_t packets)
    {
        auto source = MakeSource();
        Simulator::Schedule(Seconds(1), [source, bits] { source->Offer(bits, Seconds(1)); });
        Simulator::Stop(Seconds(5));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(m_times.size(), packets, "packets for " << bits << " bit");
        // Each packet is cut to whole bytes, so at most a byte a packet stays behind.
        NS_TEST_EXPECT_MSG_EQ((packets == 0 || bits / 8 - m_bytes < packets), true, "bytes sent");
        NS_TEST_EXPECT_MSG_EQ((m_bytes <= bits / 8), true, "never more than offered");
        for (size_t i = 0; i < m_times.size(); ++i)
        {
            const double from = 1 + static_cast<double>(i) / packets;
            const double to = from + 1.0 / packets;
            NS_TEST_EXPECT_MSG_EQ((m_times[i] >= from - 1e-9 && m_times[i] <= to + 1e-9),
                                  true,
                                  "packet " << i << " at " << m_times[i]
                                            << " is in its part of the second");
        }
        Simulator::Destroy();
    }

    /** Too little for a packet is not lost but sent later. */
    void CarryOver()
    {
        auto source = MakeSource();
        for (int k = 0; k < 10; ++k)
        {
            Simulator::Schedule(Seconds(1 + k), [source] { source->Offer(88, Seconds(1)); });
        }
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ_TOL(
            m_bytes, 110, 12, "11 bytes ten times, all but one header's worth");
        Simulator::Destroy();
    }

    std::vector<double> m_times; //!< when packets were sent [s]
    double m_bytes{0};           //!< payload sent
};

/** The file form of the mask. */
class MaskFileTestCase : public TestCase
{
  public:
    MaskFileTestCase()
        : TestCase("a mask file is read exactly or refused with its place")
    {
    }

  private:
    void DoRun() override
    {
        const auto mask = Read("step,slice_1,slice_4\n0,0.25,1\n1,0,0.125\n");
        NS_TEST_EXPECT_MSG_EQ(mask.Get(0, 1), 0.25, "row 0");
        NS_TEST_EXPECT_MSG_EQ(mask.Get(1, 4), 0.125, "row 1");
        mask.Require(2, {1, 4});

        ExpectRefused("step,slice_1\n0,1.5\n",
                      "line 2: slice_1 is '1.5'; a number between 0 and 1 is required");
        ExpectRefused("step,slice_1\n0,nan\n",
                      "line 2: slice_1 is 'nan'; a number between 0 and 1 is required");
        ExpectRefused("step,slice_1\n0,0.5,0.5\n", "line 2: 3 columns; the header has 2");
        ExpectRefused("step,slice_1\n0,0.5\n2,0.5\n", "line 3: step is '2'; 1 comes next");
        ExpectRefused("step,video\n", "line 1: column 'video' is not slice_<id>");
        ExpectRefused("time,slice_1\n", "line 1: the header is 'step,slice_<id>,...'");
        ExpectRefused("", "not a readable, non-empty file");
        ExpectThrow([&] { mask.Require(3, {1}); }, "has 2 intervals; steps=3 needs as many");
        ExpectThrow([&] { mask.Require(2, {2}); }, "has no column slice_2");
    }

    TrafficMask Read(const std::string& text)
    {
        const auto path = CreateTempDirFilename("mask.csv");
        std::ofstream(path) << text;
        return TrafficMask::FromCsv(path);
    }

    void ExpectRefused(const std::string& text, const std::string& message)
    {
        ExpectThrow([&] { Read(text); }, message);
    }

    template <typename F>
    void ExpectThrow(F&& call, const std::string& message)
    {
        std::string said = "nothing thrown";
        try
        {
            call();
        }
        catch (const std::invalid_argument& error)
        {
            said = error.what();
        }
        NS_TEST_EXPECT_MSG_NE(
            said.find(message), std::string::npos, "'" << said << "' says '" << message << "'");
    }
};

/** The embedded profile. */
class DailyProfileTestCase : public TestCase
{
  public:
    DailyProfileTestCase()
        : TestCase("the embedded profile repeats weekly, peaks at 1 and rests at night")
    {
    }

  private:
    void DoRun() override
    {
        for (uint32_t service = 0; service < 4; ++service)
        {
            double peak = 0;
            double night = 0;
            double evening = 0;
            for (uint32_t i = 0; i < INTERVALS_PER_WEEK; ++i)
            {
                const double value = DailyProfile(service, i);
                NS_TEST_EXPECT_MSG_EQ((value >= 0 && value <= 1), true, "in [0, 1] at " << i);
                NS_TEST_EXPECT_MSG_EQ(
                    value, DailyProfile(service, i + INTERVALS_PER_WEEK), "repeats at " << i);
                peak = std::max(peak, value);
                const uint32_t hour = i % INTERVALS_PER_DAY / 4;
                night += hour == 4 ? value : 0;
                evening += hour == 18 ? value : 0;
            }
            // The peak lies between two samples at most: within 2 % of 1.
            NS_TEST_EXPECT_MSG_EQ_TOL(peak, 1, 0.02, "peak of class " << service);
            NS_TEST_EXPECT_MSG_LT(night, evening, "4 h is quieter than 18 h");
        }
        NS_TEST_EXPECT_MSG_EQ(TrafficMask::FromProfile(5).Get(3, 2),
                              DailyProfile(1, 8),
                              "slice 2 is class 1, counted from the first interval");
        const auto fine =
            TrafficMask::FromProfile(84, SLICE_COLUMNS, 3); // 5 minutes an interval: 7:00
        NS_TEST_EXPECT_MSG_EQ(fine.Get(3, 2), DailyProfile(1, 29), "15 minutes later");
        // The morning rises.
        NS_TEST_EXPECT_MSG_GT(fine.Get(1, 2), fine.Get(0, 2), "5 minutes later");
        NS_TEST_EXPECT_MSG_LT(fine.Get(1, 2), fine.Get(2, 2), "10 minutes later");
        NS_TEST_EXPECT_MSG_LT(fine.Get(2, 2), fine.Get(3, 2), "15 minutes later");
    }
};

/** The suite. */
class TrafficTestSuite : public TestSuite
{
  public:
    TrafficTestSuite()
        : TestSuite("slicebed-traffic", Type::UNIT)
    {
        AddTestCase(new OfferedLoadTestCase, Duration::QUICK);
        AddTestCase(new MaskFileTestCase, Duration::QUICK);
        AddTestCase(new DailyProfileTestCase, Duration::QUICK);
    }
};

const TrafficTestSuite g_trafficTestSuite; //!< registers itself

} // namespace
