// SPDX-License-Identifier: GPL-2.0-only
/*
 * Video sessions over a point-to-point link: unconstrained they carry their bitrate, constrained
 * they fill the link and stall or step down, and a session leaves nothing behind.
 */
#include "test/error-text.h"
#include "traffic/video-client.h"
#include "traffic/video-server.h"
#include "transport/tcp-cubic-forked.h"

#include "ns3/config.h"
#include "ns3/double.h"
#include "ns3/inet-socket-address.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <map>
#include <stdexcept>

using namespace ns3;

namespace
{

/** A server and a client at the ends of a link. */
class Link
{
  public:
    explicit Link(const std::string& rate)
    {
        Config::SetDefault("ns3::TcpL4Protocol::SocketType",
                           TypeIdValue(TcpCubicForked::GetTypeId()));
        Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1400));
        NodeContainer nodes(2);
        InternetStackHelper().Install(nodes);
        PointToPointHelper p2p;
        p2p.SetDeviceAttribute("DataRate", StringValue(rate));
        p2p.SetChannelAttribute("Delay", StringValue("5ms"));
        const auto devices = p2p.Install(nodes);
        const auto interfaces = Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
        server = CreateObject<VideoServer>();
        nodes.Get(0)->AddApplication(server);
        client = CreateObject<VideoClient>();
        nodes.Get(1)->AddApplication(client);
        client->SetRemote(InetSocketAddress(interfaces.GetAddress(0), 80));
        client->AssignStreams(7);
        host = nodes.Get(1);
        serverAddress = interfaces.GetAddress(0);
    }

    ~Link()
    {
        Simulator::Destroy();
        Config::Reset();
    }

    Ptr<VideoServer> server;
    Ptr<VideoClient> client;
    Ptr<Node> host;
    Ipv4Address serverAddress;
};

/** Mean rate without a bottleneck; ON and OFF. */
class UnconstrainedVideoTestCase : public TestCase
{
  public:
    UnconstrainedVideoTestCase()
        : TestCase("unconstrained, a session carries its bitrate in bursts and never stalls")
    {
    }

  private:
    void DoRun() override
    {
        Link link("100Mbps");
        link.client->SetLadder({13.2});
        std::vector<uint64_t> received; // by 100 ms
        Simulator::Schedule(Seconds(1), &VideoClient::Watch, link.client);
        for (int i = 0; i <= 1500; ++i)
        {
            Simulator::Schedule(MilliSeconds(1000 + 100 * i),
                                [&] { received.push_back(link.client->GetReceivedBytes()); });
        }
        Simulator::Stop(Seconds(152));
        Simulator::Run();
        // 65 segments of 12 % deviation: their mean deviates by 1.5 %.
        const double mbps = static_cast<double>(received[1500] - received[200]) * 8 / 130 / 1e6;
        NS_TEST_EXPECT_MSG_EQ_TOL(mbps, 13.2, 0.5, "mean bitrate");
        NS_TEST_EXPECT_MSG_EQ((link.client->GetStalledS() < 3), true, "waiting at the start only");
        uint32_t silent = 0;
        for (size_t i = 200; i < 1500; ++i)
        {
            silent += received[i + 1] == received[i] ? 1 : 0;
        }
        // 13.2 Mbit/s at 100 Mbit/s: silent for the most part.
        NS_TEST_EXPECT_MSG_EQ((silent > 850 && silent < 1230), true, "OFF " << silent);
        NS_TEST_EXPECT_MSG_EQ_TOL(link.client->GetBufferS(), 9, 1.01, "buffer between 8 and 10 s");
    }
};

/** One bitrate above the link's rate: the link is full and the player stalls. */
class StallingVideoTestCase : public TestCase
{
  public:
    StallingVideoTestCase()
        : TestCase("a ladder of one rate fills a slower link and stalls")
    {
    }

  private:
    void DoRun() override
    {
        Link link("6Mbps");
        link.client->SetLadder({13.2});
        uint64_t before = 0;
        double stalledBefore = 0;
        Simulator::Schedule(Seconds(1), &VideoClient::Watch, link.client);
        Simulator::Schedule(Seconds(41), [&] {
            before = link.client->GetReceivedBytes();
            stalledBefore = link.client->GetStalledS();
        });
        Simulator::Stop(Seconds(201));
        Simulator::Run();
        const double mbps =
            static_cast<double>(link.client->GetReceivedBytes() - before) * 8 / 160 / 1e6;
        // 1400 bytes of payload in 1400 + 32 + 20 + 2: TCP with time stamps, IP, PPP.
        const double most = 6 * 1400.0 / 1454;
        NS_TEST_EXPECT_MSG_EQ(
            (mbps < most && mbps > 0.93 * most), true, mbps << " Mbit/s of " << most);
        // What is played is what was fetched: the rest of the time it stalls.
        const double share = (link.client->GetStalledS() - stalledBefore) / 160;
        NS_TEST_EXPECT_MSG_EQ_TOL(share, 1 - mbps / 13.2, 0.03, "share of time stalled");
    }
};

/** Several bitrates: the highest that the link carries. */
class AdaptiveVideoTestCase : public TestCase
{
  public:
    AdaptiveVideoTestCase()
        : TestCase("a ladder steps down to the highest bitrate that fits")
    {
    }

  private:
    void DoRun() override
    {
        for (const auto& [rate, expected] :
             std::vector<std::pair<std::string, double>>{{"9Mbps", 6.6}, {"30Mbps", 13.2}})
        {
            Link link(rate);
            link.client->SetLadder({2.5, 6.6, 10.1, 13.2});
            std::map<double, int> chosen;
            link.client->TraceConnectWithoutContext(
                "Segment", Callback<void, double, uint64_t, Time>([&](double mbps, uint64_t, Time) {
                    chosen[mbps] += Simulator::Now() > Seconds(20) ? 1 : 0;
                }));
            Simulator::Schedule(Seconds(1), &VideoClient::Watch, link.client);
            Simulator::Stop(Seconds(120));
            Simulator::Run();
            NS_TEST_EXPECT_MSG_EQ((chosen[expected] >= 45), true, expected << " at " << rate);
            NS_TEST_EXPECT_MSG_EQ(
                (link.client->GetStalledS() < 3), true, "waiting at the start only");
        }
    }
};

/** Sessions end and begin again. */
class LeavingVideoTestCase : public TestCase
{
  public:
    LeavingVideoTestCase()
        : TestCase("a session that ends leaves no connection and no traffic")
    {
    }

  private:
    void DoRun() override
    {
        Link link("20Mbps");
        Simulator::Schedule(Seconds(1), &VideoClient::Watch, link.client);
        Simulator::Schedule(Seconds(10), &VideoClient::Leave, link.client);
        uint64_t left = 0;
        Simulator::Schedule(Seconds(11), [&] { left = link.client->GetReceivedBytes(); });
        Simulator::Schedule(Seconds(20), [&] {
            NS_TEST_EXPECT_MSG_EQ(link.client->GetReceivedBytes(), left, "bytes after leaving");
            NS_TEST_EXPECT_MSG_EQ(link.server->GetConnections(), 0, "connections");
            link.client->Watch();
        });
        Simulator::Stop(Seconds(30));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ((left > 5'000'000), true, "bytes of the first session " << left);
        NS_TEST_EXPECT_MSG_EQ((link.client->GetReceivedBytes() > left), true, "a second session");
        NS_TEST_EXPECT_MSG_EQ(link.server->GetConnections(), 1, "connections");
    }
};

/** What is not a ladder, and what is not a request. */
class BadVideoTestCase : public TestCase
{
  public:
    BadVideoTestCase()
        : TestCase("bad ladders and bad requests are refused")
    {
    }

  private:
    void DoRun() override
    {
        auto client = CreateObject<VideoClient>();
        const auto refused = [&](const std::vector<double>& ladder) {
            return slicebed::ErrorText<std::invalid_argument>([&] { client->SetLadder(ladder); });
        };
        NS_TEST_EXPECT_MSG_EQ(
            refused({}), "ladder is empty; at least one bitrate is required", "empty");
        NS_TEST_EXPECT_MSG_EQ(refused({5, 3}),
                              "ladder has 3.000000 Mbit/s; ascending bitrates above 0 are required",
                              "descending");
        NS_TEST_EXPECT_MSG_EQ(
            refused({-1}),
            "ladder has -1.000000 Mbit/s; ascending bitrates above 0 are required",
            "negative");
        Link link("10Mbps");
        auto socket = Socket::CreateSocket(link.host, TcpSocketFactory::GetTypeId());
        Simulator::Schedule(Seconds(1), [&] {
            socket->Connect(InetSocketAddress(link.serverAddress, 80));
            const std::vector<uint8_t> endless(VideoServer::REQUEST_BYTES, 0xff);
            socket->Send(Create<Packet>(endless.data(), endless.size()));
        });
        Simulator::Stop(Seconds(5));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(socket->GetRxAvailable(), 0, "no answer to an endless request");
        NS_TEST_EXPECT_MSG_EQ(link.server->GetConnections(), 0, "its connection is closed");
    }
};

/** The suite. */
class VideoTestSuite : public TestSuite
{
  public:
    VideoTestSuite()
        : TestSuite("slicebed-video", Type::UNIT)
    {
        AddTestCase(new UnconstrainedVideoTestCase, Duration::QUICK);
        AddTestCase(new StallingVideoTestCase, Duration::QUICK);
        AddTestCase(new AdaptiveVideoTestCase, Duration::QUICK);
        AddTestCase(new LeavingVideoTestCase, Duration::QUICK);
        AddTestCase(new BadVideoTestCase, Duration::QUICK);
    }
};

VideoTestSuite g_videoTestSuite;

} // namespace
