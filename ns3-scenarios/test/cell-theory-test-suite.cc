// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cell against theory: the rate of a UE at a fixed SNR, what a ceiling is worth, that it is
 * never exceeded, and HARQ.
 */
#include "cell/lte-link-adaptation.h"
#include "studies/full-buffer.h"

#include "ns3/lte-amc.h"
#include "ns3/lte-mi-error-model.h"
#include "ns3/spectrum-value.h"
#include "ns3/test.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace ns3;

namespace
{

/** One UE, fixed SNR, full buffer: LteAmc's rate x share of the PRBs x (1 - BLER). */
class RateTestCase : public TestCase
{
  public:
    RateTestCase()
        : TestCase("one UE at a fixed SNR has the rate of LteAmc times share times success")
    {
    }

  private:
    struct TestVector
    {
        double sinrDb;
        double ceiling;
    };

    void DoRun() override
    {
        double visibleBler = 0;
        for (const auto& [sinrDb, ceiling] : std::vector<TestVector>{{-2, 1.0},
                                                                     {3.0, 0.5},
                                                                     {6.5, 0.25},
                                                                     {10, 0.333},
                                                                     {14.3, 0.8},
                                                                     {18.7, 0.125},
                                                                     {MostErrorsDb(), 1.0},
                                                                     {25, 1.0}})
        {
            visibleBler = std::max(visibleBler, Run(sinrDb, ceiling));
        }
        NS_TEST_EXPECT_MSG_GT(visibleBler, 0.02, "the grid has a point where blocks fail");
    }

    /** @return the SNR from 0 to 25 dB at which first transmissions on all PRBs fail most often */
    static double MostErrorsDb()
    {
        const auto link = Create<LteLinkAdaptation>(4);
        double worstDb = 0;
        double worst = 0;
        for (double sinrDb = 0; sinrDb < 25; sinrDb += 0.05)
        {
            const auto sinr = static_cast<float>(std::pow(10, sinrDb / 10));
            const auto mcs = link->McsOfCqi(link->CqiOf(sinr));
            const double bler = link->Bler(mcs, 100, link->MutualInformation(mcs, sinr), 1);
            if (bler > worst)
            {
                worst = bler;
                worstDb = sinrDb;
            }
        }
        return worstDb;
    }

    /** @return the share of blocks that failed */
    double Run(double sinrDb, double ceiling)
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0);
        cell.network->GetChannel()->SetFixedSinrDb(ue, sinrDb);
        cell.network->SetCeilings(0, {ceiling});
        double first = 0;
        double firstFailed = 0;
        cell.network->TraceConnectWithoutContext(
            "TransportBlock",
            Callback<void, const TransportBlockTrace&>([&](const TransportBlockTrace& block) {
                first += block.attempt == 1 ? 1 : 0;
                firstFailed += block.attempt == 1 && !block.ok ? 1 : 0;
            }));
        cell.Feed(ue, 90e6);
        cell.Run(10);

        // The reference asks ns-3 itself. A ceiling that is no whole number of groups of 4 PRBs
        // gives one more group in some slots.
        auto amc = CreateObject<LteAmc>();
        const auto& link = *cell.network->GetLink();
        const int mcs = amc->GetMcsFromCqi(link.CqiOf(std::pow(10, sinrDb / 10)));
        const double quota = 100 * ceiling;
        const int below = static_cast<int>(std::floor(quota / 4)) * 4;
        const double more = (quota - below) / 4;
        const double tbs = (1 - more) * amc->GetDlTbSizeFromMcs(mcs, below) +
                           (more > 0 ? more * amc->GetDlTbSizeFromMcs(mcs, below + 4) : 0);
        const auto& counters = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        const double failed =
            static_cast<double>(counters.tbFailed) / static_cast<double>(counters.tbSent);
        const double expectedBps = tbs / 1e-3 * (1 - failed);
        const double measuredBps = static_cast<double>(counters.deliveredBytes) * 8 / 10;
        NS_TEST_EXPECT_MSG_EQ_TOL(measuredBps,
                                  expectedBps,
                                  0.02 * expectedBps,
                                  "rate at " << sinrDb << " dB, ceiling " << ceiling);
        // First transmissions fail as ns-3's error model says: within four standard deviations of a
        // share of some 9,000.
        if (more == 0)
        {
            const double bler = BlerByNs3(mcs, below, sinrDb);
            NS_TEST_EXPECT_MSG_EQ_TOL(firstFailed / first, bler, 0.02, "first transmissions");
        }
        return failed;
    }

    /** Asks the error model about a flat channel over all PRBs of the block. */
    static double BlerByNs3(int mcs, int prbs, double sinrDb)
    {
        std::vector<double> centersHz(prbs + 1);
        std::iota(centersHz.begin(), centersHz.end(), 1);
        SpectrumValue sinr(Create<SpectrumModel>(centersHz));
        sinr = std::pow(10, sinrDb / 10);
        std::vector<int> map(prbs);
        std::iota(map.begin(), map.end(), 0);
        const int bytes = CreateObject<LteAmc>()->GetDlTbSizeFromMcs(mcs, prbs) / 8;
        return LteMiErrorModel::GetTbDecodificationStats(sinr, map, bytes, mcs, {}).tbler;
    }
};

/** Twice the ceiling is twice the rate, until the load is met. */
class CeilingWorthTestCase : public TestCase
{
  public:
    CeilingWorthTestCase()
        : TestCase("doubling a ceiling doubles the rate until the load is met")
    {
    }

  private:
    double Rate(double ceiling)
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0);
        cell.network->GetChannel()->SetFixedSinrDb(ue, 15);
        cell.network->SetCeilings(0, {ceiling});
        cell.Feed(ue, 10e6);
        cell.Run(4);
        return static_cast<double>(
                   cell.network->GetCounters(0, 0, Direction::DOWNLINK).deliveredBytes) *
               8 / 4;
    }

    void DoRun() override
    {
        const double tenth = Rate(0.1);
        // TBS is not exactly proportional to PRBs, and headers weigh less in larger blocks: 3 %.
        NS_TEST_EXPECT_MSG_EQ_TOL(Rate(0.2), 2 * tenth, 0.06 * tenth, "0.1 to 0.2");
        NS_TEST_EXPECT_MSG_LT(tenth, 5e6, "0.1 does not meet the load");
        NS_TEST_EXPECT_MSG_EQ_TOL(Rate(0.6), 10e6, 0.1e6, "0.6 meets the load");
        NS_TEST_EXPECT_MSG_EQ_TOL(Rate(1.0), 10e6, 0.1e6, "and more changes nothing");
    }
};

/** Ceilings with fractions, changing while running, under retransmissions and full load. */
class CeilingNeverExceededTestCase : public TestCase
{
  public:
    CeilingNeverExceededTestCase()
        : TestCase("no slice ever uses more than its ceiling, and backlogged ones no less")
    {
    }

  private:
    static constexpr uint64_t WINDOW = 100;
    static constexpr uint64_t SLOTS = 3000;

    void DoRun() override
    {
        // Three thirds overfill every third slot by rounding; 0.333 and 0.0037 have fractions of
        // their own.
        RunWith({1.0 / 3, 1.0 / 3, 1.0 / 3}, {1.0 / 3, 1.0 / 3, 1.0 / 3});
        RunWith({0.333, 0.25, 0.4170}, {0.0037, 0.6213, 0.375});
        RunWith({0.9999, 0.0001, 0}, {0.1, 0.8, 0.1});
    }

    void RunWith(const std::vector<double>& first, const std::vector<double>& second)
    {
        FullBuffer cell(1, 3);
        // One block in ten fails: retransmissions count as well.
        cell.network->SetAttribute("OuterLoop", BooleanValue(true));
        for (uint16_t slice = 0; slice < 3; ++slice)
        {
            for (int i = 0; i < 2; ++i)
            {
                const auto ue = cell.AddUe(0, slice);
                cell.network->GetChannel()->SetFixedSinrDb(ue, 19.8);
                cell.Feed(ue, 50e6);
            }
        }
        std::vector<std::vector<uint32_t>> used(3, std::vector<uint32_t>(SLOTS + 10, 0));
        std::vector<uint32_t> total(SLOTS + 10, 0);
        cell.network->TraceConnectWithoutContext(
            "SliceSlot",
            Callback<void, uint64_t, uint16_t, uint16_t, Direction, uint32_t>(
                [&](uint64_t slot, uint16_t, uint16_t slice, Direction, uint32_t prbs) {
                    used[slice].at(slot) += prbs;
                    total.at(slot) += prbs;
                }));
        cell.network->SetCeilings(0, first);
        // The change takes effect in the slot that begins then: number SLOTS / 2.
        Simulator::Schedule(MilliSeconds(SLOTS / 2) - NanoSeconds(1),
                            [&] { cell.network->SetCeilings(0, second); });
        cell.Run(SLOTS * 1e-3);

        NS_TEST_EXPECT_MSG_GT(
            cell.network->GetCounters(0, 0, Direction::DOWNLINK).tbFailed, 0, "blocks failed");
        NS_TEST_EXPECT_MSG_LT(*std::max_element(total.begin(), total.end()), 101, "100 PRBs");
        for (uint16_t slice = 0; slice < 3; ++slice)
        {
            Check(used[slice], 0, SLOTS / 2, first[slice] * 100, slice);
            Check(used[slice], SLOTS / 2, SLOTS, second[slice] * 100, slice);
        }
        // All that is allowed is used: the cell is never idle under full load.
        const double sum = std::accumulate(total.begin() + 10, total.begin() + SLOTS / 2, 0.0);
        const double all = std::accumulate(first.begin(), first.end(), 0.0);
        NS_TEST_EXPECT_MSG_GT(sum / (SLOTS / 2 - 10), 99.0 * all, "PRBs used of 100");
    }

    void Check(const std::vector<uint32_t>& used,
               uint64_t from,
               uint64_t to,
               double quota,
               uint16_t slice)
    {
        // Four groups may be saved up, and where others filled the carrier what was left.
        const double saved = quota + 16;
        for (uint64_t start = from; start + WINDOW <= to; ++start)
        {
            const double sum =
                std::accumulate(used.begin() + start, used.begin() + start + WINDOW, 0.0);
            // A millionth of a PRB a slot is the resolution of a ceiling.
            NS_TEST_ASSERT_MSG_LT(sum,
                                  WINDOW * quota + saved + 1e-3,
                                  "slice " << slice << ", 100 slots from " << start);
        }
        // Over a second: within 0.5 % of the ceiling, or a group where that is less.
        const double second =
            std::accumulate(used.begin() + from + 100, used.begin() + from + 1100, 0.0);
        const double tolerance = std::max(0.005 * quota * 1000, 4.0);
        NS_TEST_EXPECT_MSG_EQ_TOL(
            second, 1000 * quota, tolerance, "slice " << slice << " over 1 s");
    }
};

/** Incremental redundancy turns blocks that hardly ever decode alone into delivered data. */
class HarqTestCase : public TestCase
{
  public:
    HarqTestCase()
        : TestCase("HARQ combines transmissions and gives up after the last")
    {
    }

  private:
    void DoRun() override
    {
        std::vector<double> failedAt(5);
        std::vector<double> sentAt(5);
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0);
        cell.network->SetCeilings(0, {1.0});
        cell.network->GetChannel()->SetFixedSinrDb(ue, 12);
        // Reports of 12 dB, then 3 dB worse in the middle of each report's period: blocks fail.
        for (int k = 1; k < 1000; ++k)
        {
            Simulator::Schedule(MilliSeconds(5 * k) + MicroSeconds(1),
                                [&cell, ue] { cell.network->GetChannel()->SetFixedSinrDb(ue, 9); });
            Simulator::Schedule(MilliSeconds(5 * k + 5) - MicroSeconds(1), [&cell, ue] {
                cell.network->GetChannel()->SetFixedSinrDb(ue, 12);
            });
        }
        cell.network->TraceConnectWithoutContext(
            "TransportBlock",
            Callback<void, const TransportBlockTrace&>([&](const TransportBlockTrace& block) {
                sentAt.at(block.attempt) += 1;
                failedAt.at(block.attempt) += block.ok ? 0 : 1;
            }));
        cell.Feed(ue, 30e6);
        cell.Run(5);
        NS_TEST_ASSERT_MSG_GT(sentAt[2], 100, "there are second transmissions");
        NS_TEST_EXPECT_MSG_EQ((sentAt[2] <= failedAt[1]), true, "each follows a failure");
        const double first = failedAt[1] / sentAt[1];
        const double second = failedAt[2] / sentAt[2];
        NS_TEST_EXPECT_MSG_GT(first, 0.3, "the first fails often");
        // Two transmissions at 9 dB add up to 12 dB, what the CQI asked for: at most 10 % fail.
        NS_TEST_EXPECT_MSG_LT(second, 0.2, "the second seldom");

        // A UE far below the lowest MCS: every block is given up, and counted.
        cell.network->GetChannel()->SetFixedSinrDb(ue, 12);
        const auto before = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        Simulator::Schedule(Seconds(0),
                            [&] { cell.network->GetChannel()->SetFixedSinrDb(ue, -15); });
        cell.Run(0.004);
        const auto& after = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        NS_TEST_EXPECT_MSG_EQ(
            after.enqueuedSdus,
            after.deliveredSdus +
                std::accumulate(after.droppedSdus.begin(), after.droppedSdus.end(), uint64_t{0}) +
                cell.network->GetSdusInFlight(),
            "every SDU is somewhere");
        NS_TEST_EXPECT_MSG_GT(after.enqueuedSdus, before.enqueuedSdus, "time went on");
    }
};

/** Blocks that can never be decoded are given up and counted, and hold nothing up. */
class GiveUpTestCase : public TestCase
{
  public:
    GiveUpTestCase()
        : TestCase("a block is given up after its last transmission; its SDUs are counted")
    {
    }

  private:
    void DoRun() override
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0);
        cell.network->SetCeilings(0, {1.0});
        cell.network->GetChannel()->SetFixedSinrDb(ue, 10);
        uint8_t most = 0;
        cell.network->TraceConnectWithoutContext(
            "TransportBlock",
            Callback<void, const TransportBlockTrace&>(
                [&](const TransportBlockTrace& block) { most = std::max(most, block.attempt); }));
        // The report says 10 dB (slot 1), then the channel collapses for good within that period.
        Simulator::Schedule(MicroSeconds(100), [&] {
            for (int i = 0; i < 3; ++i)
            {
                cell.network->EnqueueDownlink(0, Create<Packet>(SDU_BYTES), ue);
            }
        });
        Simulator::Schedule(MicroSeconds(1500),
                            [&] { cell.network->GetChannel()->SetFixedSinrDb(ue, -19); });
        cell.Run(1);
        const auto& counters = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        NS_TEST_EXPECT_MSG_EQ(+most, 4, "four transmissions");
        NS_TEST_EXPECT_MSG_EQ(counters.droppedSdus[static_cast<size_t>(DropCause::HARQ_FAILED)],
                              3,
                              "all three SDUs were in that block");
        NS_TEST_EXPECT_MSG_EQ(counters.deliveredSdus, 0, "none came through");
        NS_TEST_EXPECT_MSG_EQ(cell.network->GetSdusInFlight(), 0, "nothing is left behind");
        // 3 x 8 slots between four transmissions.
        NS_TEST_EXPECT_MSG_EQ_TOL(counters.activeUeSeconds, 0.0259, 0.0015, "and not for long");
    }
};

/** The suite. */
class CellTheoryTestSuite : public TestSuite
{
  public:
    CellTheoryTestSuite()
        : TestSuite("slicebed-cell-theory", Type::SYSTEM)
    {
        AddTestCase(new RateTestCase, Duration::QUICK);
        AddTestCase(new CeilingWorthTestCase, Duration::QUICK);
        AddTestCase(new CeilingNeverExceededTestCase, Duration::QUICK);
        AddTestCase(new HarqTestCase, Duration::QUICK);
        AddTestCase(new GiveUpTestCase, Duration::QUICK);
    }
};

const CellTheoryTestSuite g_cellTheoryTestSuite; //!< registers itself

} // namespace
