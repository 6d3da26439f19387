// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory: where things lie, worked out by hand; segments that are none; both ends in one
 * process, the agent in a thread of its own; agents that leave, stop or talk nonsense.
 */
#include "adaptor/loopback-adaptor.h"
#include "exchange/codec.h"
#include "exchange/decision-loop.h"
#include "exchange/errors.h"
#include "exchange/shm-agent.h"
#include "exchange/shm-channel.h"
#include "exchange/shm-values.h"
#include "messages.pb.h"
#include "test/error-text.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <iostream>
#include <limits>
#include <sched.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace ns3;
using namespace slicebed;
using namespace std::chrono_literals;
namespace wire = ns3opengym;

namespace
{

BoxSpace
Box(Dtype dtype, std::vector<uint32_t> shape)
{
    return {-10, 10, dtype, std::move(shape)};
}

std::string
EndpointOf(int descriptor)
{
    return "shm:/proc/self/fd/" + std::to_string(descriptor);
}

/** An agent whose script runs in a thread. */
class ThreadAgent
{
  public:
    using Script = std::function<void(ShmAgent&)>;

    explicit ThreadAgent(Script script)
        : m_agent(std::make_unique<ShmAgent>())
        , m_endpoint(EndpointOf(m_agent->Descriptor()))
        , m_thread([this, script = std::move(script)] {
            try
            {
                script(*m_agent);
            }
            catch (const std::exception& error)
            {
                std::cerr << "agent: " << error.what() << std::endl; // the simulation sees it leave
            }
            m_agent.reset();
        })
    {
    }

    const std::string& Endpoint() const
    {
        return m_endpoint;
    }

    static TurnRecord Receive(ShmAgent& agent)
    {
        std::string message;
        return Receive(agent, message);
    }

    static TurnRecord Receive(ShmAgent& agent, std::string& message)
    {
        const auto end = std::chrono::steady_clock::now() + 5s;
        return agent.Turns().Receive(message, [&] {
            if (agent.IsSimulationGone() || std::chrono::steady_clock::now() > end)
            {
                throw std::runtime_error("the simulation says nothing");
            }
        });
    }

    static void Post(ShmAgent& agent, TurnKind kind)
    {
        agent.Turns().Post({.kind = kind});
    }

  private:
    std::unique_ptr<ShmAgent> m_agent;
    std::string m_endpoint;
    std::jthread m_thread; //!< last, so that it ends before what it uses
};

const Space CHOICE{DiscreteSpace{5}};
const SimInit INIT{1, CHOICE, CHOICE};
const EnvState STATE{{DiscreteValue{0}}, 0, std::nullopt, {}, {}};

/** Lets the simulation go on to its first state. */
void
Begin(ShmAgent& agent)
{
    ThreadAgent::Receive(agent);
    agent.Agree(CHOICE, CHOICE);
    ThreadAgent::Receive(agent);
}

/** What a channel says of an agent with this script. */
template <typename Error>
std::string
TalkTo(ThreadAgent::Script script)
{
    ThreadAgent agent(std::move(script));
    ShmChannel channel(agent.Endpoint());
    auto text = ErrorText<Error>([&] {
        if (!channel.Open(INIT))
        {
            throw std::runtime_error("the agent stopped");
        }
        const auto answer = channel.Exchange(STATE);
        const bool three = answer == Answer{Value{DiscreteValue{3}}};
        throw std::runtime_error(three ? "the agent chose 3" : "the agent chose otherwise");
    });
    const auto at = text.find(agent.Endpoint());
    return at == std::string::npos ? text : text.replace(at, agent.Endpoint().size(), "ADDRESS");
}

/** Offsets. */
class LayoutTestCase : public TestCase
{
  public:
    LayoutTestCase()
        : TestCase("offsets of header and arrays, by hand")
    {
    }

  private:
    void DoRun() override
    {
        TestHeader();
        TestArrays();
        TestHash();
        const Space tooLarge{Box(Dtype::FLOAT64, {65536, 65536, 65536, 65536})};
        NS_TEST_EXPECT_MSG_EQ(ErrorText<UsageError>([&] { MakeLayout(tooLarge, CHOICE); }),
                              "observation and action take more than 4096 MiB; at most that fits "
                              "in shared memory",
                              "2^64 elements");
    }

    void TestHeader()
    {
        // As the table in PROTOCOL.md.
        const size_t simulation = offsetof(ShmHeader, simulation);
        const size_t agent = offsetof(ShmHeader, agentSide);
        NS_TEST_EXPECT_MSG_EQ(offsetof(ShmHeader, agent), 24, "the agent's process");
        NS_TEST_EXPECT_MSG_EQ(offsetof(ShmHeader, simulationPid), 128, "the simulation's process");
        NS_TEST_EXPECT_MSG_EQ(offsetof(ShmHeader, layoutHash), 256, "the layout");
        NS_TEST_EXPECT_MSG_EQ(simulation, 384, "the simulation's side");
        NS_TEST_EXPECT_MSG_EQ(agent, 640, "the agent's side");
        NS_TEST_EXPECT_MSG_EQ(offsetof(TurnSide, record), 64, "a turn's record");
        NS_TEST_EXPECT_MSG_EQ(offsetof(TurnSide, sleeps), 128, "whether it sleeps");
        NS_TEST_EXPECT_MSG_EQ(offsetof(TurnSide, closed), 132, "whether it left");
    }

    void TestArrays()
    {
        const Space observation{DictSpace{
            {"a", "b", "c"},
            {{Box(Dtype::FLOAT32, {13})}, {DiscreteSpace{3}}, {Box(Dtype::FLOAT64, {2, 3})}}}};
        const Space action{TupleSpace{{{Box(Dtype::UINT32, {5})}, {Box(Dtype::INT32, {})}}}};
        const auto layout = MakeLayout(observation, action);
        // 65536 + 52 bytes -> 65600, + 4 -> 65664, + 48 = 65712 -> 65792, the next multiple of 128.
        const std::vector<ShmLeaf> expected{
            {Dtype::FLOAT32, 13, 65536}, {Dtype::INT32, 1, 65600}, {Dtype::FLOAT64, 6, 65664}};
        const bool same = layout.observation == expected;
        NS_TEST_EXPECT_MSG_EQ(same, true, "observation");
        // 65792 + 20 -> 65856, + 4 -> 65920.
        const std::vector<ShmLeaf> expectedAction{{Dtype::UINT32, 5, 65792},
                                                  {Dtype::INT32, 1, 65856}};
        const bool sameAction = layout.action == expectedAction;
        NS_TEST_EXPECT_MSG_EQ(sameAction, true, "action");
        NS_TEST_EXPECT_MSG_EQ(layout.totalBytes, 65920, "all");
    }

    void TestHash()
    {
        const auto hash = [](const Space& space) {
            return MakeLayout(space, CHOICE).hash;
        };
        const auto base = hash({Box(Dtype::INT32, {2, 3})});
        NS_TEST_EXPECT_MSG_EQ(hash({Box(Dtype::INT32, {2, 3})}), base, "the same");
        NS_TEST_EXPECT_MSG_NE(hash({Box(Dtype::INT32, {3, 2})}), base, "another shape");
        NS_TEST_EXPECT_MSG_NE(hash({Box(Dtype::UINT32, {2, 3})}), base, "another dtype");
        NS_TEST_EXPECT_MSG_NE(
            hash({DictSpace{{"a"}, {CHOICE}}}), hash({DictSpace{{"b"}, {CHOICE}}}), "another name");
        NS_TEST_EXPECT_MSG_NE(hash({DiscreteSpace{4}}), hash({DiscreteSpace{5}}), "choices");
    }
};

/** Files that are no segments. */
class SegmentTestCase : public TestCase
{
  public:
    SegmentTestCase()
        : TestCase("a segment that is none is refused, and said why")
    {
    }

  private:
    void DoRun() override
    {
        TestFiles();
        TestHeads();
        const auto segment = ShmSegment::Create();
        const auto endpoint = EndpointOf(segment.Descriptor());
        NS_TEST_EXPECT_MSG_EQ(ftruncate(segment.Descriptor(), 100), -1, "it cannot shrink");
        ShmChannel first(endpoint);
        NS_TEST_EXPECT_MSG_EQ(ErrorText<ProtocolError>([&] { ShmChannel second(endpoint); }),
                              "process " + std::to_string(getpid()) + " talks over " + endpoint +
                                  "; each simulation needs a segment of its own",
                              "a second simulation");
    }

    /** @return what opening a descriptor says, after "/proc/self/fd/N " */
    static std::string Open(int descriptor)
    {
        const auto endpoint = EndpointOf(descriptor);
        auto text = ErrorText<ProtocolError>([&] { ShmChannel channel(endpoint); });
        close(descriptor);
        return text.substr(std::min(text.size(), endpoint.size() - SHM_PREFIX.size() + 1));
    }

    void TestFiles()
    {
        NS_TEST_EXPECT_MSG_EQ(ErrorText<UsageError>([] { ShmChannel channel("shm:/no/file"); }),
                              "endpoint is 'shm:/no/file' (No such file or directory); "
                              "shm:/proc/PID/fd/N, the segment of an agent that lives, is required",
                              "no file");
        char name[] = "/tmp/slicebed-test-XXXXXX";
        const int file = mkstemp(name);
        unlink(name);
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<ProtocolError>([&] { ShmChannel channel("shm:/dev/null"); }),
            "/dev/null is no memory file; one made by memfd_create is required",
            "a device");
        const auto said = Open(file);
        const bool refused = said.find("is required") != std::string::npos;
        NS_TEST_EXPECT_MSG_EQ(refused, true, "a file on a disk: " + said);
        const int unsealed = memfd_create("test", MFD_ALLOW_SEALING);
        NS_TEST_EXPECT_MSG_EQ(ftruncate(unsealed, SHM_HEAD_BYTES), 0, "made");
        NS_TEST_EXPECT_MSG_EQ(Open(unsealed),
                              "may shrink; a memory file sealed by F_SEAL_SHRINK is required",
                              "not sealed");
        const int shortFile = memfd_create("test", MFD_ALLOW_SEALING);
        NS_TEST_EXPECT_MSG_EQ(ftruncate(shortFile, 100), 0, "made");
        NS_TEST_EXPECT_MSG_EQ(fcntl(shortFile, F_ADD_SEALS, F_SEAL_SHRINK), 0, "sealed");
        NS_TEST_EXPECT_MSG_EQ(
            Open(shortFile), "has 100 bytes; at least 65536 are required", "too short");
    }

    /** @return what opening a segment says whose head was changed */
    static std::string OpenChanged(const std::function<void(ShmHeader&)>& change)
    {
        const auto segment = ShmSegment::Create();
        change(segment.Header());
        return Open(dup(segment.Descriptor()));
    }

    void TestHeads()
    {
        NS_TEST_EXPECT_MSG_EQ(OpenChanged([](ShmHeader& header) { header.magic ^= 1; }),
                              "does not begin as a segment of Slicebed does",
                              "magic");
        NS_TEST_EXPECT_MSG_EQ(OpenChanged([](ShmHeader& header) { header.version = 2; }),
                              "is a segment of version 2; version 1 is required",
                              "version");
        NS_TEST_EXPECT_MSG_EQ(OpenChanged([](ShmHeader& header) { header.headerBytes = 64; }),
                              "has a header of 64 bytes and an area of 61440 bytes; 4096 and 61440 "
                              "are required",
                              "sizes");
    }
};

/** Arrays with and without elements. */
class ValuesTestCase : public TestCase
{
  public:
    ValuesTestCase()
        : TestCase("what is stored is what is loaded, also nothing")
    {
    }

  private:
    void DoRun() override
    {
        const Space space{TupleSpace{
            {{Box(Dtype::FLOAT32, {0})}, {Box(Dtype::INT32, {2})}, {Box(Dtype::FLOAT64, {3, 0})}}}};
        const Value value{TupleValue{{{BoxValue{{0}, std::vector<float>{}}},
                                      {BoxValue{{2}, std::vector<int32_t>{-3, 4}}},
                                      {BoxValue{{3, 0}, std::vector<double>{}}}}}};
        auto segment = ShmSegment::Create();
        const auto layout = MakeLayout(space, space);
        segment.Grow(layout.totalBytes);
        Store(value, space, layout.observation, segment);
        const bool same = Load(space, layout.observation, segment) == value;
        NS_TEST_EXPECT_MSG_EQ(same, true, "two numbers between two empty arrays");
    }
};

/** Agents that play by the rules. */
class LivingAgentTestCase : public TestCase
{
  public:
    LivingAgentTestCase()
        : TestCase("answers arrive, also late and also last words; messages of any length")
    {
    }

  private:
    static void ChooseThree(ShmAgent& agent)
    {
        Begin(agent);
        const int32_t choice = 3;
        std::memcpy(agent.Segment().At(agent.Layout().action[0]), &choice, sizeof(choice));
        ThreadAgent::Post(agent, TurnKind::ACTION);
    }

    void DoRun() override
    {
        for (int i = 0; i < 10; ++i)
        {
            // It leaves right after the decision: what it said counts.
            NS_TEST_EXPECT_MSG_EQ(
                TalkTo<std::runtime_error>(ChooseThree), "the agent chose 3", "last words");
        }
        auto slowly = [](ShmAgent& agent) {
            std::this_thread::sleep_for(200ms);
            ChooseThree(agent);
        };
        NS_TEST_EXPECT_MSG_EQ(
            TalkTo<std::runtime_error>(slowly), "the agent chose 3", "thinks for long");
        auto stop = [](ShmAgent& agent) {
            ThreadAgent::Receive(agent);
            ThreadAgent::Post(agent, TurnKind::STOP);
        };
        NS_TEST_EXPECT_MSG_EQ(
            TalkTo<std::runtime_error>(stop), "the agent stopped", "in place of GO");
        TestLongMessages();
        TestOneProcessor();
    }

    void TestLongMessages()
    {
        // Both are several times as long as the area of 61440 bytes.
        const std::string text(300'000, 'x');
        wire::EnvActMsg request;
        for (int i = 0; i < 10'000; ++i)
        {
            request.add_branch()->set_endpoint("shm:/proc/1/fd/" + std::to_string(i));
        }
        std::string info;
        ThreadAgent agent([&](ShmAgent& self) {
            ThreadAgent::Receive(self);
            self.Agree(CHOICE, CHOICE);
            ThreadAgent::Receive(self, info);
            self.Turns().Send({.kind = TurnKind::BRANCH}, request.SerializeAsString(), [] {});
            ThreadAgent::Receive(self);
            ThreadAgent::Post(self, TurnKind::STOP);
        });
        ShmChannel channel(agent.Endpoint());
        channel.Open(INIT);
        auto state = STATE;
        state.info = {{"text", text}};
        const auto branches = std::get<BranchRequest>(channel.Exchange(state)).peers;
        NS_TEST_EXPECT_MSG_EQ(branches.size(), 10'000, "branches");
        NS_TEST_EXPECT_MSG_EQ(branches.back().endpoint, "shm:/proc/1/fd/9999", "the last of them");
        const bool stopped = channel.Exchange(STATE) == Answer{StopRequest{}};
        NS_TEST_EXPECT_MSG_EQ(stopped, true, "and the conversation goes on");
        NS_TEST_EXPECT_MSG_EQ(info, state.info.dump(), "info");
    }

    void TestOneProcessor()
    {
        cpu_set_t before;
        sched_getaffinity(0, sizeof(before), &before);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        sched_setaffinity(0, sizeof(one), &one); // the agent's thread inherits it
        NS_TEST_EXPECT_MSG_EQ(
            TalkTo<std::runtime_error>(ChooseThree), "the agent chose 3", "both on one processor");
        sched_setaffinity(0, sizeof(before), &before);
    }
};

/** Agents that do not. */
class HostileAgentTestCase : public TestCase
{
  public:
    HostileAgentTestCase()
        : TestCase("an agent that leaves or talks nonsense is an error")
    {
    }

  private:
    /** What the channel says when the agent's first answer to a state is this. */
    template <typename Error>
    static std::string Answer(const std::function<void(ShmAgent&)>& answer)
    {
        return TalkTo<Error>([=](ShmAgent& agent) {
            Begin(agent);
            answer(agent);
            ThreadAgent::Receive(agent);
        });
    }

    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(
            TalkTo<AgentLost>([](ShmAgent& agent) { ThreadAgent::Receive(agent); }),
            "the agent at ADDRESS went away",
            "before its first answer");
        NS_TEST_EXPECT_MSG_EQ(TalkTo<AgentLost>(Begin), "the agent at ADDRESS went away", "later");
        NS_TEST_EXPECT_MSG_EQ(
            Answer<ProtocolError>([](ShmAgent& agent) { ThreadAgent::Post(agent, TurnKind::GO); }),
            "the agent answered a state by a turn of kind 3; ACTION, STOP or "
            "BRANCH is required",
            "wrong kind");
        NS_TEST_EXPECT_MSG_EQ(Answer<ProtocolError>([](ShmAgent& agent) {
                                  agent.Segment().Header().agentSide.turn = 7;
                              }),
                              "the other end's turn counter is 7; 2 is required",
                              "wrong counter");
        NS_TEST_EXPECT_MSG_EQ(Answer<ProtocolError>([](ShmAgent& agent) {
                                  agent.Turns().Post(
                                      {.kind = TurnKind::BRANCH, .bytes = uint64_t{1} << 40});
                              }),
                              "a message of 1099511627776 bytes in an area of 61440",
                              "beyond the area");
        NS_TEST_EXPECT_MSG_EQ(Answer<UsageError>([](ShmAgent& agent) {
                                  const int32_t choice = 5;
                                  const auto& leaf = agent.Layout().action[0];
                                  std::memcpy(agent.Segment().At(leaf), &choice, sizeof(choice));
                                  ThreadAgent::Post(agent, TurnKind::ACTION);
                              }),
                              "action is 5; a whole number from 0 to 4 is required",
                              "a choice that is not there");
        TestLayout();
        TestValues();
    }

    void TestLayout()
    {
        const auto text = TalkTo<ProtocolError>([](ShmAgent& agent) {
            ThreadAgent::Receive(agent);
            agent.Agree(CHOICE, {DiscreteSpace{6}});
        });
        const bool refused = text.find("laid the arrays out otherwise") != std::string::npos;
        NS_TEST_EXPECT_MSG_EQ(refused, true, "another layout: " + text);
        const auto small = TalkTo<ProtocolError>([](ShmAgent& agent) {
            ThreadAgent::Receive(agent);
            const auto layout = MakeLayout(CHOICE, CHOICE);
            agent.Segment().Header().layoutHash = layout.hash;
            agent.Segment().Header().totalBytes = layout.totalBytes;
            ThreadAgent::Post(agent, TurnKind::GO); // and no room made
        });
        // One int32 at 65536, one at the next multiple of 128, up to the end of its line.
        const bool said =
            small.find("has 65536 bytes; at least 65728 are req") != std::string::npos;
        NS_TEST_EXPECT_MSG_EQ(said, true, "too small a segment: " + small);
    }

    void TestValues()
    {
        // Not a number in the second element of the second row.
        const Space space{Box(Dtype::FLOAT32, {2, 2})};
        ThreadAgent agent([&](ShmAgent& self) {
            ThreadAgent::Receive(self);
            self.Agree(CHOICE, space);
            ThreadAgent::Receive(self);
            const float values[]{1, 2, 3, std::numeric_limits<float>::quiet_NaN()};
            std::memcpy(self.Segment().At(self.Layout().action[0]), values, sizeof(values));
            ThreadAgent::Post(self, TurnKind::ACTION);
        });
        ShmChannel channel(agent.Endpoint());
        channel.Open({1, CHOICE, space});
        NS_TEST_EXPECT_MSG_EQ(ErrorText<UsageError>([&] { channel.Exchange(STATE); }),
                              "action[1,1] is nan; a number between -10 and 10 is required",
                              "not a number");
    }
};

/** Whole episodes of the loopback in all its spaces. */
class EpisodeTestCase : public TestCase
{
  public:
    EpisodeTestCase()
        : TestCase("episodes of the loopback: all its spaces through the arrays and back")
    {
    }

  private:
    void DoRun() override
    {
        for (const auto* spaces : {"named", "vector", "box", "discrete", "tuple", "dict"})
        {
            LoopbackSettings settings;
            settings.spaces = spaces;
            LoopbackAdaptor adaptor(settings);
            std::vector<TurnRecord> states;
            ThreadAgent agent([&](ShmAgent& self) { Play(self, adaptor, states); });
            ShmChannel channel(agent.Endpoint());
            DecisionLoop loop(channel, adaptor, {MilliSeconds(1), 3, Seconds(0)}, {});
            loop.Start();
            Simulator::Run();
            loop.Finish();
            Simulator::Destroy();
            const bool finished = loop.GetStage() == DecisionLoop::Stage::FINISHED;
            NS_TEST_EXPECT_MSG_EQ(finished, true, std::string(spaces) + ": ran to its end");
            NS_TEST_EXPECT_MSG_EQ(states.size(), 4, std::string(spaces) + ": states");
            NS_TEST_EXPECT_MSG_EQ(states[2].step, 2, std::string(spaces) + ": border");
            NS_TEST_EXPECT_MSG_EQ(states[2].tSimS, 0.002, std::string(spaces) + ": time");
            const bool over = states[3].end == TurnEnd::SIMULATION_END;
            NS_TEST_EXPECT_MSG_EQ(over, true, std::string(spaces) + ": its time is over");
        }
    }

    /** Leaves all arrays at 0, a decision of every space. */
    static void
    Play(ShmAgent& agent, const LoopbackAdaptor& adaptor, std::vector<TurnRecord>& states)
    {
        ThreadAgent::Receive(agent);
        agent.Agree(adaptor.ObservationSpace(), adaptor.ActionSpace());
        do
        {
            states.push_back(ThreadAgent::Receive(agent));
            ThreadAgent::Post(agent, TurnKind::ACTION);
        } while (states.back().end == TurnEnd::NONE);
    }
};

class ExchangeShmTestSuite : public TestSuite
{
  public:
    ExchangeShmTestSuite()
        : TestSuite("slicebed-exchange-shm", Type::UNIT)
    {
        AddTestCase(new LayoutTestCase, Duration::QUICK);
        AddTestCase(new SegmentTestCase, Duration::QUICK);
        AddTestCase(new ValuesTestCase, Duration::QUICK);
        AddTestCase(new LivingAgentTestCase, Duration::QUICK);
        AddTestCase(new HostileAgentTestCase, Duration::QUICK);
        AddTestCase(new EpisodeTestCase, Duration::QUICK);
    }
};

const ExchangeShmTestSuite g_exchangeShmTestSuite; //!< registers itself

} // namespace
