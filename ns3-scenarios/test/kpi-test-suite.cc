// SPDX-License-Identifier: GPL-2.0-only
/*
 * KPIs of one slice in one cell against hand-computed numbers: rates, delays, percentiles, loss and
 * QoS satisfaction, and their values where nothing was offered or nothing delivered.
 */
#include "kpi/interval-meter.h"
#include "kpi/log-histogram.h"
#include "kpi/packet-meter.h"
#include "kpi/qos-satisfaction.h"
#include "test/error-text.h"

#include "ns3/test.h"

#include <limits>
#include <stdexcept>

using namespace ns3;

namespace
{

/** Satisfaction r at the corners of its definition. */
class QosSatisfactionTestCase : public TestCase
{
  public:
    QosSatisfactionTestCase()
        : TestCase("QoS satisfaction at the corners of its definition")
    {
    }

  private:
    struct TestVector
    {
        std::string what;
        QosMeasured measured;
        double r;
    };

    void DoRun() override
    {
        const QosTarget target{.throughputBps = 2e6, .delayS = 0.1};
        const std::vector<TestVector> vectors{
            {"all met", {2e6, 2.4e6, 0.05, true, false}, 1},
            {"more than the target", {2.4e6, 2.4e6, 0.05, true, true}, 1},
            {"half the throughput", {1e6, 2.4e6, 0.05, true, false}, 0.5},
            {"four times the delay", {2e6, 2.4e6, 0.4, true, false}, 0.25},
            {"the worse of both", {1e6, 2.4e6, 0.4, true, false}, 0.25},
            {"asks for little, gets it all", {0.49e6, 0.5e6, 0.01, true, true}, 1},
            {"asks for little, gets half", {0.25e6, 0.5e6, 0.01, true, false}, 0.5},
            {"nothing offered", {0, 0, 0, false, true}, 1},
            {"nothing delivered", {0, 1e6, 10, false, false}, 0},
            {"delay of nothing measured", {2e6, 2e6, 0, true, true}, 1},
        };
        for (const auto& vector : vectors)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(
                QosSatisfaction(target, vector.measured), vector.r, 1e-12, vector.what);
        }
    }
};

/** A window with twenty packets of known delay and counters of known difference. */
class IntervalMeterTestCase : public TestCase
{
  public:
    IntervalMeterTestCase()
        : TestCase("KPIs of a window with known packets")
    {
    }

  private:
    void DoRun() override
    {
        IntervalMeter meter;
        meter.NoteSent(1000); // before the window: not in its rates, but in the totals
        meter.NoteReceived(1000, MilliSeconds(500));
        SliceCounters base{};
        base.prbSlots = 100;
        base.deliveredSdus = 1;
        base.delaySumS = 0.5;
        base.cqiSum = 70;
        base.cqiCount = 10;
        meter.Begin(base);
        for (int i = 1; i <= 20; ++i)
        {
            meter.NoteSent(1000);
            meter.NoteReceived(1000, MilliSeconds(i));
        }
        for (int i = 0; i < 5; ++i)
        {
            meter.NoteSent(1000);
        }
        meter.NoteLost();
        SliceCounters now = base;
        now.prbSlots += 8000;
        now.deliveredSdus += 20;
        now.delaySumS += 0.1;
        now.droppedSdus[0] += 2;
        now.activeUeSeconds += 0.4;
        now.cqiSum += 30;
        now.cqiCount += 4;
        // 0.8 s of 1 ms slots; 2 users.
        const auto kpi = meter.End(now, 2400, 2, 800, 0.8, {.throughputBps = 1e6, .delayS = 0.005});

        // 20 x 1000 byte x 8 / 0.8 s / 2 users
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.thpDlBps, 100e3, 1e-6, "throughput per user");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.offeredBps, 250e3, 1e-6, "25 packets offered");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.delayE2eS, 0.0105, 1e-12, "mean of 1..20 ms");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.delayE2eP95S, 0.019, 1e-8, "19th of 20 (stored as float)");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.delayDlS, 0.005, 1e-12, "0.1 s over 20 SDUs");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.prbUsedDl, 10, 1e-12, "8000 PRBs in 800 slots");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.activeUe, 0.5, 1e-12, "0.4 s of 0.8 s");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.cqi, 7.5, 1e-12, "30 / 4");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.loss, 3.0 / 25, 1e-12, "two in the cell, one before it");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.bufferBytes, 2400, 0, "as given");
        // throughput: 100 kbit/s of min(1 Mbit/s, 125 kbit/s) = 0.8; delay: 5 / 10.5 ms
        NS_TEST_EXPECT_MSG_EQ_TOL(kpi.r, 5.0 / 10.5, 1e-9, "the delay binds");
        NS_TEST_EXPECT_MSG_EQ(meter.GetSentPackets(), 26, "totals count all");
        NS_TEST_EXPECT_MSG_EQ(meter.GetReceivedPackets(), 21, "totals count all");
        NS_TEST_EXPECT_MSG_EQ(meter.GetLostPackets(), 1, "totals count all");
    }
};

/** The ends of the scale. */
class EmptyWindowTestCase : public TestCase
{
  public:
    EmptyWindowTestCase()
        : TestCase("a window without offer, and one without delivery")
    {
    }

  private:
    void DoRun() override
    {
        const QosTarget target{.throughputBps = 1e6, .delayS = 0.1};
        IntervalMeter meter;
        meter.Begin({});
        auto kpi = meter.End({}, 0, 4, 800, 0.8, target);
        NS_TEST_EXPECT_MSG_EQ(kpi.r, 1, "nothing asked, nothing missed");
        NS_TEST_EXPECT_MSG_EQ(kpi.delayE2eS, 0, "no packet, no delay");
        NS_TEST_EXPECT_MSG_EQ(kpi.loss, 0, "no packet, no loss");

        meter.Begin({});
        meter.NoteSent(100);
        kpi = meter.End({}, 100, 4, 800, 0.8, target);
        NS_TEST_EXPECT_MSG_EQ(kpi.r, 0, "asked and nothing came");
        NS_TEST_EXPECT_MSG_EQ(kpi.delayE2eS, IntervalMeter::MAX_DELAY_S, "stands at the bound");
        NS_TEST_EXPECT_MSG_EQ(kpi.delayE2eP95S, IntervalMeter::MAX_DELAY_S, "stands at the bound");
        NS_TEST_EXPECT_MSG_EQ(kpi.delayDlS, IntervalMeter::MAX_DELAY_S, "stands at the bound");

        // A backlog of an earlier window and nothing sent now: still nothing came.
        meter.Begin({});
        kpi = meter.End({}, 100, 4, 800, 0.8, target);
        NS_TEST_EXPECT_MSG_EQ(kpi.delayE2eS, IntervalMeter::MAX_DELAY_S, "one packet waits");
    }
};

/** Bins whose edges grow by a factor. */
class LogHistogramTestCase : public TestCase
{
  public:
    LogHistogramTestCase()
        : TestCase("a histogram counts each value once, in the bin that holds it")
    {
    }

  private:
    void DoRun() override
    {
        // Two decades of two bins: 0, 1, 3.16, 10, 31.6, 100, 1000.
        LogHistogram histogram({.low = 1, .decades = 2, .perDecade = 2, .high = 1000});
        const auto& edges = histogram.GetEdges();
        NS_TEST_ASSERT_MSG_EQ(edges.size(), 7, "edges");
        NS_TEST_EXPECT_MSG_EQ_TOL(edges[2], 3.16227766, 1e-8, "root of ten");
        NS_TEST_EXPECT_MSG_EQ_TOL(edges[4] / edges[2], 10, 1e-12, "a decade");
        for (const double value : {0.0, 0.5, 1.0, 3.0, 3.2, 10.0, 99.9, 100.0, 1000.0, 1e9})
        {
            histogram.Add(value);
        }
        const std::vector<uint64_t> expected{2, 2, 1, 1, 1, 3};
        for (size_t bin = 0; bin < expected.size(); ++bin)
        {
            NS_TEST_EXPECT_MSG_EQ(histogram.GetCounts().at(bin), expected[bin], "bin " << bin);
        }
        const auto nan = std::numeric_limits<double>::quiet_NaN();
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>([&] { histogram.Add(nan); }),
            "value is nan; a number of at least 0 is required",
            "no number");
        NS_TEST_EXPECT_MSG_EQ(slicebed::ErrorText<std::invalid_argument>([] {
                                  LogHistogram({.low = 1, .decades = 1, .perDecade = 1, .high = 5});
                              }),
                              "edge 3 of the bins is 5.000000 after 10.000000; edges that rise are "
                              "required",
                              "edges that fall");
        histogram.Clear();
        NS_TEST_EXPECT_MSG_EQ(histogram.GetCounts().at(0), 0, "cleared");
    }
};

/** The suite. */
/** Packets of a service that is in no cell. */
class PacketMeterTestCase : public TestCase
{
  public:
    PacketMeterTestCase()
        : TestCase("a window of packets, with and without delivery")
    {
    }

  private:
    void DoRun() override
    {
        PacketMeter meter;
        NS_TEST_EXPECT_MSG_EQ(meter.Get().delayS, 0, "no packet, no delay");
        meter.NoteSent(500);
        meter.Begin();
        NS_TEST_EXPECT_MSG_EQ(meter.Get().delayP95S, PacketMeter::MAX_DELAY_S, "one waits");
        meter.NoteReceived(500, Seconds(40));
        NS_TEST_EXPECT_MSG_EQ(meter.Get().delayS, PacketMeter::MAX_DELAY_S, "at the bound");
        meter.Begin();
        for (int i = 1; i <= 40; ++i)
        {
            meter.NoteSent(1000);
            meter.NoteReceived(900, MilliSeconds(41 - i));
        }
        meter.NoteSent(1000);
        meter.NoteDropped();
        const auto reading = meter.Get();
        NS_TEST_EXPECT_MSG_EQ(reading.sentBytes, 41'000, "sent in the window");
        NS_TEST_EXPECT_MSG_EQ(reading.receivedBytes, 36'000, "received in the window");
        NS_TEST_EXPECT_MSG_EQ_TOL(reading.delayS, 0.0205, 1e-12, "mean of 1..40 ms");
        NS_TEST_EXPECT_MSG_EQ_TOL(reading.delayP95S, 0.038, 1e-8, "38th of 40 (stored as float)");
        NS_TEST_EXPECT_MSG_EQ_TOL(reading.loss, 1.0 / 41, 1e-12, "one of 41");
        NS_TEST_EXPECT_MSG_EQ(meter.GetSentPackets(), 42, "totals count all");
        NS_TEST_EXPECT_MSG_EQ(meter.GetReceivedPackets(), 41, "totals count all");
        meter.Begin();
        meter.NoteSent(1000);
        for (int i = 0; i < 3; ++i)
        {
            meter.NoteDropped(); // of a queue that was filled before
        }
        NS_TEST_EXPECT_MSG_EQ(meter.Get().loss, 1, "no more than all");
    }
};

/** The suite. */
class KpiTestSuite : public TestSuite
{
  public:
    KpiTestSuite()
        : TestSuite("slicebed-kpi", Type::UNIT)
    {
        AddTestCase(new QosSatisfactionTestCase, Duration::QUICK);
        AddTestCase(new IntervalMeterTestCase, Duration::QUICK);
        AddTestCase(new EmptyWindowTestCase, Duration::QUICK);
        AddTestCase(new LogHistogramTestCase, Duration::QUICK);
        AddTestCase(new PacketMeterTestCase, Duration::QUICK);
    }
};

const KpiTestSuite g_kpiTestSuite; //!< registers itself

} // namespace
