// SPDX-License-Identifier: GPL-2.0-only
/*
 * The uplink: how long a packet takes, slot by slot; rates; ceilings; power control against its
 * formula; interference among UEs.
 */
#include "cell/lte-link-adaptation.h"
#include "studies/full-buffer.h"

#include "ns3/config.h"
#include "ns3/double.h"
#include "ns3/lte-amc.h"
#include "ns3/test.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace ns3;

namespace
{

constexpr auto UPLINK = Direction::UPLINK;

/** One packet: request, first grant, report, second grant, delivery; each in its slot. */
class LatencyTestCase : public TestCase
{
  public:
    LatencyTestCase()
        : TestCase("a packet waits for its request, two grants and their delays")
    {
    }

  private:
    void DoRun() override
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0); // UE 0: requests in slots 0, 10, 20, ...
        cell.network->SetCeilings(0, {1.0});
        cell.network->GetChannel()->SetFixedSinrDb(ue, 10);
        std::vector<Time> at;
        std::vector<uint64_t> slots;
        cell.network->TraceConnectWithoutContext(
            "SduDelivered",
            Callback<void, uint16_t, uint16_t, uint32_t, Direction, uint32_t, Time>(
                [&](uint16_t, uint16_t, uint32_t, Direction, uint32_t, Time) {
                    at.push_back(Simulator::Now());
                }));
        cell.network->TraceConnectWithoutContext(
            "SliceSlot",
            Callback<void, uint64_t, uint16_t, uint16_t, Direction, uint32_t>(
                [&](uint64_t slot, uint16_t, uint16_t, Direction direction, uint32_t) {
                    NS_TEST_EXPECT_MSG_EQ((direction == UPLINK), true, "nothing goes down");
                    slots.push_back(slot);
                }));
        Simulator::Schedule(MicroSeconds(12'300), [&] { cell.Enqueue(ue, UPLINK); });
        cell.Run(1);
        // It comes in slot 12; request in 20; 1 slot on the air and 2 of processing: grant in 23.
        // Its block of 100 bytes tells of the rest, 1 + 4 + 2 slots later: grant in 30. That block
        // is over in 31, its grant's 4 and 2 of processing make it 37.
        NS_TEST_ASSERT_MSG_EQ(slots.size(), 2, "two blocks");
        NS_TEST_EXPECT_MSG_EQ(slots[0], 23, "the small grant");
        NS_TEST_EXPECT_MSG_EQ(slots[1], 30, "and the one for the rest");
        NS_TEST_ASSERT_MSG_EQ(at.size(), 1, "one packet");
        NS_TEST_EXPECT_MSG_EQ((at[0] == MilliSeconds(37)), true, "delivered at " << at[0]);
    }
};

/** Full buffer at a fixed SNR: block size times slots times share; ceilings hold uplink as well. */
class RateTestCase : public TestCase
{
  public:
    RateTestCase()
        : TestCase("ceilings hold uplink, and are worth what the block size table says")
    {
    }

  private:
    static constexpr double SINR_DB = 25; // no block of the highest MCS fails

    void DoRun() override
    {
        FullBuffer cell(1, 2);
        std::vector<uint32_t> ues;
        for (uint16_t slice = 0; slice < 2; ++slice)
        {
            ues.push_back(cell.AddUe(0, slice, 40));
            cell.network->GetChannel()->SetFixedSinrDb(ues.back(), SINR_DB);
            cell.Feed(ues.back(), 60e6, UPLINK);
        }
        cell.network->SetCeilings(0, {0.6, 0.24});
        std::vector<uint32_t> used(2, 0);
        uint32_t most = 0;
        cell.network->TraceConnectWithoutContext(
            "SliceSlot",
            Callback<void, uint64_t, uint16_t, uint16_t, Direction, uint32_t>(
                [&](uint64_t slot, uint16_t, uint16_t slice, Direction, uint32_t prbs) {
                    used[slice] += slot >= 1000 && slot < 2000 ? prbs : 0;
                    most = std::max(most, prbs);
                }));
        cell.Run(1);
        const uint64_t before = Delivered(cell);
        cell.Run(1);
        NS_TEST_EXPECT_MSG_EQ(used[0], 60'000, "PRBs of slice 0 in a second");
        NS_TEST_EXPECT_MSG_EQ(used[1], 24'000, "PRBs of slice 1 in a second");
        // A slot in which it had less to send saves up to four groups of four.
        NS_TEST_EXPECT_MSG_LT(most, 77, "in a slot");
        const auto& link = *cell.network->GetLink();
        const int mcs = link.McsOfCqi(link.CqiOf(std::pow(10, SINR_DB / 10)));
        const double bits = CreateObject<LteAmc>()->GetUlTbSizeFromMcs(mcs, 60) * 1000.0;
        // Headers cost 5 bytes in 1000 and a cut SDU's 5 more: 2 %.
        const double measured = 8.0 * static_cast<double>(Delivered(cell) - before);
        NS_TEST_EXPECT_MSG_EQ_TOL(measured, bits, 0.02 * bits, "bits in a second");
    }

    static uint64_t Delivered(const FullBuffer& cell)
    {
        return cell.network->GetCounters(0, 0, UPLINK).deliveredBytes;
    }
};

/** Power control: the received SNR is P0 minus noise where the UE has the power, less where not. */
class PowerTestCase : public TestCase
{
  public:
    PowerTestCase()
        : TestCase("power control aims at P0; at full power the path loss decides")
    {
    }

  private:
    /** @return mean SINR of blocks [dB] of one UE at a distance, and their largest PRB count */
    std::pair<double, uint32_t> Run(double distanceM, double& gainDb)
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0, distanceM);
        gainDb = cell.network->GetChannel()->GetGainDb(ue, 0);
        cell.network->SetCeilings(0, {1.0});
        cell.Feed(ue, 1e6, UPLINK);
        double sumDb = 0;
        uint32_t blocks = 0;
        uint32_t most = 0;
        cell.network->TraceConnectWithoutContext(
            "TransportBlock",
            Callback<void, const TransportBlockTrace&>([&](const TransportBlockTrace& block) {
                sumDb += block.sinrDb;
                ++blocks;
                most = std::max<uint32_t>(most, block.prbs);
            }));
        cell.Run(1);
        return {sumDb / blocks, most};
    }

    void DoRun() override
    {
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        Config::SetDefault("ns3::RadioChannel::Fading", BooleanValue(false));
        Config::SetDefault("ns3::CellNetwork::UplinkP0Dbm", DoubleValue(-112));
        Config::SetDefault("ns3::CellNetwork::UplinkAlpha", DoubleValue(1));
        double gainDb = 0;
        const double noiseDbm = -174 + 10 * std::log10(180e3) + 5; // noise figure of 5 dB
        const auto near = Run(100, gainDb);
        // SINR tables have steps of 0.024 dB, and say where mutual information is, within a QAM's
        // range.
        NS_TEST_EXPECT_MSG_EQ_TOL(near.first, -112 - noiseDbm, 0.1, "near, SNR");
        const auto far = Run(2500, gainDb);
        const double fullDbm = 23 - 10 * std::log10(4) + gainDb; // a group of four PRBs
        NS_TEST_EXPECT_MSG_LT(fullDbm, -112, "that far the power does not suffice");
        NS_TEST_EXPECT_MSG_EQ_TOL(far.first, fullDbm - noiseDbm, 0.1, "far, SNR");
        NS_TEST_EXPECT_MSG_EQ(far.second, 4, "and a grant has one group");
        Config::Reset();
    }
};

/** UEs of another cell on the same groups cost SINR. */
class InterferenceTestCase : public TestCase
{
  public:
    InterferenceTestCase()
        : TestCase("UEs at the border are heard by both cells")
    {
    }

  private:
    double DeliveredBytes(bool neighboursBusy)
    {
        FullBuffer cell(2, 1);
        const auto ue = cell.AddUe(0, 0, 300, 55);
        // Enough of them to fill the carrier: power allows each a few groups.
        std::vector<uint32_t> neighbours;
        for (int i = 0; i < 12; ++i)
        {
            neighbours.push_back(cell.AddUe(1, 0, 300, -55));
        }
        for (uint16_t i = 0; i < 2; ++i)
        {
            cell.network->SetCeilings(i, {1.0});
        }
        cell.Feed(ue, 60e6, UPLINK);
        for (const auto neighbour : neighbours)
        {
            if (neighboursBusy)
            {
                cell.Feed(neighbour, 10e6, UPLINK);
            }
        }
        cell.Run(2);
        return static_cast<double>(cell.network->GetCounters(0, 0, UPLINK).deliveredBytes);
    }

    void DoRun() override
    {
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        const double alone = DeliveredBytes(false);
        const double together = DeliveredBytes(true);
        NS_TEST_EXPECT_MSG_GT(alone, 1.5 * together, "bytes alone and with neighbours");
        NS_TEST_EXPECT_MSG_GT(together, 0.02 * alone, "but not silenced");
        Config::Reset();
    }
};

/** The suite. */
class CellUplinkTestSuite : public TestSuite
{
  public:
    CellUplinkTestSuite()
        : TestSuite("slicebed-cell-uplink", Type::SYSTEM)
    {
        AddTestCase(new LatencyTestCase, Duration::QUICK);
        AddTestCase(new RateTestCase, Duration::QUICK);
        AddTestCase(new PowerTestCase, Duration::QUICK);
        AddTestCase(new InterferenceTestCase, Duration::QUICK);
    }
};

const CellUplinkTestSuite g_cellUplinkTestSuite; //!< registers itself

} // namespace
