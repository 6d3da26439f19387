// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end-to-end slice: the gNB's CPU by hand, the tunnel's bytes, and the network against what its
 * two grants allow.
 */
#include "compute/gnb-processing-stage.h"
#include "test/error-text.h"
#include "topology/e2e-session.h"
#include "transport/gtp-tunnel.h"
#include "transport/slice-dscp.h"
#include "transport/tcp-cubic-forked.h"

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace ns3;

namespace
{

/** Packets through a CPU whose share changes. */
class StageTestCase : public TestCase
{
  public:
    StageTestCase()
        : TestCase("the gNB's CPU takes as long as its millicores make it")
    {
    }

  private:
    void DoRun() override
    {
        auto stage = CreateObjectWithAttributes<GnbProcessingStage>("CpuMsPerPacket",
                                                                    DoubleValue(1),
                                                                    "CpuUsPerByte",
                                                                    DoubleValue(2),
                                                                    "QueuePackets",
                                                                    UintegerValue(2));
        std::vector<double> doneMs;
        stage->SetDeliver(
            [&](Ptr<Packet>) { doneMs.push_back(Simulator::Now().GetSeconds() * 1e3); });
        stage->SetMillicores(500);
        // 500 bytes: 2 ms of a core. Of four packets one finds no room beside 1 + 2.
        Simulator::ScheduleNow([&] {
            for (int i = 0; i < 4; ++i)
            {
                NS_TEST_EXPECT_MSG_EQ(stage->Enqueue(Create<Packet>(500)), (i < 3), "packet " << i);
            }
        });
        // First: 4 ms at 500. Second: 1 ms of core until 6 ms, the rest at 2000 in 0.5 ms.
        // Third: 1 ms of core by 7 ms, stopped until 10 ms, the rest at 1000.
        Simulator::Schedule(MilliSeconds(6), &GnbProcessingStage::SetMillicores, stage, 2000);
        Simulator::Schedule(MilliSeconds(7), &GnbProcessingStage::SetMillicores, stage, 0);
        Simulator::Schedule(MilliSeconds(10), &GnbProcessingStage::SetMillicores, stage, 1000);
        Simulator::Schedule(MilliSeconds(5), [&] {
            NS_TEST_EXPECT_MSG_EQ_TOL(stage->GetBusyCoreS(), 2.5e-3, 1e-12, "core time at 5 ms");
        });
        Simulator::Run();
        const std::vector<double> expectedMs{4, 6.5, 11};
        NS_TEST_ASSERT_MSG_EQ(doneMs.size(), expectedMs.size(), "packets processed");
        for (size_t i = 0; i < doneMs.size(); ++i)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(doneMs[i], expectedMs[i], 1e-6, "packet " << i);
        }
        NS_TEST_EXPECT_MSG_EQ_TOL(stage->GetBusyCoreS(), 6e-3, 1e-12, "core time");
        NS_TEST_EXPECT_MSG_EQ(stage->GetDropped(), 1, "dropped");
        NS_TEST_EXPECT_MSG_EQ(stage->GetProcessed(), 3, "processed");
        NS_TEST_EXPECT_MSG_EQ(stage->GetPackets(), 0, "left");
        for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()})
        {
            NS_TEST_EXPECT_MSG_EQ(
                slicebed::ErrorText<std::invalid_argument>([&] { stage->SetMillicores(bad); }),
                "millicores is " + std::to_string(bad) + "; a number from 0 to 1000000 is required",
                "refused");
        }
        Simulator::Destroy();
    }
};

/** What the tunnel adds, and that it takes it away again. */
class TunnelTestCase : public TestCase
{
  public:
    TunnelTestCase()
        : TestCase("the tunnel adds its headers and the slice's mark, and takes them away")
    {
    }

  private:
    void DoRun() override
    {
        NodeContainer nodes(2);
        InternetStackHelper().Install(nodes);
        const auto devices = PointToPointHelper().Install(nodes);
        const auto addresses = Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
        const UintegerValue overlay(GtpTunnel::VXLAN_BYTES);
        auto from = CreateObjectWithAttributes<GtpTunnel>("OverlayBytes", overlay);
        auto to = CreateObjectWithAttributes<GtpTunnel>("OverlayBytes", overlay);
        uint32_t bytes = 0;
        uint32_t teid = 0;
        from->Open(nodes.Get(0), addresses.GetAddress(1), {});
        to->Open(nodes.Get(1),
                 addresses.GetAddress(0),
                 GtpTunnel::Receiver([&](Ptr<Packet> packet, uint32_t id) {
                     bytes = packet->GetSize();
                     teid = id;
                 }));
        uint32_t onWire = 0;
        uint32_t dscp = 0;
        nodes.Get(1)->GetObject<Ipv4L3Protocol>()->TraceConnectWithoutContext(
            "Rx",
            Callback<void, Ptr<const Packet>, Ptr<Ipv4>, uint32_t>(
                [&](Ptr<const Packet> packet, Ptr<Ipv4>, uint32_t) {
                    Ipv4Header header;
                    packet->PeekHeader(header);
                    onWire = packet->GetSize();
                    dscp = header.GetDscp();
                }));
        Simulator::Schedule(Seconds(1),
                            [&] { from->Send(Create<Packet>(1000), 77, SliceToDscp(3)); });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(bytes, 1000, "what comes out");
        NS_TEST_EXPECT_MSG_EQ(teid, 77, "tunnel endpoint");
        NS_TEST_EXPECT_MSG_EQ(onWire, 1000 + 16 + 64 + 8 + 20, "GTP-U, VXLAN, UDP, IPv4");
        NS_TEST_EXPECT_MSG_EQ(*DscpToSlice(static_cast<uint8_t>(dscp)), 3, "slice");
        NS_TEST_EXPECT_MSG_EQ(DscpToSlice(46).has_value(), false, "EF marks no slice");
        Simulator::Destroy();
    }
};

/** Throughput of a slice under each grant. */
class GrantsTestCase : public TestCase
{
  public:
    GrantsTestCase()
        : TestCase("a slice gets what the smaller of its grants allows, and no packet is missing")
    {
    }

  private:
    static constexpr double SECONDS = 12;

    /** @return total throughput of 3 viewers [Mbit/s] */
    double Run(double mbps, double millicores)
    {
        auto network = CreateObject<E2eNetwork>();
        E2eConfig config;
        config.usersPerSlice = 3;
        network->Build(config);
        network->SetTransportRate(0, mbps);
        network->SetMillicores(0, millicores);
        Simulator::ScheduleNow([&] { network->SetUsers(0, 3); });
        uint64_t before = 0;
        Simulator::Schedule(Seconds(4), [&] { before = network->GetReceivedBytes(0); });
        Simulator::Stop(Seconds(4 + SECONDS));
        Simulator::Run();
        const auto packets = network->CheckConservation();
        NS_TEST_EXPECT_MSG_EQ((packets.received > 1000), true, "packets received");
        const auto bytes = static_cast<double>(network->GetReceivedBytes(0) - before);
        network = nullptr;
        Simulator::Destroy();
        return bytes * 8e-6 / SECONDS;
    }

    void DoRun() override
    {
        // The CPU: 1000 / 1.3 packets a second of 1348 bytes of payload each.
        NS_TEST_EXPECT_MSG_EQ_TOL(Run(40, 1000), 1348 * 8e-3 / 1.3, 0.25, "CPU");
        // The transport: 1348 bytes of payload in 1348 + 52 + 16 + 64 + 28, less what policing
        // costs.
        const double most = 20 * 1348.0 / 1508;
        const double transport = Run(20, 4500);
        NS_TEST_EXPECT_MSG_EQ((transport < most && transport > 0.83 * most),
                              true,
                              transport << " Mbit/s of " << most);
        // Neither: the video itself.
        NS_TEST_EXPECT_MSG_EQ_TOL(Run(200, 20'000), 3 * 13.2, 3, "video");
    }
};

/** Two slices on one link, one of them without a grant, and viewers that come and go. */
class SessionTestCase : public TestCase
{
  public:
    SessionTestCase()
        : TestCase("slices are measured apart; without a grant nothing passes")
    {
    }

  private:
    void DoRun() override
    {
        auto network = CreateObject<E2eNetwork>();
        E2eConfig config;
        config.slices = 2;
        config.usersPerSlice = 2;
        network->Build(config);
        network->SetTransportRate(0, 0);
        network->SetTransportRate(1, 10);
        network->SetMillicores(0, 1000);
        network->SetMillicores(1, 4000);
        auto session = CreateObject<E2eSession>();
        E2eSessionConfig terms;
        terms.interval = Seconds(10);
        terms.qosThresholdBps = 1e6;
        session->Attach(network, terms);
        std::vector<E2eKpi> kpis;
        Simulator::ScheduleNow([&] { session->OpenInterval(0); });
        Simulator::Schedule(Seconds(10), [&] { kpis = session->CloseInterval(); });
        Simulator::Stop(Seconds(10.5));
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(kpis.size(), 2, "slices");
        // Without a rate only the tokens of a bucket's start pass: two packets in 10 s.
        NS_TEST_EXPECT_MSG_EQ((kpis[0].transportBps <= SliceQueueDisc::LEAST_BURST_BYTES * 0.8),
                              true,
                              "throughput without a grant");
        NS_TEST_EXPECT_MSG_EQ(kpis[0].degradation, 1, "every slot is degraded");
        NS_TEST_EXPECT_MSG_EQ((kpis[0].stalled > 0.85), true, "and the viewers wait");
        NS_TEST_EXPECT_MSG_EQ((kpis[0].cpuMillicores < 1), true, "CPU without packets");
        NS_TEST_EXPECT_MSG_EQ((kpis[1].throughputBps > 3.3e6), true, "throughput of the other");
        NS_TEST_EXPECT_MSG_EQ((kpis[1].transportBps <= 10e6 * 1.03), true, "never above the rate");
        NS_TEST_EXPECT_MSG_EQ(kpis[1].users.size(), 10, "slots");
        NS_TEST_EXPECT_MSG_EQ(kpis[1].users.front(), 2, "viewers");
        network->CheckConservation();
        network = nullptr;
        session = nullptr;
        Simulator::Destroy();
    }
};

/** What ns-3's own TcpCubic gets wrong. */
class ForkTestCase : public TestCase
{
  public:
    ForkTestCase()
        : TestCase("a fork of TCP Cubic has all attributes")
    {
    }

  private:
    void DoRun() override
    {
        for (const bool friendly : {false, true})
        {
            auto cubic = CreateObjectWithAttributes<TcpCubicForked>(
                "TcpFriendliness", BooleanValue(friendly), "Beta", DoubleValue(0.6));
            auto fork = cubic->Fork();
            BooleanValue friendliness;
            DoubleValue beta;
            fork->GetAttribute("TcpFriendliness", friendliness);
            fork->GetAttribute("Beta", beta);
            NS_TEST_EXPECT_MSG_EQ(friendliness.Get(), friendly, "friendliness");
            NS_TEST_EXPECT_MSG_EQ(beta.Get(), 0.6, "beta");
            auto again = DynamicCast<TcpCubicForked>(fork->Fork());
            NS_TEST_EXPECT_MSG_EQ((again != nullptr), true, "forks of forks");
        }
    }
};

/** The suite. */
class E2eTestSuite : public TestSuite
{
  public:
    E2eTestSuite()
        : TestSuite("slicebed-e2e", Type::UNIT)
    {
        AddTestCase(new StageTestCase, Duration::QUICK);
        AddTestCase(new TunnelTestCase, Duration::QUICK);
        AddTestCase(new ForkTestCase, Duration::QUICK);
        AddTestCase(new GrantsTestCase, Duration::QUICK);
        AddTestCase(new SessionTestCase, Duration::QUICK);
    }
};

E2eTestSuite g_e2eTestSuite;

} // namespace
