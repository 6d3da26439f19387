// SPDX-License-Identifier: GPL-2.0-only
/*
 * RLC queues with hand-known numbers: segmentation, loss, retransmission, rewinding; and what a gNB
 * knows of a UE's queue.
 */
#include "cell/buffer-status.h"
#include "cell/rlc-queue.h"

#include "ns3/test.h"

#include <sstream>

using namespace ns3;

namespace
{

constexpr uint32_t HEADER = RlcQueue::HEADER_BYTES;

/** @return a queue's SDUs that left, as "d" (delivered) and "l" (lost) with their sizes */
std::string
Text(const std::vector<RlcQueue::Departure>& departures)
{
    std::ostringstream text;
    for (const auto& departure : departures)
    {
        text << (departure.delivered ? 'd' : 'l') << departure.packet->GetSize();
    }
    return text.str();
}

/** SDUs are cut, put together and delivered in order; a lost segment loses its SDU alone. */
class UnacknowledgedTestCase : public TestCase
{
  public:
    UnacknowledgedTestCase()
        : TestCase("UM cuts, joins, keeps order, and loses an SDU with its segment")
    {
    }

  private:
    void DoRun() override
    {
        const RlcQueue::Settings settings{.limitBytes = 1000};
        RlcQueue queue(settings);
        const Time now;
        NS_TEST_EXPECT_MSG_EQ(queue.Enqueue(Create<Packet>(400), now), true, "fits");
        NS_TEST_EXPECT_MSG_EQ(queue.Enqueue(Create<Packet>(500), now), true, "fits");
        NS_TEST_EXPECT_MSG_EQ(queue.Enqueue(Create<Packet>(101), now), false, "one byte too many");
        NS_TEST_EXPECT_MSG_EQ(queue.GetDemandBytes(now), 900 + 2 * HEADER, "demand");

        const auto first = queue.Send(300 + HEADER, now);
        const auto second = queue.Send(100 + 200 + 2 * HEADER, now);
        const auto third = queue.Send(1000, now);
        NS_TEST_EXPECT_MSG_EQ(first.size(), 1, "a part of the first");
        NS_TEST_EXPECT_MSG_EQ(second.size(), 2, "its rest and a part of the second");
        NS_TEST_EXPECT_MSG_EQ(third.front().bytes, 300, "the rest of the second");
        NS_TEST_EXPECT_MSG_EQ(queue.GetDemandBytes(now), 0, "all is on the air");

        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(second, true, now)), "", "the first is not whole");
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(third, true, now)), "", "the second waits for it");
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(first, false, now)), "l400d500", "loss is known");
        NS_TEST_EXPECT_MSG_EQ(queue.GetSdus(), 0, "empty");
    }
};

/** A lost segment waits for the status report, goes again, and is given up after the last try. */
class AcknowledgedTestCase : public TestCase
{
  public:
    AcknowledgedTestCase()
        : TestCase("AM sends lost segments again after the status delay, and gives up in the end")
    {
    }

  private:
    void DoRun() override
    {
        const RlcQueue::Settings settings{.limitBytes = 1000,
                                          .mode = RlcMode::ACKNOWLEDGED,
                                          .statusDelay = MilliSeconds(40),
                                          .maxRetransmissions = 2};
        RlcQueue queue(settings);
        queue.Enqueue(Create<Packet>(300), Time(0));
        queue.Enqueue(Create<Packet>(200), Time(0));
        const auto first = queue.Send(300 + HEADER, Time(0));
        const auto second = queue.Send(200 + HEADER, Time(0));
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(first, false, MilliSeconds(1))), "", "not lost");
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(second, true, MilliSeconds(2))), "", "in order");
        NS_TEST_EXPECT_MSG_EQ(queue.GetDemandBytes(MilliSeconds(40)), 0, "nobody knows yet");
        NS_TEST_EXPECT_MSG_EQ((*queue.GetNextRetransmission() == MilliSeconds(41)), true, "then");
        NS_TEST_EXPECT_MSG_EQ(queue.GetDemandBytes(MilliSeconds(41)), 300 + HEADER, "now");

        // In two blocks this time; one is lost again.
        const auto one = queue.Send(100 + HEADER, MilliSeconds(41));
        const auto two = queue.Send(1000, MilliSeconds(42));
        NS_TEST_EXPECT_MSG_EQ(two.front().bytes, 200, "the rest of the segment");
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(one, true, MilliSeconds(43))), "", "not whole");
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(two, false, MilliSeconds(44))), "", "again");
        const auto last = queue.Send(1000, MilliSeconds(84));
        NS_TEST_EXPECT_MSG_EQ(last.front().bytes, 200, "the same again");
        NS_TEST_EXPECT_MSG_EQ(
            Text(queue.Settle(last, false, MilliSeconds(85))), "l300d200", "given up after two");

        queue.Enqueue(Create<Packet>(100), MilliSeconds(90));
        const auto third = queue.Send(1000, MilliSeconds(90));
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(third, true, MilliSeconds(91))), "d100", "goes on");
    }
};

/** A rewound queue sends again what was not delivered, and only that. */
class RewindTestCase : public TestCase
{
  public:
    RewindTestCase()
        : TestCase("a rewound queue sends whole SDUs again, but not those that are there")
    {
    }

  private:
    void DoRun() override
    {
        const RlcQueue::Settings settings{.limitBytes = 10'000};
        RlcQueue queue(settings);
        for (const uint32_t size : {100, 200, 300, 400})
        {
            queue.Enqueue(Create<Packet>(size), Time(0));
        }
        queue.Send(100 + HEADER, Time(0));
        const auto second = queue.Send(200 + HEADER, Time(0));
        queue.Send(150 + HEADER, Time(0));
        NS_TEST_EXPECT_MSG_EQ(Text(queue.Settle(second, true, Time(0))), "", "waits for the first");
        queue.Rewind();
        NS_TEST_EXPECT_MSG_EQ(queue.GetBytes(), 100 + 300 + 400, "the second is there already");
        const auto all = queue.Send(10'000, Time(0));
        NS_TEST_EXPECT_MSG_EQ(all.size(), 3, "the others in one block");
        NS_TEST_EXPECT_MSG_EQ(
            Text(queue.Settle(all, true, Time(0))), "d100d200d300d400", "all, in order, once");
    }
};

/** Requests at their occasions, reports after their delay, grants taken off. */
class BufferStatusTestCase : public TestCase
{
  public:
    BufferStatusTestCase()
        : TestCase("a gNB learns of a UE's data by a request, then by the reports in its blocks")
    {
    }

  private:
    void DoRun() override
    {
        const BufferStatus::Settings settings{
            .requestPeriodSlots = 10, .requestDelaySlots = 4, .reportDelaySlots = 8};
        BufferStatus status(settings, 3); // its occasions: 3, 13, 23, ...
        NS_TEST_EXPECT_MSG_EQ(status.NoteArrival(5).value(), 17, "asked in 13, granted in 17");
        NS_TEST_EXPECT_MSG_EQ(status.NoteArrival(6).has_value(), false, "it has asked already");
        NS_TEST_EXPECT_MSG_EQ(status.GetKnownBytes(16), 0, "not yet");
        NS_TEST_EXPECT_MSG_EQ(
            status.GetKnownBytes(17), BufferStatus::FIRST_GRANT_BYTES, "a little");
        status.NoteBlock(17, 120, 2000);
        NS_TEST_EXPECT_MSG_EQ(status.GetKnownBytes(24), 0, "the report is on its way");
        NS_TEST_EXPECT_MSG_EQ(status.GetNextReport().value(), 25, "until then");
        NS_TEST_EXPECT_MSG_EQ(status.GetKnownBytes(25), 2000, "now the gNB knows");
        status.NoteBlock(25, 1500, 500);
        NS_TEST_EXPECT_MSG_EQ(status.GetKnownBytes(26), 500, "the grant is taken off");
        status.NoteBlock(26, 500, 0);
        // The first of these two reports tells of 500 bytes that were granted since.
        NS_TEST_EXPECT_MSG_EQ(status.GetKnownBytes(33), 0, "reports are older than grants");
        NS_TEST_EXPECT_MSG_EQ(status.GetKnownBytes(34), 0, "nothing is left");
        NS_TEST_EXPECT_MSG_EQ(status.NoteArrival(34).value(), 47, "a new request");
        status.Reset();
        NS_TEST_EXPECT_MSG_EQ(status.NoteArrival(43).value(), 47, "in the slot of its occasion");
    }
};

/** The suite. */
class RlcTestSuite : public TestSuite
{
  public:
    RlcTestSuite()
        : TestSuite("slicebed-rlc", Type::UNIT)
    {
        AddTestCase(new UnacknowledgedTestCase, Duration::QUICK);
        AddTestCase(new AcknowledgedTestCase, Duration::QUICK);
        AddTestCase(new RewindTestCase, Duration::QUICK);
        AddTestCase(new BufferStatusTestCase, Duration::QUICK);
    }
};

const RlcTestSuite g_rlcTestSuite; //!< registers itself

} // namespace
