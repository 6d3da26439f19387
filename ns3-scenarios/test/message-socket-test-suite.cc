// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages over TCP: cut out of the byte stream wherever its segments end, and requests over them:
 * latency by hand, connections kept and made anew, and none lost from the count.
 */
#include "compute/edge-dispatcher.h"
#include "test/error-text.h"
#include "test/request-site.h"
#include "transport/message-framing.h"
#include "transport/tcp-message-socket.h"

#include "ns3/error-model.h"
#include "ns3/pointer.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/test.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

using namespace ns3;
using slicebed::Accounted;
using slicebed::RequestSite;
using slicebed::SITE_DELAY_S;
using slicebed::SITE_RATE_BPS;

namespace
{

constexpr uint32_t SEGMENT_BYTES = 1460;
constexpr uint32_t SYN_HEADERS = 20 + 28 + 2; // IPv4; TCP with window scale and SACK; PPP
constexpr uint32_t HEADERS = 20 + 20 + 2;     // IPv4; TCP; PPP

/** @return time on the wire [s] */
double
WireS(double bytes)
{
    return bytes * 8 / SITE_RATE_BPS;
}

// SYN and SYN-ACK; then the ACK goes ahead of the request.
const double HANDSHAKE_S = 2 * (WireS(SYN_HEADERS) + SITE_DELAY_S) + WireS(HEADERS);

/** @return time of a message on the wire, in as many segments as it needs [s] */
double
MessageS(uint32_t bytes)
{
    const uint32_t framed = bytes + LENGTH_BYTES;
    const uint32_t segments = (framed + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
    return WireS(framed + segments * HEADERS);
}

RequestSite
MakeSite(uint32_t queueLimit = 100)
{
    return RequestSite(queueLimit, TcpMessageSocket::GetTypeId());
}

/** Messages in a stream cut anywhere. */
class FramingTestCase : public TestCase
{
  public:
    FramingTestCase()
        : TestCase("messages come whole out of a stream, however it is cut")
    {
    }

  private:
    using Bytes = std::vector<uint8_t>;

    static Bytes BytesOf(Ptr<const Packet> packet)
    {
        Bytes bytes(packet->GetSize());
        packet->CopyData(bytes.data(), packet->GetSize());
        return bytes;
    }

    void DoRun() override
    {
        // Sizes around that of a length, and of all it takes to write one.
        std::vector<Bytes> sent;
        auto stream = Create<Packet>();
        for (const uint32_t size : {1U, 0U, 3U, 4U, 5U, 21U, 255U, 256U, 700U})
        {
            Bytes bytes(size);
            std::generate(bytes.begin(), bytes.end(), [n = size]() mutable { return n++ & 0xff; });
            sent.push_back(bytes);
            auto message = Create<Packet>(bytes.data(), size);
            AddLength(message);
            NS_TEST_EXPECT_MSG_EQ(message->GetSize(), size + 4, "its length in front");
            stream->AddAtEnd(message);
        }
        for (uint32_t cut = 1; cut <= stream->GetSize(); cut += cut < 40 ? 1 : 97)
        {
            MessageReader reader(1000);
            std::vector<Bytes> got;
            for (uint32_t at = 0; at < stream->GetSize(); at += cut)
            {
                reader.Add(stream->CreateFragment(at, std::min(cut, stream->GetSize() - at)));
                while (auto message = reader.Next())
                {
                    got.push_back(BytesOf(message));
                }
            }
            NS_TEST_EXPECT_MSG_EQ((got == sent), true, "cut every " << cut << " bytes");
            NS_TEST_EXPECT_MSG_EQ(reader.IsBroken(), false, "sound");
        }
        MessageReader reader(1000);
        auto longer = Create<Packet>(1001);
        AddLength(longer);
        reader.Add(longer);
        NS_TEST_EXPECT_MSG_EQ((reader.Next() == nullptr), true, "longer than any message");
        NS_TEST_EXPECT_MSG_EQ(reader.IsBroken(), true, "is damage");
    }
};

/** Latency by hand. */
class TcpLatencyTestCase : public TestCase
{
  public:
    TcpLatencyTestCase()
        : TestCase("latency over TCP is a handshake once, then wires, propagation and service")
    {
    }

  private:
    void DoRun() override
    {
        auto site = MakeSite();
        site.SendAt(1, {10'000'000, 1000, 400});
        site.SendAt(2, {10'000'000, 1000, 400});   // the connection is there
        site.SendAt(3, {10'000'000, 10'000, 400}); // seven segments: within the first window
        site.SendAt(4, {10'000'000, 1000, 400});
        site.SendAt(4, {20'000'000, 1000, 400}); // behind it on the wire and at the server
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(site.latencyS.size(), 5, "answers");
        const double kept = MessageS(1000) + SITE_DELAY_S + 10e-3 + MessageS(400) + SITE_DELAY_S;
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[0], HANDSHAKE_S + kept, 1e-8, "with handshake");
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[1], kept, 1e-8, "without");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            site.latencyS[2], kept + MessageS(10'000) - MessageS(1000), 1e-8, "segments");
        // Two at once are one stream: the first fills its segment with the second's beginning.
        const double full = kept + WireS(SEGMENT_BYTES - (1000 + LENGTH_BYTES));
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[3], full, 1e-8, "first of two");
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[4], full + 20e-3, 1e-8, "does not wait for it");
    }
};

/** Many requests in the pipe. */
class PipelineTestCase : public TestCase
{
  public:
    PipelineTestCase()
        : TestCase("many requests share a connection, are all answered, and the same each time")
    {
    }

  private:
    /** @return latencies by request */
    std::map<uint64_t, double> Run()
    {
        auto site = MakeSite(10'000);
        for (int i = 0; i < 1000; ++i)
        {
            // 5 ms apart: half the link's rate, and more of them at a time than one.
            const uint32_t bytes = 100 + 37 * (i * i % 160);
            site.SendAt(1 + 5e-3 * i, {1'000'000, bytes, 21 + bytes / 4});
        }
        for (int i = 1; i < 100; ++i)
        {
            Simulator::Schedule(Seconds(1 + 0.05 * i), [&] {
                const auto counters = site.client->GetCounters();
                NS_TEST_EXPECT_MSG_EQ(Accounted(counters), counters.sent, "at all times");
            });
        }
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(site.client->GetCounters().completed, 1000, "all answered");
        NS_TEST_EXPECT_MSG_EQ(site.server->GetCounters().completed, 1000, "each once");
        return site.latencyS;
    }

    void DoRun() override
    {
        const auto first = Run();
        NS_TEST_EXPECT_MSG_EQ((first == Run()), true, "to the last bit");
        // Larger than any datagram: 100 kB there and 200 kB back take 2.4 * 100 ms at least.
        auto site = MakeSite();
        site.SendAt(1, {1'000'000, 100'000, 200'000});
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(site.latencyS.size(), 1, "answered");
        NS_TEST_EXPECT_MSG_GT(site.latencyS[0], WireS(300'000), "wire");
        // And slow start: not 300 ms, but some windows of 10 to 80 segments with round trips of
        // 10 ms between them, twice.
        NS_TEST_EXPECT_MSG_LT(
            site.latencyS[0], WireS(310'000) + 15 * 2 * SITE_DELAY_S, "slow start");
        const auto refused = slicebed::ErrorText<std::invalid_argument>(
            [&] { site.client->Send(site.remote, {1, 100, 17'000'000}); });
        NS_TEST_EXPECT_MSG_EQ(
            refused, "response is 17000000 bytes; 21 to 16777216 are required", "too large");
    }
};

/** Servers, connections and links that fail. */
class BrokenConnectionTestCase : public TestCase
{
  public:
    BrokenConnectionTestCase()
        : TestCase("what fails takes its requests with it, and the next ones find a way")
    {
    }

  private:
    void Check(const RequestSite& site, uint64_t completed, uint64_t timedOut)
    {
        const auto counters = site.client->GetCounters();
        NS_TEST_EXPECT_MSG_EQ(counters.completed, completed, "completed");
        NS_TEST_EXPECT_MSG_EQ(counters.timedOut, timedOut, "timed out");
        NS_TEST_EXPECT_MSG_EQ(Accounted(counters), counters.sent, "conservation");
    }

    void FailInMidTransfer()
    {
        auto site = MakeSite();
        site.SendAt(1, {1'000'000, 500, 100});
        site.SendAt(2, {1'000'000, 100'000, 100}); // 80 ms on the wire
        site.SendAt(2.05, {1'000'000, 500, 100});  // behind it, on the same connection
        Simulator::Schedule(Seconds(2.06), &ComputeServer::Fail, site.server);
        site.SendAt(2.5, {1'000'000, 500, 100}); // to a new connection, and a server that is down
        Simulator::Schedule(Seconds(2.999), [&] { Check(site, 1, 0); });
        Simulator::Schedule(Seconds(3.051), [&] { Check(site, 1, 2); });
        Simulator::Schedule(Seconds(3.2), &ComputeServer::Recover, site.server);
        site.SendAt(3.3, {1'000'000, 500, 100});
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        Check(site, 2, 3);
        const auto& jobs = site.server->GetCounters();
        NS_TEST_EXPECT_MSG_EQ(jobs.arrived, 3, "half a request is none, nor what came behind it");
        NS_TEST_EXPECT_MSG_EQ(jobs.dropped[static_cast<size_t>(JobDrop::FAILED)], 1, "while down");
    }

    void LoseWork()
    {
        // The request was there and in work; its answer would go to a connection that is gone.
        auto site = MakeSite();
        site.SendAt(1, {300'000'000, 500, 100});
        site.SendAt(1.9, {1'000'000, 500, 100});
        site.SendAt(2.5, {1'000'000, 500, 100});
        Simulator::Schedule(Seconds(1.1), &ComputeServer::Fail, site.server);
        Simulator::Schedule(Seconds(1.2), &ComputeServer::Recover, site.server);
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        Check(site, 2, 1);
        // The server ended the connection: SYN, SYN-ACK and ACK anew, once.
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[1] - site.latencyS[2], HANDSHAKE_S, 1e-8, "again");
    }

    void CutTheLink()
    {
        // For 100 s nothing gets through: TCP gives up, the client long before, and a new
        // connection serves what comes then.
        auto site = MakeSite();
        auto errors = CreateObjectWithAttributes<RateErrorModel>("ErrorRate", DoubleValue(1));
        site.SendAt(1, {1'000'000, 500, 100});
        Simulator::Schedule(Seconds(1.5), [&] {
            site.devices.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
        });
        site.SendAt(2, {1'000'000, 500, 100});
        Simulator::Schedule(Seconds(2.999), [&] { Check(site, 1, 0); });
        Simulator::Schedule(Seconds(3.001), [&] { Check(site, 1, 1); });
        Simulator::Schedule(Seconds(101.5), [&] { errors->Disable(); });
        site.SendAt(200, {1'000'000, 500, 100});
        Simulator::Stop(Seconds(210));
        Simulator::Run();
        Check(site, 2, 1);
    }

    void LoseASegment()
    {
        // TCP brings it again: fewer than three duplicates, so after its time-out of 1 s; the
        // client has given up by then, the work is done all the same.
        auto site = MakeSite();
        auto errors = CreateObject<ReceiveListErrorModel>();
        errors->SetList({3}); // after SYN, ACK and the first segment of three
        site.devices.Get(1)->SetAttribute("ReceiveErrorModel", PointerValue(errors));
        site.SendAt(1, {1'000'000, 4000, 100});
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        Check(site, 0, 1);
        NS_TEST_EXPECT_MSG_EQ(site.server->GetCounters().completed, 1, "late, but whole");
    }

    void DoRun() override
    {
        FailInMidTransfer();
        LoseWork();
        CutTheLink();
        LoseASegment();
    }
};

/** Peers that do not keep to the rules, and senders that do not wait. */
class BadPeerTestCase : public TestCase
{
  public:
    BadPeerTestCase()
        : TestCase("noise ends its own connection, and a backlog has an end")
    {
    }

  private:
    void Noise()
    {
        auto site = MakeSite();
        auto socket = Socket::CreateSocket(site.nodes.Get(0), TcpSocketFactory::GetTypeId());
        bool closed = false;
        socket->SetCloseCallbacks(Callback<void, Ptr<Socket>>([&](Ptr<Socket>) { closed = true; }),
                                  MakeNullCallback<void, Ptr<Socket>>());
        Simulator::Schedule(Seconds(1), [&] {
            socket->Bind();
            socket->Connect(site.remote);
            const std::vector<uint8_t> noise(40, 0xff);
            socket->Send(Create<Packet>(noise.data(), 40));
        });
        site.SendAt(0.9, {1'000'000, 500, 100});
        site.SendAt(2, {1'000'000, 500, 100});
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(closed, true, "the server ended it");
        NS_TEST_EXPECT_MSG_EQ(site.client->GetCounters().completed, 2, "others go on");
    }

    void Backlog()
    {
        auto site = MakeSite();
        auto socket = CreateObjectWithAttributes<TcpMessageSocket>(
            "BufferBytes", UintegerValue(20'000), "BacklogBytes", UintegerValue(30'000));
        Simulator::Schedule(Seconds(1), [&] {
            socket->SetReceiver([](Ptr<Packet>, const Address&) {});
            socket->Open(site.nodes.Get(0));
            for (int i = 0; i < 10; ++i)
            {
                socket->Send(Create<Packet>(9996), site.remote);
            }
            // Two in the buffer, three in the backlog.
            NS_TEST_EXPECT_MSG_EQ(socket->GetDropped(), 5, "beyond the backlog");
            NS_TEST_EXPECT_MSG_EQ(socket->GetConnections(), 1, "to one peer");
        });
        Simulator::Stop(Seconds(5));
        Simulator::Run();
        // They were no requests: whole, but of the wrong kind of work.
        NS_TEST_EXPECT_MSG_EQ(site.application->GetMalformed(), 5, "the others came");
    }

    void DoRun() override
    {
        Noise();
        Backlog();
    }
};

/** Requests through an edge's door, over TCP on both sides. */
class TcpDispatcherTestCase : public TestCase
{
  public:
    TcpDispatcherTestCase()
        : TestCase("a dispatcher relays over TCP")
    {
    }

  private:
    void DoRun() override
    {
        auto site = MakeSite();
        const TypeIdValue tcp(TcpMessageSocket::GetTypeId());
        auto dispatcher = CreateObjectWithAttributes<EdgeDispatcher>("Transport", tcp);
        dispatcher->SetTargets({site.remote});
        dispatcher->SetShares({1});
        dispatcher->AssignStreams(5);
        site.nodes.Get(0)->AddApplication(dispatcher);
        const Address door = InetSocketAddress(Ipv4Address::GetLoopback(), 8000);
        for (int i = 0; i < 500; ++i)
        {
            Simulator::Schedule(MilliSeconds(1000 + 20 * i),
                                [&] { site.client->Send(door, {1'000'000, 2000, 100}); });
        }
        Simulator::Stop(Seconds(20));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(site.client->GetCounters().completed, 500, "all answered");
        const double keptS = MessageS(2000) + MessageS(100) + 2 * SITE_DELAY_S + 1e-3;
        // Loopback takes no time. One ACK, of an answer before, may be on the wire.
        NS_TEST_EXPECT_MSG_EQ_TOL(site.latencyS[499], keptS, WireS(HEADERS) + 1e-8, "latency");
    }
};

/** The suite. */
class MessageSocketTestSuite : public TestSuite
{
  public:
    MessageSocketTestSuite()
        : TestSuite("slicebed-message-socket", Type::UNIT)
    {
        AddTestCase(new FramingTestCase, Duration::QUICK);
        AddTestCase(new TcpLatencyTestCase, Duration::QUICK);
        AddTestCase(new PipelineTestCase, Duration::QUICK);
        AddTestCase(new BrokenConnectionTestCase, Duration::QUICK);
        AddTestCase(new BadPeerTestCase, Duration::QUICK);
        AddTestCase(new TcpDispatcherTestCase, Duration::QUICK);
    }
};

MessageSocketTestSuite g_messageSocketTestSuite;

} // namespace
