// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LTE backend: rates and ceilings on ns-3's stack, both directions, and that its PHY sees the
 * gains of the shared channel.
 */
#include "topology/lte-radio-access.h"
#include "traffic/measuring-sink.h"
#include "traffic/offered-load-source.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/inet-socket-address.h"
#include "ns3/lte-amc.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>

using namespace ns3;

namespace
{

constexpr uint16_t PORT = 9;

/** One LTE cell with a UE for each slice, near it and without fading. */
struct LteCell
{
    Ptr<LteRadioAccess> radio;
    std::vector<Ptr<Node>> nodes;

    explicit LteCell(uint16_t slices)
    {
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        Config::SetDefault("ns3::RadioChannel::Fading", BooleanValue(false));
        radio = CreateObject<LteRadioAccess>();
        radio->AssignStreams(1);
        radio->AddCell(radio->AddSite({0, 0, 25}), 30);
        for (uint16_t slice = 0; slice < slices; ++slice)
        {
            radio->AddSlice(slice);
        }
        for (uint16_t slice = 0; slice < slices; ++slice)
        {
            auto place = CreateObject<ConstantPositionMobilityModel>();
            place->SetPosition({60.0 + slice, 35, 1.5});
            nodes.push_back(CreateObject<Node>());
            nodes.back()->AggregateObject(place);
            radio->AddUe(nodes.back(), 0, slice);
        }
        radio->Start();
    }

    ~LteCell()
    {
        radio->Dispose();
        Simulator::Destroy();
        Config::Reset();
    }

    /** Offers a load from a node to an address, with a sink there. */
    static void Feed(Ptr<Node> from, Ptr<Node> to, Ipv4Address address, double bps, double seconds)
    {
        auto sink = CreateObjectWithAttributes<MeasuringSink>("Port", UintegerValue(PORT));
        if (to->GetNApplications() == 0)
        {
            to->AddApplication(sink);
        }
        auto source = CreateObject<OfferedLoadSource>();
        source->SetRemote(InetSocketAddress(address, PORT));
        from->AddApplication(source);
        Simulator::Schedule(Time(1), [=] { source->Offer(bps * seconds, Seconds(seconds)); });
    }

    void FeedDownlink(uint32_t ue, double bps, double seconds)
    {
        Feed(radio->GetRemoteHost(), nodes[ue], radio->GetUeAddress(ue), bps, seconds);
    }

    void FeedUplink(uint32_t ue, double bps, double seconds)
    {
        Feed(nodes[ue], radio->GetRemoteHost(), radio->GetRemoteAddress(), bps, seconds);
    }

    SliceCounters Counters(uint16_t slice, Direction direction)
    {
        return radio->GetCounters(0, slice, direction);
    }

    void Run(double seconds)
    {
        Simulator::Stop(Seconds(seconds));
        Simulator::Run();
    }
};

/** Two backlogged slices: PRBs exactly by the ceilings, rates by the block size table. */
class CeilingTestCase : public TestCase
{
  public:
    CeilingTestCase()
        : TestCase("ceilings are exact over a second, and rates are those of the block sizes")
    {
    }

  private:
    void DoRun() override
    {
        LteCell cell(2);
        const std::vector<double> ceilings{0.3, 0.6};
        cell.radio->SetCeilings(0, ceilings);
        for (uint32_t ue = 0; ue < 2; ++ue)
        {
            cell.FeedDownlink(ue, 60e6, 2);
            cell.FeedUplink(ue, 80e6, 2);
        }
        cell.Run(0.5);
        std::array<SliceCounters, 4> before;
        for (uint16_t i = 0; i < 4; ++i)
        {
            before[i] = cell.Counters(i % 2, static_cast<Direction>(i / 2));
        }
        cell.Run(1);
        for (uint16_t slice = 0; slice < 2; ++slice)
        {
            const double allowed = ceilings[slice] * 100'000;
            const auto down = cell.Counters(slice, Direction::DOWNLINK);
            const auto up = cell.Counters(slice, Direction::UPLINK);
            const double downPrbs = static_cast<double>(down.prbSlots - before[slice].prbSlots);
            const double upPrbs = static_cast<double>(up.prbSlots - before[2 + slice].prbSlots);
            NS_TEST_EXPECT_MSG_EQ_TOL(downPrbs, allowed, 0.005 * allowed, "down, slice " << slice);
            NS_TEST_EXPECT_MSG_EQ_TOL(upPrbs, allowed, 0.005 * allowed, "up, slice " << slice);
            // 60 m from the antenna: the highest MCS.
            const auto prbs = static_cast<int>(ceilings[slice] * 100);
            const double rate = CreateObject<LteAmc>()->GetDlTbSizeFromMcs(28, prbs) * 1000.0;
            const double bits =
                8.0 * static_cast<double>(down.deliveredBytes - before[slice].deliveredBytes);
            // Ceilings are a whole number of groups on average only: block sizes vary by 3 %.
            NS_TEST_EXPECT_MSG_EQ_TOL(bits, rate, 0.03 * rate, "bits, slice " << slice);
            NS_TEST_EXPECT_MSG_GT(up.deliveredSdus, 100, "uplink delivers");
        }
    }
};

/** What is sent is received, dropped or in flight; light loads arrive within milliseconds. */
class DeliveryTestCase : public TestCase
{
  public:
    DeliveryTestCase()
        : TestCase("light loads arrive, both ways, within a few milliseconds")
    {
    }

  private:
    void DoRun() override
    {
        LteCell cell(1);
        cell.radio->SetCeilings(0, {1.0});
        cell.FeedDownlink(0, 1e6, 1);
        cell.FeedUplink(0, 1e6, 1);
        cell.Run(1.5);
        for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
        {
            const auto counters = cell.Counters(0, direction);
            NS_TEST_EXPECT_MSG_GT(counters.enqueuedSdus, 100, "SDUs were sent");
            NS_TEST_EXPECT_MSG_EQ(counters.deliveredSdus, counters.enqueuedSdus, "all arrived");
            const double meanS = counters.delaySumS / static_cast<double>(counters.deliveredSdus);
            NS_TEST_EXPECT_MSG_LT(meanS, 0.025, "mean delay");
            NS_TEST_EXPECT_MSG_GT(meanS, 0.001, "not in no time");
        }
        NS_TEST_EXPECT_MSG_EQ(cell.radio->GetInFlight(), 0, "nothing is left");
    }
};

/** RSRP as ns-3's PHY measures it, against the shared channel's gain. */
class GainTestCase : public TestCase
{
  public:
    GainTestCase()
        : TestCase("ns-3's PHY sees the gain of the shared channel")
    {
    }

  private:
    void DoRun() override
    {
        LteCell cell(1);
        double rsrpW = 0;
        Config::ConnectWithoutContext(
            "/NodeList/*/DeviceList/*/$ns3::LteUeNetDevice/ComponentCarrierMapUe/*/LteUePhy/"
            "ReportCurrentCellRsrpSinr",
            Callback<void, uint16_t, uint16_t, double, double, uint8_t>(
                [&](uint16_t, uint16_t, double rsrp, double, uint8_t) { rsrpW = rsrp; }));
        cell.Run(0.1);
        // A resource element: a twelfth of a PRB's power.
        const double sentDbm = 46 - 10 * std::log10(100 * 12);
        NS_TEST_EXPECT_MSG_EQ_TOL(10 * std::log10(rsrpW) + 30,
                                  sentDbm + cell.radio->GetChannel()->GetGainDb(0, 0),
                                  0.1,
                                  "RSRP [dBm]");
    }
};

/** The suite. */
class LteTestSuite : public TestSuite
{
  public:
    LteTestSuite()
        : TestSuite("slicebed-lte", Type::SYSTEM)
    {
        AddTestCase(new CeilingTestCase, Duration::QUICK);
        AddTestCase(new DeliveryTestCase, Duration::QUICK);
        AddTestCase(new GainTestCase, Duration::QUICK);
    }
};

const LteTestSuite g_lteTestSuite; //!< registers itself

} // namespace
