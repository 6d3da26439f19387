// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loopback scenario's arithmetic, worked out by hand, in each of its spaces.
 */
#include "adaptor/loopback-adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/errors.h"
#include "exchange/scripted-channel.h"
#include "test/error-text.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

using namespace ns3;
using namespace slicebed;

namespace
{

/** Three decisions on 2 cells x 2 slices; all numbers are exact in binary. */
const std::vector<std::vector<float>> SHARES{{0.5F, 0.25F, 0.75F, 0},
                                             {1, 0, 0.5F, 0.5F},
                                             {0, 0.5F, 0.25F, 0.125F}};

/** @return the states of an episode of three steps of 1 ms */
std::vector<EnvState>
RunEpisode(LoopbackAdaptor& adaptor, const std::vector<Value>& decisions)
{
    ScriptedChannel channel([&](uint32_t k, const EnvState&) {
        return decisions[std::min<size_t>(k, decisions.size() - 1)];
    });
    DecisionLoop loop(channel, adaptor, {MilliSeconds(1), 3, Seconds(0)}, {});
    loop.Start();
    Simulator::Run();
    loop.Finish();
    Simulator::Destroy();
    return channel.GetStates();
}

std::vector<Value>
ShareDecisions()
{
    std::vector<Value> decisions;
    for (const auto& shares : SHARES)
    {
        decisions.push_back({DictValue{{"prb_max"}, {FloatBox({2, 2}, shares)}}});
    }
    return decisions;
}

/** The named arrays. */
class NamedTestCase : public TestCase
{
  public:
    NamedTestCase()
        : TestCase("named: echo, accumulated, counter, reward, future, conservation")
    {
    }

  private:
    struct TestVector
    {
        std::vector<float> echo;
        std::vector<float> accumulated;
        float reward;
    };

    void DoRun() override
    {
        const std::vector<TestVector> vectors{
            {{0, 0, 0, 0}, {0, 0, 0, 0}, 0},
            {SHARES[0], {0.5F, 0.25F, 0.75F, 0}, 1.5F},
            {SHARES[1], {1.5F, 0.25F, 1.25F, 0.5F}, 2},
            {SHARES[2], {1.5F, 0.75F, 1.5F, 0.625F}, 0.875F},
        };
        LoopbackAdaptor adaptor({.cells = 2, .slices = 2});
        const auto states = RunEpisode(adaptor, ShareDecisions());
        NS_TEST_ASSERT_MSG_EQ(states.size(), vectors.size(), "borders");
        for (size_t k = 0; k < vectors.size(); ++k)
        {
            const auto& observation = states[k].observation;
            ExpectField(observation, "echo", vectors[k].echo, k);
            ExpectField(observation, "accumulated", vectors[k].accumulated, k);
            ExpectField(observation, "counter", std::vector<float>(4, static_cast<float>(k)), k);
            ExpectField(observation, "slice_active", std::vector<float>(4, 1), k);
            ExpectField(observation, "slice_present", std::vector<float>(4, 1), k);
            NS_TEST_EXPECT_MSG_EQ(states[k].reward, vectors[k].reward, "reward at border " << k);
            RequireValid(observation, adaptor.ObservationFields());
        }
        TestInfo(states);
        TestDefault();
    }

    void ExpectField(const Value& observation,
                     const std::string& name,
                     const std::vector<float>& elements,
                     size_t k)
    {
        const bool same = FloatsOf(observation, name) == elements;
        NS_TEST_EXPECT_MSG_EQ(same, true, name << " at border " << k);
    }

    void TestInfo(const std::vector<EnvState>& states)
    {
        const auto& second = states[1].info;
        NS_TEST_EXPECT_MSG_EQ(second["future"]["offered"].dump(),
                              "[[2.0,4.0],[2.0,4.0]]",
                              "(k + 1)(slice + 1) in each cell");
        const auto& last = states.back().info;
        NS_TEST_EXPECT_MSG_EQ(last.contains("future"), false, "no interval comes after the last");
        NS_TEST_EXPECT_MSG_EQ(last["conservation"]["sent"].get<int>(), 0, "there are no packets");
    }

    void TestDefault()
    {
        LoopbackAdaptor adaptor({.cells = 1, .slices = 3});
        const auto decision = adaptor.DefaultDecision();
        const bool thirds = FloatsOf(decision, "prb_max") == std::vector<float>(3, 1.0F / 3);
        NS_TEST_EXPECT_MSG_EQ(thirds, true, "an equal split");
        RequireValid(decision, adaptor.ActionFields());
    }
};

/** The other spaces. */
class OtherSpacesTestCase : public TestCase
{
  public:
    OtherSpacesTestCase()
        : TestCase("vector, box, discrete, tuple, dict: last observation and rewards")
    {
    }

  private:
    struct TestVector
    {
        std::string spaces;
        Value decision;
        float reward;
        Value last; //!< observation after three such decisions
    };

    void DoRun() override
    {
        const Value three{DiscreteValue{3}};
        const Value level{BoxValue{{2}, std::vector<double>{0.5, -0.25}}};
        const Value counts{BoxValue{{3}, std::vector<uint32_t>(3, 3)}};
        const std::vector<TestVector> vectors{
            {"vector",
             {DictValue{{"move"}, {FloatBox({2}, {0.5F, -0.25F})}}},
             0.25F,
             {DictValue{{"state"}, {FloatBox({4}, {3, 1, 2, 3})}}}},
            {"box", level, 0.25F, {BoxValue{{2}, std::vector<double>{3, 0.25}}}},
            {"discrete", {DiscreteValue{4}}, 4, three},
            {"tuple",
             {TupleValue{{{DiscreteValue{2}}, FloatBox({2}, {0.5F, 0.25F})}}},
             2.75F,
             {TupleValue{{three, {BoxValue{{2, 2}, std::vector<int32_t>{2, 3, 4, 5}}}}}}},
            {"dict",
             {DictValue{{"choice", "level"}, {{DiscreteValue{1}}, level}}},
             1.25F,
             {DictValue{{"step", "nested"}, {three, {TupleValue{{counts}}}}}}},
        };
        for (const auto& vector : vectors)
        {
            LoopbackAdaptor adaptor({.elements = 4, .spaces = vector.spaces});
            const auto states = RunEpisode(adaptor, {vector.decision});
            NS_TEST_ASSERT_MSG_EQ(states.size(), 4, vector.spaces);
            NS_TEST_EXPECT_MSG_EQ(states[0].reward, 0, vector.spaces << " before any decision");
            NS_TEST_EXPECT_MSG_EQ(states[1].reward, vector.reward, vector.spaces);
            const bool last = states[3].observation == vector.last;
            NS_TEST_EXPECT_MSG_EQ(last, true, vector.spaces);
        }
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<UsageError>([] { LoopbackAdaptor({.spaces = "set"}); }),
            "spaces is 'set'; one of named, vector, dict, tuple, discrete, box is required",
            "an unknown one");
    }
};

/** The end by the model. */
class LoopbackGameOverTestCase : public TestCase
{
  public:
    LoopbackGameOverTestCase()
        : TestCase("game over at the border asked for")
    {
    }

  private:
    void DoRun() override
    {
        LoopbackAdaptor adaptor({.cells = 2, .slices = 2, .gameOverStep = 2});
        const auto states = RunEpisode(adaptor, ShareDecisions());
        NS_TEST_ASSERT_MSG_EQ(states.size(), 3, "borders 0, 1, 2");
        const bool over = states.back().end == EndReason::GAME_OVER;
        NS_TEST_EXPECT_MSG_EQ(over, true, "by the model");
        NS_TEST_EXPECT_MSG_EQ(FloatsOf(states.back().observation, "counter")[0], 2, "at border 2");
    }
};

class LoopbackTestSuite : public TestSuite
{
  public:
    LoopbackTestSuite()
        : TestSuite("slicebed-loopback", Type::UNIT)
    {
        AddTestCase(new NamedTestCase, Duration::QUICK);
        AddTestCase(new OtherSpacesTestCase, Duration::QUICK);
        AddTestCase(new LoopbackGameOverTestCase, Duration::QUICK);
    }
};

const LoopbackTestSuite g_loopbackTestSuite; //!< registers itself

} // namespace
