// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport by slices, against closed forms: long-run rates, the change of a rate, what waits and
 * what is dropped, and fair turns.
 */
#include "studies/slice-flow.h"
#include "test/error-text.h"

#include "ns3/codel-queue-disc.h"
#include "ns3/fifo-queue-disc.h"
#include "ns3/fq-codel-queue-disc.h"
#include "ns3/red-queue-disc.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <functional>
#include <limits>

using namespace ns3;
using slicebed::ErrorText;

namespace
{

constexpr uint32_t PACKET_BYTES = 1500;  //!< of flows, as IP packets
constexpr uint32_t BURST_BYTES = 15'000; //!< default of SliceQueueDisc

/** Runs to a time. */
void
RunUntil(Time end)
{
    Simulator::Stop(end);
    Simulator::Run();
}

/** The DSCP of slices. */
class DscpTestCase : public TestCase
{
  public:
    DscpTestCase()
        : TestCase("slices and code points for local use map one to one")
    {
    }

  private:
    void DoRun() override
    {
        for (uint16_t slice = 1; slice <= 16; ++slice)
        {
            const auto dscp = SliceToDscp(slice);
            NS_TEST_EXPECT_MSG_EQ((dscp & 3), 3, "xxxx11 for slice " << slice);
            NS_TEST_EXPECT_MSG_EQ(*DscpToSlice(dscp), slice, "back from " << +dscp);
        }
        uint32_t slices = 0;
        for (uint8_t dscp = 0; dscp < 64; ++dscp)
        {
            slices += DscpToSlice(dscp).has_value() ? 1 : 0;
        }
        NS_TEST_EXPECT_MSG_EQ(slices, 16, "no other code point is a slice");
        NS_TEST_EXPECT_MSG_EQ(DscpToSlice(46).has_value(), false, "expedited forwarding is none");
        NS_TEST_EXPECT_MSG_EQ(ErrorText<std::invalid_argument>([] { SliceToDscp(0); }),
                              "slice 0 has no DSCP; marked slices are 1 to 16",
                              "0");
        NS_TEST_EXPECT_MSG_EQ(ErrorText<std::invalid_argument>([] { SliceToDscp(17); }),
                              "slice 17 has no DSCP; marked slices are 1 to 16",
                              "17");
    }
};

/** Each packet goes by its mark; a flood in one slice does not touch another. */
class ClassificationTestCase : public TestCase
{
  public:
    ClassificationTestCase()
        : TestCase("packets go by their marks, and slices are isolated")
    {
    }

  private:
    void DoRun() override
    {
        ShapedLink shaped(DataRate("50Mbps"), MilliSeconds(1));
        shaped.queueDisc->AddSlice(0, DataRate("1Mbps"));
        shaped.queueDisc->AddSlice(1, DataRate("4Mbps"));
        shaped.queueDisc->AddSlice(2, DataRate("8Mbps"));
        SliceFlow unmarked(shaped, 0, 0.5e6, Spacing::EVEN);
        SliceFlow light(shaped, 1, 3e6, Spacing::EVEN);
        SliceFlow flood(shaped, 2, 40e6, Spacing::EVEN);
        SliceFlow stray(shaped, 3, 1e6, Spacing::EVEN);
        RunUntil(Seconds(5));
        const auto sent = [&](uint16_t slice) {
            return shaped.queueDisc->GetCounters(slice).sent.packets;
        };
        // What is on the wire has left the queue, so arrivals may lag by two packets.
        NS_TEST_EXPECT_MSG_EQ(unmarked.GetSent(), sent(0), "unmarked packets by default");
        NS_TEST_EXPECT_MSG_EQ(light.GetSent(), sent(1), "all of slice 1, in time");
        NS_TEST_EXPECT_MSG_EQ_TOL(flood.GetArrivals().size(), sent(2), 3, "slice 2 arrives");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            flood.GetRateBps(Seconds(1), Seconds(5)), 8e6, 8e4, "slice 2 has its rate, no more");
        NS_TEST_EXPECT_MSG_EQ(stray.GetArrivals().size(), 0, "slice 3 is not here");
        NS_TEST_EXPECT_MSG_EQ(
            shaped.queueDisc->GetNoSuchSliceDrops().packets, stray.GetSent(), "and counted");
        NS_TEST_EXPECT_MSG_EQ(shaped.queueDisc->GetNoSuchSliceDrops().bytes,
                              stray.GetSent() * PACKET_BYTES,
                              "with its bytes");
        // Of slice 1 no packet waits for more than one of another slice and the one in the device's
        // queue: 3 transmissions of 240.3 us, and 1 ms of propagation.
        for (const auto& arrival : light.GetArrivals())
        {
            NS_TEST_EXPECT_MSG_LT(arrival.delay, MicroSeconds(1000 + 3 * 241), "not held up");
        }
        Simulator::Destroy();
    }
};

/** The long-run rate of an overloaded slice. */
class RateTestCase : public TestCase
{
  public:
    RateTestCase()
        : TestCase("the long-run rate is what was set, from 1 to 100 Mbit per s")
    {
    }

  private:
    void DoRun() override
    {
        for (const double rateBps : {1e6, 10e6, 100e6})
        {
            ShapedLink shaped(DataRate("1Gbps"), Time(0));
            shaped.queueDisc->AddSlice(0, DataRate(0));
            shaped.queueDisc->AddSlice(1, DataRate(0));
            shaped.queueDisc->SetRate(1, rateBps);
            SliceFlow flow(shaped, 1, 2 * rateBps, Spacing::EVEN);
            const Time measured = Seconds(2e7 / rateBps); // 1667 packets
            RunUntil(Seconds(0.3e6 / rateBps) + measured);
            // From 0.3 s at 1 Mbit/s on: the full bucket of the start is gone. Within one packet.
            NS_TEST_EXPECT_MSG_EQ_TOL(flow.GetRateBps(Seconds(0.3e6 / rateBps), Simulator::Now()) /
                                          rateBps,
                                      1,
                                      1.5 / 1667,
                                      "at " << rateBps << " bit/s");
            Simulator::Destroy();
        }
    }
};

/** A change of rate takes effect within one bucket, and counts from its time on only. */
class ChangeTestCase : public TestCase
{
  public:
    ChangeTestCase()
        : TestCase("a new rate is in force within one bucket, up, down, and from a long wait")
    {
    }

  private:
    struct TestVector
    {
        double fromBps;
        double toBps;
        double offeredBps;
        uint32_t aheadBytes; //!< beyond the new rate at most
    };

    void DoRun() override
    {
        // A backlogged slice has no tokens left but what is on the way: the packet that has just
        // spent its own, and two in the device. One below its rate has a full bucket. From 1
        // kbit/s: the new rate must neither count for the time before, nor wait for the old
        // wake-up, 12 s.
        constexpr uint32_t LITTLE = 3 * PACKET_BYTES;
        for (const auto& vector : std::vector<TestVector>{{10e6, 2e6, 20e6, LITTLE},
                                                          {2e6, 10e6, 20e6, LITTLE},
                                                          {1e3, 5e6, 10e6, LITTLE},
                                                          {20e6, 5e6, 10e6, BURST_BYTES}})
        {
            Run(vector);
        }
    }

    void Run(const TestVector& vector)
    {
        const auto& [fromBps, toBps, offeredBps, aheadBytes] = vector;
        ShapedLink shaped(DataRate("100Mbps"), Time(0));
        shaped.queueDisc->AddSlice(0, DataRate(0));
        shaped.queueDisc->AddSlice(1, DataRate(0));
        shaped.queueDisc->SetRate(1, fromBps);
        SliceFlow flow(shaped, 1, offeredBps, Spacing::EVEN);
        const Time change = Seconds(1.00001);
        Simulator::Schedule(change, [&] { shaped.queueDisc->SetRate(1, toBps); });
        RunUntil(Seconds(3));
        double bytes = 0;
        double most = 0;
        double least = 0;
        for (const auto& arrival : flow.GetArrivals())
        {
            if (arrival.at > change)
            {
                const double dueBytes = toBps / 8 * (arrival.at - change).GetSeconds();
                least = std::min(least, bytes - dueBytes);
                bytes += PACKET_BYTES;
                most = std::max(most, bytes - dueBytes);
            }
        }
        // Never behind the new rate: a packet waits for its own tokens, and then for the wire.
        NS_TEST_EXPECT_MSG_LT(most, aheadBytes + 1, fromBps << " to " << toBps << ": ahead");
        NS_TEST_EXPECT_MSG_GT(least, -3.0 * PACKET_BYTES, fromBps << " to " << toBps << ": behind");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            flow.GetRateBps(Seconds(2), Seconds(3)) / toBps, 1, 0.01, "and then the new rate");
        Simulator::Destroy();
    }
};

/** Packets that wait go when the rates that were in force have given them their tokens. */
class WaitingTestCase : public TestCase
{
  public:
    WaitingTestCase()
        : TestCase("waiting packets go at the times that rates give, with none coming to wake them")
    {
    }

  private:
    void DoRun() override
    {
        ShapedLink shaped(DataRate("1Gbps"), Time(0));
        auto disc = shaped.queueDisc;
        disc->AddSlice(0, DataRate(0));
        disc->AddSlice(1, DataRate("1kbps"));
        SliceFlow flow(shaped, 1, 120e6, Spacing::EVEN); // a packet of 12 kbit each 0.1 ms
        Simulator::Schedule(MicroSeconds(3050), [&] { flow.Cease(); });
        Simulator::Schedule(Seconds(2), [&] { disc->SetRate(1, 1.2e6); });
        Simulator::Schedule(Seconds(2.05), [&] { disc->SetRate(1, 0.0); });
        Simulator::Schedule(Seconds(5), [&] { disc->SetRate(1, 12e6); });
        RunUntil(Seconds(6));
        std::vector<double> expectedS;
        for (int k = 1; k <= 10; ++k)
        {
            expectedS.push_back(1e-4 * k); // from the full bucket
        }
        for (int k = 0; k < 5; ++k)
        {
            // In 2 s at 1 kbit/s it has gathered 2 kbit; the other 10 take 8.333 ms now.
            expectedS.push_back(2 + 10e3 / 1.2e6 + 0.01 * k);
        }
        for (int k = 0; k < 15; ++k)
        {
            // The last left at 2.04833 s; in the 1.667 ms until the stop it has gathered 2 kbit.
            expectedS.push_back(5 + 10e3 / 12e6 + 0.001 * k);
        }
        const auto& arrivals = flow.GetArrivals();
        NS_TEST_ASSERT_MSG_EQ(arrivals.size(), expectedS.size(), "all of them");
        for (size_t i = 0; i < expectedS.size(); ++i)
        {
            // On the wire for 1502 x 8 ns. The bucket was full until the first packet, at 0.1 ms:
            // 0.1 bit less than 2 kbit.
            NS_TEST_EXPECT_MSG_EQ_TOL(
                arrivals[i].at.GetSeconds(), expectedS[i] + 12.016e-6, 2e-7, "packet " << i);
        }
        Simulator::Destroy();
    }
};

/** A rate of 0 stops a slice, and only that, until it has a rate again. */
class StopTestCase : public TestCase
{
  public:
    StopTestCase()
        : TestCase("rate 0 stops a slice, whose queue fills and overflows, until it rises again")
    {
    }

  private:
    void DoRun() override
    {
        ShapedLink shaped(DataRate("100Mbps"), Time(0));
        auto disc = shaped.queueDisc;
        disc->SetAttribute("SliceLimit", QueueSizeValue(QueueSize("50p")));
        disc->AddSlice(0, DataRate(0));
        disc->AddSlice(1, DataRate("2Mbps"));
        SliceFlow flow(shaped, 1, 1e6, Spacing::EVEN); // a packet each 12 ms
        Simulator::Schedule(Seconds(1), [&] { disc->SetRate(1, 0.0); });
        Simulator::Schedule(Seconds(5), [&] {
            // 83 packets came in the first second, the last 4 ms before its end: the bucket was
            // 1500 bytes short of full, and had gained 1000. That was enough for 9 more.
            const auto counters = disc->GetCounters(1);
            NS_TEST_EXPECT_MSG_EQ(counters.sent.packets, 83 + 9, "no more than the bucket");
            NS_TEST_EXPECT_MSG_EQ(counters.queued.packets, 50, "the queue is full");
            NS_TEST_EXPECT_MSG_EQ(
                counters.limitDropped.packets, flow.GetSent() - 92 - 50, "the others are lost");
            disc->SetRate(1, 4e6);
        });
        RunUntil(Seconds(7));
        const auto counters = disc->GetCounters(1);
        NS_TEST_EXPECT_MSG_EQ(counters.queued.packets, 0, "all is sent again");
        NS_TEST_EXPECT_MSG_EQ(flow.GetArrivals().size(), counters.sent.packets, "and arrives");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            flow.GetRateBps(Seconds(6), Seconds(7)), 1e6, 12e3, "as it is offered");
        Simulator::Destroy();
    }
};

/** Each queue management drops as it does, and no packet is lost from the books. */
class ConservationTestCase : public TestCase
{
  public:
    ConservationTestCase()
        : TestCase("each AQM works below a slice, and packets are conserved by cause")
    {
    }

  private:
    struct TestVector
    {
        TypeId aqm;
        QueueSize limit;
        bool dropsByLimit;
        bool dropsByAqm;
    };

    void DoRun() override
    {
        for (const auto& vector : std::vector<TestVector>{
                 {FifoQueueDisc::GetTypeId(), QueueSize("30p"), true, false},
                 {FifoQueueDisc::GetTypeId(), QueueSize("45000B"), true, false},
                 {CoDelQueueDisc::GetTypeId(), QueueSize("30p"), true, true},
                 {CoDelQueueDisc::GetTypeId(), QueueSize("5000p"), false, true},
                 {FqCoDelQueueDisc::GetTypeId(), QueueSize("30p"), true, true},
                 {FqCoDelQueueDisc::GetTypeId(), QueueSize("5000p"), false, true},
                 {RedQueueDisc::GetTypeId(), QueueSize("12p"), true, true},
                 {RedQueueDisc::GetTypeId(), QueueSize("500p"), false, true}})
        {
            Run(vector);
        }
    }

    void Run(const TestVector& vector)
    {
        ShapedLink shaped(DataRate("100Mbps"), MilliSeconds(1));
        auto disc = shaped.queueDisc;
        disc->SetAttribute("Aqm", TypeIdValue(vector.aqm));
        disc->SetAttribute("SliceLimit", QueueSizeValue(vector.limit));
        disc->AddSlice(0, DataRate(0));
        disc->AddSlice(1, DataRate("5Mbps"));
        uint64_t sent = 0;
        uint64_t dropped = 0;
        disc->TraceConnectWithoutContext(
            "Sent",
            Callback<void, uint16_t, Ptr<const QueueDiscItem>>(
                [&](uint16_t slice, Ptr<const QueueDiscItem>) { sent += slice == 1 ? 1 : 0; }));
        disc->TraceConnectWithoutContext(
            "Dropped",
            Callback<void, uint16_t, Ptr<const QueueDiscItem>, const char*>(
                [&](uint16_t slice, Ptr<const QueueDiscItem>, const char*) {
                    dropped += slice == 1 ? 1 : 0;
                }));
        SliceFlow flow(shaped, 1, 10e6, Spacing::POISSON);
        RunUntil(Seconds(4.2));
        const auto name = vector.aqm.GetName();
        const auto counters = disc->GetCounters(1);
        NS_TEST_EXPECT_MSG_EQ(counters.received.packets, flow.GetSent(), name << ": received");
        NS_TEST_EXPECT_MSG_EQ(counters.received.packets,
                              counters.sent.packets + counters.limitDropped.packets +
                                  counters.aqmDropped.packets + counters.queued.packets,
                              name << ": packets");
        NS_TEST_EXPECT_MSG_EQ(counters.received.bytes,
                              counters.sent.bytes + counters.limitDropped.bytes +
                                  counters.aqmDropped.bytes + counters.queued.bytes,
                              name << ": bytes");
        NS_TEST_EXPECT_MSG_EQ(counters.sent.packets, sent, name << ": Sent trace");
        NS_TEST_EXPECT_MSG_EQ(counters.limitDropped.packets + counters.aqmDropped.packets,
                              dropped,
                              name << ": Dropped trace");
        NS_TEST_EXPECT_MSG_EQ((counters.limitDropped.packets > 0),
                              vector.dropsByLimit,
                              name << " of " << vector.limit << ": drops of a full queue");
        NS_TEST_EXPECT_MSG_EQ((counters.aqmDropped.packets > 0),
                              vector.dropsByAqm,
                              name << " of " << vector.limit << ": drops by decision");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            flow.GetRateBps(Seconds(0.2), Seconds(4.2)), 5e6, 5e4, name << ": rate");
        Simulator::Destroy();
    }
};

/** On a link too small for all rates, turns are fair by bytes. */
class FairnessTestCase : public TestCase
{
  public:
    FairnessTestCase()
        : TestCase("where the link is too small, slices share it by bytes, not by packets")
    {
    }

  private:
    void DoRun() override
    {
        ShapedLink shaped(DataRate("10Mbps"), Time(0));
        for (uint16_t slice = 0; slice < 4; ++slice)
        {
            shaped.queueDisc->AddSlice(slice, DataRate(slice == 3 ? "1Mbps" : "20Mbps"));
        }
        SliceFlow large(shaped, 1, 15e6, Spacing::EVEN, 1500);
        SliceFlow small(shaped, 2, 15e6, Spacing::EVEN, 300);
        SliceFlow slow(shaped, 3, 15e6, Spacing::EVEN, 900);
        RunUntil(Seconds(5));
        const auto rate = [](const SliceFlow& flow) {
            return flow.GetRateBps(Seconds(1), Seconds(5));
        };
        // PPP takes 2 bytes a packet of the link; slice 3 has its tokens' rate, the rest is halved.
        const double leftBps = 10e6 - 1e6 * 902 / 900;
        const double halfBps = leftBps / (1502.0 / 1500 + 302.0 / 300);
        NS_TEST_EXPECT_MSG_EQ_TOL(rate(slow) / 1e6, 1, 0.01, "tokens");
        NS_TEST_EXPECT_MSG_EQ_TOL(rate(large) / halfBps, 1, 0.01, "large packets");
        NS_TEST_EXPECT_MSG_EQ_TOL(rate(small) / halfBps, 1, 0.01, "small packets");
        Simulator::Destroy();
    }
};

/** Bad input is refused in words. */
class BadInputTestCase : public TestCase
{
  public:
    BadInputTestCase()
        : TestCase("bad input is refused, with its name, value and what would be right")
    {
    }

  private:
    void DoRun() override
    {
        auto disc = CreateObject<SliceQueueDisc>();
        disc->AddSlice(1, DataRate("1Mbps"));
        Expect([&] { disc->AddSlice(1, DataRate("1Mbps")); }, "slice 1 is there already");
        Expect([&] { disc->SetRate(2, 1e6); }, "slice 2 is not here; AddSlice makes one");
        Expect([&] { disc->GetCounters(2); }, "slice 2 is not here; AddSlice makes one");
        Expect([&] { disc->SetRate(1, -1.0); },
               "rate of slice 1 is -1 bit/s; a finite number >= 0 is required");
        Expect([&] { disc->SetRate(1, std::nan("")); },
               "rate of slice 1 is nan bit/s; a finite number >= 0 is required");
        Expect([&] { disc->SetRate(1, std::numeric_limits<double>::infinity()); },
               "rate of slice 1 is inf bit/s; a finite number >= 0 is required");
        NS_TEST_EXPECT_MSG_EQ(disc->GetRate(1).GetBitRate(), 1'000'000, "and nothing changed");
        Expect([&] { disc->Initialize(); },
               "DefaultSlice is 0; it has to be one of the slices added");
        disc->SetAttribute("Aqm", TypeIdValue(SlicePacketFilterType()));
        Expect(
            [&] { disc->AddSlice(3, DataRate("1Mbps")); },
            "Aqm is ns3::SlicePacketFilter; a queue disc such as ns3::FifoQueueDisc is required");
        disc->SetAttribute("Aqm", TypeIdValue(FqCoDelQueueDisc::GetTypeId()));
        disc->SetAttribute("SliceLimit", QueueSizeValue(QueueSize("9000B")));
        Expect([&] { disc->AddSlice(3, DataRate("1Mbps")); },
               "SliceLimit is 9000B; ns3::FqCoDelQueueDisc does not take that");
        NS_TEST_EXPECT_MSG_EQ(
            disc->SetAttributeFailSafe("Burst", UintegerValue(1499)), false, "less than one MTU");
        LargeMtu();
        Simulator::Destroy();
    }

    /** A bucket that no packet of full size would ever pass. */
    void LargeMtu()
    {
        ShapedLink shaped(DataRate("1Mbps"), Time(0));
        shaped.link->GetDevice(0)->SetMtu(20'000);
        shaped.queueDisc->AddSlice(0, DataRate("1Mbps"));
        Expect([] { RunUntil(Seconds(1)); },
               "Burst is 15000 bytes; at least the device's MTU of 20000 is required");
    }

    static TypeId SlicePacketFilterType()
    {
        return TypeId::LookupByName("ns3::SlicePacketFilter");
    }

    void Expect(const std::function<void()>& call, const std::string& message)
    {
        const auto said = ErrorText<std::invalid_argument>(call);
        NS_TEST_EXPECT_MSG_NE(
            said.find(message), std::string::npos, "'" << said << "' says '" << message << "'");
    }
};

/** The suite. */
class TransportTestSuite : public TestSuite
{
  public:
    TransportTestSuite()
        : TestSuite("slicebed-transport", Type::UNIT)
    {
        AddTestCase(new DscpTestCase, Duration::QUICK);
        AddTestCase(new ClassificationTestCase, Duration::QUICK);
        AddTestCase(new RateTestCase, Duration::QUICK);
        AddTestCase(new ChangeTestCase, Duration::QUICK);
        AddTestCase(new WaitingTestCase, Duration::QUICK);
        AddTestCase(new StopTestCase, Duration::QUICK);
        AddTestCase(new ConservationTestCase, Duration::QUICK);
        AddTestCase(new FairnessTestCase, Duration::QUICK);
        AddTestCase(new BadInputTestCase, Duration::QUICK);
    }
};

const TransportTestSuite g_transportTestSuite; //!< registers itself

} // namespace
