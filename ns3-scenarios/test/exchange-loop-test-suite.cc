// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision loop against a scripted agent: what is sent when, when decisions come into force,
 * and each way in which an episode ends.
 */
#include "exchange/decision-loop.h"
#include "exchange/errors.h"
#include "exchange/scripted-channel.h"
#include "test/error-text.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <memory>

using namespace ns3;
using namespace slicebed;

namespace
{

const DecisionLoop::Settings THREE_STEPS{MilliSeconds(100), 3, MilliSeconds(10)};

/** A model of one number that notes what it is asked and when. */
class NotingAdaptor : public Adaptor
{
  public:
    std::vector<FieldSpec> ObservationFields() const override
    {
        return {{.name = "borders",
                 .shape = {1},
                 .axes = {"one"},
                 .low = {0},
                 .high = {100},
                 .unit = "1",
                 .meaning = "borders passed",
                 .standard = {},
                 .sumMax = {}}};
    }

    std::vector<FieldSpec> ActionFields() const override
    {
        return {{.name = "share",
                 .shape = {2},
                 .axes = {"slice"},
                 .low = {0},
                 .high = {1},
                 .unit = "1",
                 .meaning = "shares",
                 .standard = {},
                 .sumMax = 1}};
    }

    nlohmann::json Context() const override
    {
        return nlohmann::json::object();
    }

    Value Observe() override
    {
        observedMs.push_back(Simulator::Now().GetMilliSeconds());
        return {DictValue{{"borders"}, {FloatBox({1}, {static_cast<float>(observedMs.size())})}}};
    }

    double Reward() override
    {
        return 0.5 * static_cast<double>(observedMs.size());
    }

    bool IsGameOver() override
    {
        return observedMs.size() == gameOverAfter;
    }

    nlohmann::json Info(bool ended) override
    {
        return {{"ended", ended}};
    }

    void Apply(const Value& decision) override
    {
        appliedMs.push_back(Simulator::Now().GetMilliSeconds());
        applied.push_back(FloatsOf(decision, "share")[0]);
    }

    Value DefaultDecision() const override
    {
        return Share(0);
    }

    /** @return the decision that gives the first slice this much */
    static Value Share(float first, float second = 0)
    {
        return {DictValue{{"share"}, {FloatBox({2}, {first, second})}}};
    }

    size_t gameOverAfter{1000};
    std::vector<int64_t> observedMs;
    std::vector<int64_t> appliedMs;
    std::vector<float> applied;
};

/** A loop, its model and its scripted agent, which decides k/10 at state k. */
class LoopTestCase : public TestCase
{
  protected:
    using TestCase::TestCase;

    static Answer Tenths(uint32_t k, const EnvState&)
    {
        return NotingAdaptor::Share(0.1F * static_cast<float>(k));
    }

    void RunLoop(ScriptedChannel& channel, const DecisionLoop::Settings& settings = THREE_STEPS)
    {
        loop = std::make_unique<DecisionLoop>(
            channel, adaptor, settings, nlohmann::json{{"scenario", "noting"}});
        loop->Start();
        Simulator::Run();
        stoppedMs = Simulator::Now().GetMilliSeconds();
        loop->Finish();
        const auto sent = channel.GetStates().size();
        loop->Finish();
        NS_TEST_EXPECT_MSG_EQ(channel.GetStates().size(), sent, "the last state is sent once");
    }

    void ExpectEnd(DecisionLoop::Stage stage)
    {
        const bool right = loop->GetStage() == stage;
        NS_TEST_EXPECT_MSG_EQ(right, true, "the stage after the episode");
    }

    void Expect(const std::vector<int64_t>& got,
                const std::vector<int64_t>& expected,
                const std::string& what)
    {
        const bool same = got == expected;
        NS_TEST_EXPECT_MSG_EQ(same, true, what);
    }

    void DoTeardown() override
    {
        Simulator::Destroy();
    }

    NotingAdaptor adaptor;
    std::unique_ptr<DecisionLoop> loop;
    int64_t stoppedMs{0};
};

/** An episode that lasts its time. */
class TimeOverTestCase : public LoopTestCase
{
  public:
    TimeOverTestCase()
        : LoopTestCase("three steps: four states, three decisions, each 10 ms late")
    {
    }

  private:
    void DoRun() override
    {
        ScriptedChannel channel(Tenths);
        RunLoop(channel);
        ExpectEnd(DecisionLoop::Stage::FINISHED);
        Expect(adaptor.observedMs, {0, 100, 200, 300}, "borders");
        Expect(adaptor.appliedMs, {10, 110, 210}, "decisions come into force");
        const bool inOrder = adaptor.applied == std::vector<float>{0, 0.1F, 0.2F};
        NS_TEST_EXPECT_MSG_EQ(inOrder, true, "each its own; none for the last state");
        NS_TEST_EXPECT_MSG_EQ(stoppedMs, 300, "the last border stops the simulator");
        NS_TEST_ASSERT_MSG_EQ(channel.GetInits().size(), 1, "introduces itself once");
        const bool space = channel.GetInits()[0].actionSpace == adaptor.ActionSpace();
        NS_TEST_EXPECT_MSG_EQ(space, true, "with its spaces");
        TestStates(channel.GetStates());
    }

    void TestStates(const std::vector<EnvState>& states)
    {
        NS_TEST_ASSERT_MSG_EQ(states.size(), 4, "one state a border");
        for (uint32_t k = 0; k < 4; ++k)
        {
            const auto& info = states[k].info;
            NS_TEST_EXPECT_MSG_EQ(states[k].border->step, k, "step");
            NS_TEST_EXPECT_MSG_EQ_TOL(states[k].border->tSimS, 0.1 * k, 1e-12, "time");
            NS_TEST_EXPECT_MSG_EQ(info.contains("description"), (k == 0), "described once");
            NS_TEST_EXPECT_MSG_EQ(info["ended"].get<bool>(), (k == 3), "the model knows the last");
            NS_TEST_EXPECT_MSG_EQ(states[k].reward, 0.5F * (k + 1), "reward after Observe()");
            NS_TEST_EXPECT_MSG_EQ(FloatsOf(states[k].observation, "borders")[0], k + 1, "value");
            const bool end = states[k].end == EndReason::SIMULATION_END;
            NS_TEST_EXPECT_MSG_EQ(end, (k == 3), "only the last is the end");
        }
    }
};

/** An episode that its model ends. */
class GameOverTestCase : public LoopTestCase
{
  public:
    GameOverTestCase()
        : LoopTestCase("the model ends the episode at the third border")
    {
    }

  private:
    void DoRun() override
    {
        adaptor.gameOverAfter = 2;
        ScriptedChannel channel(Tenths);
        RunLoop(channel);
        ExpectEnd(DecisionLoop::Stage::GAME_OVER);
        Expect(adaptor.observedMs, {0, 100, 200}, "borders");
        Expect(adaptor.appliedMs, {10, 110}, "the answer to the last state is not applied");
        NS_TEST_EXPECT_MSG_EQ(stoppedMs, 200, "stops there");
        const bool over = channel.GetStates().back().end == EndReason::GAME_OVER;
        NS_TEST_EXPECT_MSG_EQ(over, true, "the last state says why");
    }
};

/** Episodes that the agent ends. */
class StopTestCase : public LoopTestCase
{
  public:
    explicit StopTestCase(bool inAck)
        : LoopTestCase(inAck ? "the agent stops in its first answer"
                             : "the agent stops in place of its second decision")
        , m_inAck(inAck)
    {
    }

  private:
    void DoRun() override
    {
        ScriptedChannel channel(
            [](uint32_t k, const EnvState& state) {
                return k == 1 ? Answer{StopRequest{}} : Tenths(k, state);
            },
            !m_inAck);
        RunLoop(channel);
        ExpectEnd(DecisionLoop::Stage::STOPPED_BY_AGENT);
        const size_t states = m_inAck ? 0 : 2;
        NS_TEST_EXPECT_MSG_EQ(channel.GetStates().size(), states, "nothing after it");
        const size_t decisions = m_inAck ? 0 : 1;
        NS_TEST_EXPECT_MSG_EQ(adaptor.applied.size(), decisions, "decisions before it");
        const int64_t atMs = m_inAck ? 0 : 100;
        NS_TEST_EXPECT_MSG_EQ(stoppedMs, atMs, "stops there");
    }

    bool m_inAck; //!< in the first answer, or in place of a decision
};

/** Decisions that the fields do not allow. */
class RefusedTestCase : public LoopTestCase
{
  public:
    RefusedTestCase()
        : LoopTestCase("a decision that breaks a sum ends the run with its error")
    {
    }

  private:
    void DoRun() override
    {
        ScriptedChannel channel(
            [](uint32_t, const EnvState&) { return NotingAdaptor::Share(0.75F, 0.5F); });
        NS_TEST_EXPECT_MSG_EQ(ErrorText<UsageError>([&] { RunLoop(channel); }),
                              "share sums to 1.25 over the slices; at most 1 is allowed",
                              "the error leaves Simulator::Run");
        NS_TEST_EXPECT_MSG_EQ(adaptor.applied.size(), 0, "it never comes into force");
    }
};

/** Calls at the wrong time, and a latency that cannot be. */
class MisuseTestCase : public LoopTestCase
{
  public:
    MisuseTestCase()
        : LoopTestCase("wrong calls and settings")
    {
    }

  private:
    void DoRun() override
    {
        ScriptedChannel channel(Tenths);
        DecisionLoop once(channel, adaptor, THREE_STEPS, {});
        NS_TEST_EXPECT_MSG_EQ(ErrorText<std::logic_error>([&] { once.Finish(); }),
                              "the simulation stopped before its last decision border",
                              "not even started");
        once.Start();
        NS_TEST_EXPECT_MSG_EQ(ErrorText<std::logic_error>([&] { once.Start(); }),
                              "DecisionLoop::Start is called once",
                              "twice");
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<UsageError>([&] {
                DecisionLoop(channel, adaptor, {MilliSeconds(100), 3, MilliSeconds(100)}, {});
            }),
            "the control latency is 100 ms; less than the decision interval of "
            "100 ms is required",
            "a latency of an interval");
    }
};

/** A decision without latency. */
class NoLatencyTestCase : public LoopTestCase
{
  public:
    NoLatencyTestCase()
        : LoopTestCase("without latency a decision is in force at its border")
    {
    }

  private:
    void DoRun() override
    {
        ScriptedChannel channel(Tenths);
        RunLoop(channel, {MilliSeconds(100), 2, Seconds(0)});
        Expect(adaptor.appliedMs, {0, 100}, "at the borders");
    }
};

class ExchangeLoopTestSuite : public TestSuite
{
  public:
    ExchangeLoopTestSuite()
        : TestSuite("slicebed-exchange-loop", Type::UNIT)
    {
        AddTestCase(new TimeOverTestCase, Duration::QUICK);
        AddTestCase(new GameOverTestCase, Duration::QUICK);
        AddTestCase(new StopTestCase(true), Duration::QUICK);
        AddTestCase(new StopTestCase(false), Duration::QUICK);
        AddTestCase(new RefusedTestCase, Duration::QUICK);
        AddTestCase(new MisuseTestCase, Duration::QUICK);
        AddTestCase(new NoLatencyTestCase, Duration::QUICK);
    }
};

const ExchangeLoopTestSuite g_exchangeLoopTestSuite; //!< registers itself

} // namespace
