// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserved capacity: opinions and costs by hand and by the Recommendation's tables, and both
 * networks against what their reservations let pass.
 */
#include "kpi/capacity-cost.h"
#include "kpi/mos.h"
#include "test/error-text.h"
#include "topology/capacity-cell.h"
#include "topology/capacity-transport.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace ns3;

namespace
{

constexpr double EXACT = 1e-9;

/** Opinions. */
class MosTestCase : public TestCase
{
  public:
    MosTestCase()
        : TestCase("opinions by congestion and delay are those of the sources")
    {
    }

  private:
    struct TestVector
    {
        double offeredBps;
        double deliveredBps;
        double delayS;
        double mos;
    };

    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ_TOL(CongestionMos(1), 4.191, EXACT, "-0.891 + 5.082");
        NS_TEST_EXPECT_MSG_EQ_TOL(CongestionMos(4), 1.65, EXACT, "-0.891 + 5.082 / 2");
        // ITU-T G.107, Annex B, table of MOS by R, two decimals.
        for (const auto& [rating, mos] : std::vector<std::pair<double, double>>{
                 {90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}, {0, 1}, {-5, 1}})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(RatingToMos(rating), mos, 0.006, "MOS at R = " << rating);
        }
        // X = log2(delay / 100 ms): by hand from 25 ((1 + X^6)^(1/6) - 3 (1 + (X/3)^6)^(1/6) + 2).
        NS_TEST_EXPECT_MSG_EQ(DelayImpairment(0.1), 0, "not noticed");
        NS_TEST_EXPECT_MSG_EQ_TOL(DelayImpairment(0.2), 3.0444, 1e-3, "X = 1");
        NS_TEST_EXPECT_MSG_EQ_TOL(DelayImpairment(0.4), 24.070, 1e-2, "X = 2");
        NS_TEST_EXPECT_MSG_LT(DelayImpairment(10), 50, "limit: 25 (X - X + 2)");
        for (const auto& [offered, delivered, delay, mos] : std::vector<TestVector>{
                 {1e6, 1e6, 0.01, 4.2},   // 4.191
                 {1e6, 2e6, 0.01, 4.2},   // a backlog was delivered as well
                 {0, 0, 0, 4.2},          // nobody asked
                 {1e6, 0, 10, 0},         // nobody was served
                 {1e6, 0.9e6, 0.01, 4},   // -0.891 + 5.082 sqrt(0.9) = 3.930
                 {1e6, 0.5e6, 0.01, 2.8}, // 2.703
                 {1e6, 0.01e6, 0.01, 0},  // -0.383
                 {1e6, 1e6, 0.4, 3.4}})   // R 93.2 to 69.1: 4.409 to 3.558, 0.85 less
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(MeasuredMos(offered, delivered, delay),
                                      mos,
                                      EXACT,
                                      offered << ", " << delivered << ", " << delay);
        }
        for (const auto& [mos, cost] : std::vector<std::pair<double, double>>{
                 {4.2, 0}, {4, 0}, {0.2 * 19, 0.2}, {3, 0.4}, {0.2 * 15, 0.4}, {2, 0.7}, {1, 1}})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(MosCost(mos), cost, EXACT, "cost of " << mos);
        }
    }
};

/** Costs. */
class CapacityCostTestCase : public TestCase
{
  public:
    CapacityCostTestCase()
        : TestCase("costs are the paper's, with what was measured in place of its formulas")
    {
    }

  private:
    const CapacityTerms m_terms{.delayBoundS = 0.1,
                                .violationFee = 2,
                                .qoePenalty = 3,
                                .measuredS = 4,
                                .largestPeakBps = 20e6};

    /** @return all of 5 Mbit/s delivered in time, `over` peaks of 10 Mbit/s reserved beyond */
    CapacityKpi Served(double over) const
    {
        return {.offeredBps = 5e6,
                .deliveredBps = 5e6,
                .deliveredRatio = 1,
                .delayS = 0.01,
                .delayP95S = 0.05,
                .overProvisionedBytes = over * 10e6 * 4 / 8,
                .admitted = 1};
    }

    void DoRun() override
    {
        Transport();
        Cell();
    }

    void Transport()
    {
        const auto cost = [&](const CapacityKpi& kpi) {
            return TransportCost(kpi, m_terms, 10e6);
        };
        NS_TEST_EXPECT_MSG_EQ_TOL(cost(Served(0.3)).Total(), 0.3, EXACT, "a - y");
        NS_TEST_EXPECT_MSG_EQ(cost(Served(0.3)).violated, false, "all is well");
        NS_TEST_EXPECT_MSG_EQ_TOL(TransportCost(Served(0.3), m_terms, 0).Total(),
                                  0.15,
                                  EXACT,
                                  "without a peak of its own: 3 of the largest's 20 Mbit/s");
        auto late = Served(0.3);
        late.delayP95S = 0.101;
        auto lossy = Served(0.3);
        lossy.deliveredRatio = 0.989;
        for (const auto& kpi : {late, lossy})
        {
            NS_TEST_EXPECT_MSG_EQ(cost(kpi).violated, true, "violated");
            NS_TEST_EXPECT_MSG_EQ_TOL(cost(kpi).sla, 2, EXACT, "alpha");
            NS_TEST_EXPECT_MSG_EQ_TOL(cost(kpi).Total(), 2, EXACT, "and nothing besides");
        }
    }

    void Cell()
    {
        // P = 0.5 of the largest: R = 0.05, K = 0.15.
        const auto cost = [&](const CapacityKpi& kpi) {
            return CellCost(kpi, m_terms, 10e6);
        };
        for (const double e : {0.021, 0.1, 0.3, 1.5})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(cost(Served(e)).Total(),
                                      0.05 / 0.08 * (e - 0.10),
                                      EXACT,
                                      "AutoManager's metric at " << e);
        }
        NS_TEST_EXPECT_MSG_EQ_TOL(cost(Served(0.02)).Total(), -0.05, EXACT, "-R: QoE met");
        auto lost = Served(0);
        lost.deliveredBps = 0;
        lost.deliveredRatio = 0;
        NS_TEST_EXPECT_MSG_EQ_TOL(cost(lost).Total(), 0.1, EXACT, "2 R: QoE lost");
        auto poor = Served(0);
        poor.deliveredBps = 2.5e6; // rho = 2, MOS 2.8, cost 0.4
        poor.deliveredRatio = 0.5;
        NS_TEST_EXPECT_MSG_EQ_TOL(cost(poor).Total(), 0.4 * 0.15 - 0.05, EXACT, "between");
        auto rejected = CapacityKpi{.deliveredRatio = 1};
        NS_TEST_EXPECT_MSG_EQ(cost(rejected).Total(), 0, "no fee, no revenue");
        NS_TEST_EXPECT_MSG_EQ(cost(rejected).violated, false, "nothing was promised");
        NS_TEST_EXPECT_MSG_EQ_TOL(CellCost(Served(0.3), m_terms, 0).Total(),
                                  0.15 / 0.8,
                                  EXACT,
                                  "without a peak: 0.15 largest peaks in vain, no revenue");
    }
};

/** Runs a system for one interval after another with the same decision. */
std::vector<CapacityKpi>
LastOf(Ptr<CapacitySystem> system,
       uint32_t intervals,
       const std::vector<double>& amounts,
       const std::vector<bool>& admit)
{
    std::vector<CapacityKpi> kpis;
    const Time interval = system->GetLoad().interval;
    for (uint32_t k = 0; k < intervals; ++k)
    {
        Simulator::Schedule(interval * k, &CapacitySystem::OpenInterval, system, k);
        Simulator::Schedule(interval * k + MilliSeconds(10),
                            [system, amounts, admit] { system->Reserve(amounts, admit); });
        Simulator::Schedule(interval * (k + 1) - NanoSeconds(1),
                            [&, system] { kpis = system->CloseInterval(); });
    }
    Simulator::Stop(interval * intervals);
    Simulator::Run();
    return kpis;
}

/** Use case I. */
class CapacityTransportTestCase : public TestCase
{
  public:
    CapacityTransportTestCase()
        : TestCase("a service gets its rate or what it asks for, whatever the others do")
    {
    }

  private:
    void DoRun() override
    {
        CapacityLoad load;
        load.peaksBps = {20e6, 20e6, 8e6, 0, 8e6};
        load.interval = Seconds(10);
        auto system = CreateObject<CapacityTransport>();
        system->Build({.rateMbps = 60}, load);
        const std::vector<double> ratesMbps{5, 35, 0, 2, 18};
        const auto kpis = LastOf(system, 2, ratesMbps, std::vector<bool>(5, true));
        const double measuredS = 9.5;
        for (uint32_t i = 0; i < 5; ++i)
        {
            // One packet of each flow may be unfinished: 20 of 1228 bytes are 0.1 % of 20 Mbit/s.
            NS_TEST_EXPECT_MSG_EQ_TOL(kpis[i].offeredBps,
                                      load.peaksBps[i],
                                      load.peaksBps[i] * 0.005 + 1,
                                      "offered by " << i);
            NS_TEST_EXPECT_MSG_EQ_TOL(kpis[i].reserved, ratesMbps[i], EXACT, "reserved by " << i);
            NS_TEST_EXPECT_MSG_EQ_TOL(kpis[i].overProvisionedBytes,
                                      std::max(ratesMbps[i] * 1e6 - kpis[i].deliveredBps, 0.0) / 8 *
                                          measuredS,
                                      // What is on the link at either end: 5 ms of at most 20
                                      // Mbit/s, and a packet of each flow.
                                      20e6 / 8 * 0.02,
                                      "rate less use, times time: " << i);
        }
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[0].deliveredBps, 5e6, 0.05e6, "its rate within 1 %");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[0].unused, 0, 0.01, "all of it used");
        // 1000 packets of at most 1228 bytes at 5 Mbit/s: 2 s, less for flows' last packets.
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[0].delayS, 1.9, 0.15, "a full queue");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[0].loss, 0.75, 0.02, "the rest is dropped");
        for (const uint32_t i : {1U, 4U})
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(kpis[i].deliveredRatio, 1, 0.005, "all of " << i);
            NS_TEST_EXPECT_MSG_EQ(kpis[i].loss, 0, "loss of " << i);
            // 1 ms and 5 ms of propagation, 1230 bytes at 1 Gbit/s and at 61.2 Mbit/s: 6.17 ms.
            NS_TEST_EXPECT_MSG_EQ((kpis[i].delayS > 6.0e-3 && kpis[i].delayS < 12e-3),
                                  true,
                                  kpis[i].delayS << " s: hardly a queue of " << i);
        }
        NS_TEST_EXPECT_MSG_EQ(kpis[2].deliveredBps, 0, "a rate of 0");
        NS_TEST_EXPECT_MSG_EQ(kpis[2].deliveredRatio, 0, "a rate of 0");
        NS_TEST_EXPECT_MSG_EQ(kpis[2].delayP95S, 10, "at its bound");
        NS_TEST_EXPECT_MSG_EQ(kpis[2].unused, 0, "of nothing");
        NS_TEST_EXPECT_MSG_EQ(kpis[3].offeredBps, 0, "a peak of 0");
        NS_TEST_EXPECT_MSG_EQ(kpis[3].deliveredRatio, 1, "a peak of 0");
        NS_TEST_EXPECT_MSG_EQ(kpis[3].delayS, 0, "a peak of 0");
        NS_TEST_EXPECT_MSG_EQ(kpis[3].unused, 1, "all of it");
        const auto packets = system->CheckConservation();
        NS_TEST_EXPECT_MSG_GT(packets.dropped.at("shaper"), 10'000, "15 of 20 Mbit/s in 20 s");
        NS_TEST_EXPECT_MSG_EQ(packets.dropped.at("access"), 0, "1 Gbit/s is enough");
        NS_TEST_EXPECT_MSG_GT(packets.inFlight, 1000, "one queue is full");
        Simulator::Destroy();
    }
};

/** Use case II. */
class CapacityCellTestCase : public TestCase
{
  public:
    CapacityCellTestCase()
        : TestCase("a slice uses what is reserved for it, and nothing if it is not admitted")
    {
    }

  private:
    void DoRun() override
    {
        CapacityLoad load;
        load.peaksBps = {20e6, 16e6, 4e6, 8e6};
        auto system = CreateObject<CapacityCell>();
        system->Build({}, load);
        const std::vector<double> shares{0.3, 0.2, 0.5, 0};
        const auto kpis = LastOf(system, 2, shares, {true, false, true, true});
        // 50 PRBs in slots of 1 ms; fractions are exact over time, to one group of 3 PRBs.
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[0].prbUsedDl, 15, 0.2, "overloaded: all that is reserved");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[0].unused, 0, 0.015, "overloaded");
        NS_TEST_EXPECT_MSG_LT(kpis[0].deliveredRatio, 0.9, "overloaded");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[2].deliveredRatio, 1, 0.01, "all is served");
        // What 25 PRBs would have carried, less what was: over = delivered (25 / used - 1).
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[2].overProvisionedBytes * 8 / 4.5,
                                  kpis[2].deliveredBps * (25 / kpis[2].prbUsedDl - 1),
                                  1,
                                  "unused PRBs at this slice's bits a PRB");
        NS_TEST_EXPECT_MSG_EQ(kpis[1].offeredBps + kpis[1].deliveredBps + kpis[1].prbUsedDl,
                              0,
                              "not admitted: no traffic");
        NS_TEST_EXPECT_MSG_EQ(kpis[1].admitted + kpis[1].reserved, 0, "not admitted: no PRBs");
        NS_TEST_EXPECT_MSG_EQ(kpis[3].deliveredBps, 0, "admitted, but to nothing");
        NS_TEST_EXPECT_MSG_EQ_TOL(kpis[3].offeredBps, 8e6, 8e6 * 0.02, "it asks, though");
        NS_TEST_EXPECT_MSG_EQ(kpis[3].delayP95S, 10, "at its bound");
        system->CheckConservation();
        Simulator::Destroy();
        Return();
    }

    /** A slice that was not admitted and is again: in the interval where it is, it offers all. */
    void Return()
    {
        auto system = CreateObject<CapacityCell>();
        system->Build({}, {});
        const std::vector<double> equal(4, 0.25);
        std::vector<CapacityKpi> kpis;
        system->OpenInterval(0);
        Simulator::Schedule(MilliSeconds(10),
                            [&] { system->Reserve(equal, std::vector<bool>(4, false)); });
        Simulator::Schedule(Seconds(5), [&] {
            for (const auto& kpi : system->CloseInterval())
            {
                NS_TEST_EXPECT_MSG_EQ(kpi.offeredBps + kpi.bufferBytes, 0, "all rejected");
                NS_TEST_EXPECT_MSG_EQ(kpi.deliveredRatio, 1, "all rejected");
            }
            system->OpenInterval(1);
        });
        Simulator::Schedule(Seconds(5.01),
                            [&] { system->Reserve(equal, std::vector<bool>(4, true)); });
        const auto sent = [&] {
            return system->CheckConservation().sent;
        };
        uint64_t sentBefore = 0;
        Simulator::Schedule(Seconds(5.005), [&] { sentBefore = sent(); });
        Simulator::Schedule(Seconds(5.4), [&] {
            // The warm-up is not over: 56 Mbit/s for 0.39 s are 2275 packets of 1200 bytes.
            NS_TEST_EXPECT_MSG_GT(sent() - sentBefore, 1500, "traffic comes back at once");
        });
        Simulator::Schedule(Seconds(10), [&] { kpis = system->CloseInterval(); });
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        for (uint32_t slice = 0; slice < 4; ++slice)
        {
            const double peakBps = system->GetLoad().peaksBps[slice];
            NS_TEST_EXPECT_MSG_EQ_TOL(
                kpis[slice].offeredBps, peakBps, peakBps * 0.02, "slice " << slice);
            NS_TEST_EXPECT_MSG_GT(kpis[slice].deliveredBps, 4e6, "slice " << slice);
        }
        system->CheckConservation();
        Simulator::Destroy();
    }
};

/** What cannot be built. */
class BadCapacityTestCase : public TestCase
{
  public:
    BadCapacityTestCase()
        : TestCase("peaks and times that cannot be are refused by name")
    {
    }

  private:
    void ExpectRefused(const CapacityLoad& load, const std::string& text)
    {
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>([&] { load.RequireValid(); }), text, text);
    }

    void DoRun() override
    {
        const auto peaks = [](const std::vector<double>& bps) {
            CapacityLoad load;
            load.peaksBps = bps;
            return load;
        };
        ExpectRefused(peaks({}), "peaks_mbps has 0 numbers; from 1 to 16 are required");
        ExpectRefused(peaks(std::vector<double>(17, 1e6)),
                      "peaks_mbps has 17 numbers; from 1 to 16 are required");
        ExpectRefused(peaks({1e6, -1e6}),
                      "peaks_mbps has -1.000000; a number of at least 0 is required");
        ExpectRefused(peaks({std::numeric_limits<double>::infinity()}),
                      "peaks_mbps has inf; a number of at least 0 is required");
        ExpectRefused(peaks({0, 0}), "peaks_mbps is 0 for all; one above 0 is required");
        CapacityLoad load;
        load.warmup = load.interval;
        ExpectRefused(load, "warmup_s is 5.000000; less than interval_s=5.000000 is required");
    }
};

/** The suite. */
class CapacityTestSuite : public TestSuite
{
  public:
    CapacityTestSuite()
        : TestSuite("slicebed-capacity", Type::UNIT)
    {
        AddTestCase(new MosTestCase, Duration::QUICK);
        AddTestCase(new CapacityCostTestCase, Duration::QUICK);
        AddTestCase(new CapacityTransportTestCase, Duration::QUICK);
        AddTestCase(new CapacityCellTestCase, Duration::QUICK);
        AddTestCase(new BadCapacityTestCase, Duration::QUICK);
    }
};

const CapacityTestSuite g_capacityTestSuite; //!< registers itself

} // namespace
