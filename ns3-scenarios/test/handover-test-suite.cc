// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handover: event A3 with margin and time to trigger, data that goes along, nothing lost silently.
 */
#include "studies/full-buffer.h"

#include "ns3/config.h"
#include "ns3/constant-velocity-mobility-model.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <numeric>

using namespace ns3;

namespace
{

/** A handover as traced. */
struct Change
{
    Time at;
    uint16_t from;
    uint16_t to;
    uint64_t sdus;
};

/** Two cells 400 m apart with even antennas, one UE that drives from the first to the second. */
struct Drive
{
    FullBuffer cells{0, 0};
    uint32_t ue{0};
    std::vector<Change> changes;

    Drive(double speedMps, double marginDb)
    {
        auto& network = *cells.network;
        network.SetAttribute("Handover", BooleanValue(true));
        network.SetAttribute("HandoverMarginDb", DoubleValue(marginDb));
        for (const double x : {0.0, 400.0})
        {
            network.AddCell(CreateObject<Node>(), network.AddSite({x, 0, 25}), 0);
        }
        network.AddSlice(0);
        auto place = CreateObject<ConstantVelocityMobilityModel>();
        place->SetPosition({100, 0, 1.5});
        place->SetVelocity({speedMps, 0, 0});
        auto node = CreateObject<Node>();
        node->AggregateObject(place);
        ue = network.AddUe(node, 0, 0)->GetUeId();
        network.SetCeilings(0, {1.0});
        network.SetCeilings(1, {1.0});
        network.TraceConnectWithoutContext(
            "Handover",
            Callback<void, uint32_t, uint16_t, uint16_t, uint64_t>(
                [this](uint32_t, uint16_t from, uint16_t to, uint64_t sdus) {
                    changes.push_back({Simulator::Now(), from, to, sdus});
                }));
    }

    /** @return SDUs of a direction by what became of them */
    std::array<uint64_t, 3> Count(Direction direction)
    {
        std::array<uint64_t, 3> counts{};
        for (uint16_t cell = 0; cell < 2; ++cell)
        {
            const auto& counters = cells.network->GetCounters(cell, 0, direction);
            counts[0] += counters.enqueuedSdus;
            counts[1] += counters.deliveredSdus;
            counts[2] += std::accumulate(
                counters.droppedSdus.begin(), counters.droppedSdus.end(), uint64_t{0});
        }
        return counts;
    }
};

/** Where and when a UE changes, and that all of its SDUs are accounted for. */
class ForwardTestCase : public TestCase
{
  public:
    ForwardTestCase()
        : TestCase("a UE changes to the better cell, and its data goes with it")
    {
    }

  private:
    void DoRun() override
    {
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        Config::SetDefault("ns3::RadioChannel::Omnidirectional", BooleanValue(true));
        // A queue deep enough for what comes during the interruption.
        Config::SetDefault("ns3::CellNetwork::RlcBufferBytes", UintegerValue(1'000'000));
        Config::SetDefault("ns3::CellNetwork::RlcMode", EnumValue(RlcMode::ACKNOWLEDGED));
        Drive drive(20, 3);
        drive.cells.Feed(drive.ue, 5e6);
        drive.cells.Feed(drive.ue, 2e6, Direction::UPLINK);
        drive.cells.Run(10);
        NS_TEST_ASSERT_MSG_EQ(drive.changes.size(), 1, "one handover");
        const auto& change = drive.changes.front();
        NS_TEST_EXPECT_MSG_EQ(change.from, 0, "from the first");
        NS_TEST_EXPECT_MSG_EQ(change.to, 1, "to the second");
        NS_TEST_EXPECT_MSG_GT(change.sdus, 0, "with data");
        // The border lies at 200 m, 5 s from the start; 3 dB more is some 18 m and 256 ms later at
        // 22 to 39 dB a decade; line of sight may differ between the cells.
        NS_TEST_EXPECT_MSG_EQ((change.at > Seconds(3)), true, "not before the border");
        for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
        {
            const auto counts = drive.Count(direction);
            NS_TEST_EXPECT_MSG_EQ(counts[2], 0, "nothing is dropped");
            NS_TEST_EXPECT_MSG_GT(counts[1] + 200, counts[0], "nearly all is there");
        }
        const auto down = drive.Count(Direction::DOWNLINK);
        const auto up = drive.Count(Direction::UPLINK);
        NS_TEST_EXPECT_MSG_EQ(down[0] + up[0],
                              down[1] + up[1] + drive.cells.network->GetSdusInFlight(),
                              "every SDU is somewhere");
        NS_TEST_EXPECT_MSG_GT(
            drive.cells.network->GetCounters(1, 0, Direction::UPLINK).deliveredSdus,
            100,
            "goes on");
        Config::Reset();
    }
};

/** A margin that is never reached: no handover; packets at the wrong cell are forwarded. */
class MarginTestCase : public TestCase
{
  public:
    MarginTestCase()
        : TestCase("no handover within the margin; what comes to the old cell is forwarded")
    {
    }

  private:
    void DoRun() override
    {
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        Config::SetDefault("ns3::RadioChannel::Omnidirectional", BooleanValue(true));
        Drive drive(20, 30);
        drive.cells.Run(6);
        NS_TEST_EXPECT_MSG_EQ(drive.changes.size(), 0, "30 dB are not there");
        auto& network = *drive.cells.network;
        network.HandOver(drive.ue, 1);
        NS_TEST_EXPECT_MSG_EQ(network.GetServingCell(drive.ue), 1, "by hand");
        // It was on the old cell's link when the UE left.
        network.EnqueueDownlink(0, Create<Packet>(SDU_BYTES), drive.ue);
        NS_TEST_EXPECT_MSG_EQ(network.GetSdusInFlight(), 1, "between the cells");
        drive.cells.Run(0.2);
        const auto& counters = network.GetCounters(1, 0, Direction::DOWNLINK);
        NS_TEST_EXPECT_MSG_EQ(counters.deliveredSdus, 1, "delivered by the new cell");
        // 2 ms between cells, then until 40 ms after the change; a few slots on the air.
        NS_TEST_EXPECT_MSG_EQ_TOL(counters.delaySumS, 0.042, 0.005, "after the interruption");
        Config::Reset();
    }
};

/** The suite. */
class HandoverTestSuite : public TestSuite
{
  public:
    HandoverTestSuite()
        : TestSuite("slicebed-handover", Type::SYSTEM)
    {
        AddTestCase(new ForwardTestCase, Duration::QUICK);
        AddTestCase(new MarginTestCase, Duration::QUICK);
    }
};

const HandoverTestSuite g_handoverTestSuite; //!< registers itself

} // namespace
