// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a scenario declares once: fields (space, description, checks) and parameters (command line,
 * description, help), and the exit status and last line of a run that goes wrong.
 */
#include "exchange/errors.h"
#include "exchange/run-scenario.h"
#include "test/error-text.h"

#include "ns3/nstime.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/test.h"
#include "ns3/type-id.h"

#include <cmath>
#include <iostream>
#include <sstream>

using namespace ns3;
using namespace slicebed;

namespace
{

FieldSpec
Shares()
{
    return {.name = "prb_max",
            .shape = {4, 2},
            .axes = {"cell", "slice"},
            .low = {0},
            .high = {1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5},
            .unit = "fraction",
            .meaning = "ceilings",
            .standard = "rRMPolicyMaxRatio",
            .sumMax = 1};
}

/** The space, the description and the checks that one declaration makes. */
class FieldSpecTestCase : public TestCase
{
  public:
    FieldSpecTestCase()
        : TestCase("a field's space, description and checks")
    {
    }

  private:
    void DoRun() override
    {
        const Space expected{DictSpace{{"prb_max"}, {{BoxSpace{0, 1, Dtype::FLOAT32, {4, 2}}}}}};
        const bool space = ToSpace({Shares()}) == expected;
        NS_TEST_EXPECT_MSG_EQ(space, true, "the widest of the bounds");
        NS_TEST_EXPECT_MSG_EQ(
            ToJson({Shares()}).dump(),
            R"([{"axes":["cell","slice"],"dtype":"float32",)"
            R"("high":[1.0,0.5,1.0,0.5,1.0,0.5,1.0,0.5],"low":0.0,"meaning":"ceilings",)"
            R"("name":"prb_max","shape":[4,2],"standard":"rRMPolicyMaxRatio",)"
            R"("sum_axis":"slice","sum_max":1.0,"unit":"fraction"}])",
            "description");
        TestChecks();
    }

    void TestChecks()
    {
        NS_TEST_EXPECT_MSG_EQ(Refusal(7, 0.5F), "no error", "0.5 + 0.5 is 1");
        NS_TEST_EXPECT_MSG_EQ(Refusal(6, 0.70F),
                              "prb_max[cell 3] sums to 1.2 over the slices; at most 1 is allowed",
                              "0.7 + 0.5");
        NS_TEST_EXPECT_MSG_EQ(
            Refusal(3, 0.75F),
            "prb_max[cell 1, slice 1] is 0.75; a number between 0 and 0.5 is required",
            "the element's own bound");
        NS_TEST_EXPECT_MSG_EQ(
            Refusal(7, NAN),
            "prb_max[cell 3, slice 1] is nan; a number between 0 and 0.5 is required",
            "not a number");
    }

    /** @return what is said to shares of one half, but for one */
    static std::string Refusal(size_t odd, float value)
    {
        std::vector<float> elements(8, 0.5F);
        elements[odd] = value;
        const Value dict{DictValue{{"prb_max"}, {FloatBox({4, 2}, elements)}}};
        return ErrorText<UsageError>([&] { RequireValid(dict, {Shares()}); });
    }
};

/** Parameters of each type, for the tests below. */
struct Declared
{
    int64_t steps{40};
    double load{1.5};
    bool idle{false};
    std::string file{"none"};
    ScenarioParameters parameters;

    Declared()
    {
        parameters.Add("steps", steps, "intervals", "length", 1, 1000);
        parameters.Add("load", load, "1", "offered load", 0);
        parameters.Add("idle", idle, "do nothing");
        parameters.Add("file", file, "", "where to");
    }

    std::string Refusal(const std::string& argument)
    {
        return ErrorText<UsageError>([&] { parameters.Parse({argument}); });
    }
};

/** What the command line may say and what is said to the rest. */
class ParametersTestCase : public TestCase
{
  public:
    ParametersTestCase()
        : TestCase("parameters: values, refusals, description, help")
    {
    }

  private:
    void DoRun() override
    {
        TestValues();
        TestRefusals();
        TestDescription();
        TestNs3Options();
    }

    void TestValues()
    {
        Declared d;
        d.parameters.Parse({"--steps=7", "--load=2.5e-1", "--idle", "--file=a=b.csv"});
        NS_TEST_EXPECT_MSG_EQ(d.steps, 7, "int");
        NS_TEST_EXPECT_MSG_EQ(d.load, 0.25, "float");
        NS_TEST_EXPECT_MSG_EQ(d.idle, true, "bool without value");
        NS_TEST_EXPECT_MSG_EQ(d.file, "a=b.csv", "all after the first =");
        d.parameters.Parse({"--idle=false", "--file="});
        NS_TEST_EXPECT_MSG_EQ(d.idle, false, "bool");
        NS_TEST_EXPECT_MSG_EQ(d.file, "", "empty");
    }

    void TestRefusals()
    {
        Declared d;
        const std::string whole = "; a whole number from 1 to 1000 is required";
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--steps=0"), "steps is '0'" + whole, "too low");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--steps=1001"), "steps is '1001'" + whole, "too high");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--steps=2.5"), "steps is '2.5'" + whole, "not whole");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--steps=12x"), "steps is '12x'" + whole, "half a number");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--steps"), "steps is ''" + whole, "no value");
        const std::string load = "; a number of at least 0 is required";
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--load=nan"), "load is 'nan'" + load, "not a number");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--load=inf"), "load is 'inf'" + load, "infinite");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--load=-0.1"), "load is '-0.1'" + load, "negative");
        NS_TEST_EXPECT_MSG_EQ(
            d.Refusal("--idle=yes"), "idle is 'yes'; true or false is required", "bool");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--stps=3"),
                              "parameter 'stps' is unknown; did you mean 'steps'?",
                              "misspelt");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("steps=3"),
                              "argument is 'steps=3'; --name=value is required",
                              "without dashes");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--file=\xff"),
                              "file is '\xff'; text in UTF-8 is required",
                              "the description could not hold it");
        NS_TEST_EXPECT_MSG_EQ(d.steps, 40, "a refused value changes nothing");
        NS_TEST_EXPECT_MSG_EQ(ErrorText<UsageError>([] { ParseNumbers("targets", "2,x", 0, 10); }),
                              "targets is 'x'; a list of numbers from 0 to 10 is required",
                              "a list");
    }

    void TestDescription()
    {
        Declared d;
        d.parameters.Parse({"--steps=7"});
        const auto json = d.parameters.ToJson();
        NS_TEST_EXPECT_MSG_EQ(json[0].dump(),
                              R"({"default":40,"help":"length","high":1000.0,"low":1.0,)"
                              R"("name":"steps","type":"int","unit":"intervals","value":7})",
                              "default and value");
        NS_TEST_EXPECT_MSG_EQ(json[1]["high"].is_null(), true, "no bound");
        NS_TEST_EXPECT_MSG_EQ(json[2]["type"].get<std::string>(), "bool", "type");
        NS_TEST_EXPECT_MSG_EQ(json[3]["type"].get<std::string>(), "string", "type");
        NS_TEST_EXPECT_MSG_NE(d.parameters.Help().find("  --steps=40  length [intervals]\n"),
                              std::string::npos,
                              d.parameters.Help());
    }

    void TestNs3Options()
    {
        Declared d;
        const auto run = RngSeedManager::GetRun();
        d.parameters.Parse({"--RngRun=77"});
        NS_TEST_EXPECT_MSG_EQ(RngSeedManager::GetRun(), 77, "RngRun reaches ns-3");
        RngSeedManager::SetRun(run);
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--RngRun=x"),
                              "RngRun is 'x'; a whole number of at least 0 is required",
                              "a global value that is no number: ns-3 itself would abort");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--RngSeed=0"),
                              "RngSeed is '0'; a whole number of at least 1 is required",
                              "the seed that ns-3's generators abort on");
        NS_TEST_EXPECT_MSG_EQ(d.Refusal("--ns3::UniformRandomVariable::Max=x"),
                              "ns3::UniformRandomVariable::Max is 'x'; a number is required",
                              "an attribute that is no number");
        NS_TEST_EXPECT_MSG_EQ(
            d.Refusal("--ns3::NoSuchClass::Attribute=1"),
            "ns3::NoSuchClass::Attribute is '1'; ns-3 knows no such attribute or value",
            "an attribute that is none");
        TestUnreadable(d);
    }

    /** Texts on which ns-3's own readers abort. */
    void TestUnreadable(Declared& d)
    {
        for (const std::string name : {"ns3::RealtimeSimulatorImpl::HardLimit", // a Time
                                       "ns3::MobilityModel::Position",          // a Vector
                                       "ns3::RandomWalk2dMobilityModel::Mode",  // an Enum
                                       "ns3::RandomWalk2dMobilityModel::Speed", // a Pointer
                                       "SimulatorImplementationType"})
        {
            NS_TEST_EXPECT_MSG_EQ(d.Refusal("--" + name + "=abc"),
                                  name + " is 'abc'; ns-3 knows no such attribute or value",
                                  "no abort");
        }
        d.parameters.Parse({"--ns3::RealtimeSimulatorImpl::HardLimit=5ms"});
        TypeId::AttributeInformation limit;
        TypeId::LookupByName("ns3::RealtimeSimulatorImpl")
            .LookupAttributeByName("HardLimit", &limit);
        const auto value = DynamicCast<const TimeValue>(limit.initialValue)->Get();
        NS_TEST_EXPECT_MSG_EQ(value, MilliSeconds(5), "a value that it can read is in force");
    }
};

/** A scenario without a model, to run main()'s part. */
class NothingScenario : public Scenario
{
  public:
    std::string Name() const override
    {
        return "nothing";
    }

    std::string Summary() const override
    {
        return "does nothing";
    }

    std::string Topology() const override
    {
        return "";
    }

    void Declare(ScenarioParameters& parameters) override
    {
        parameters.Add("steps", m_steps, "intervals", "length", 1, 1000);
        parameters.Add("fail", m_fail, "the model throws");
    }

    std::unique_ptr<Adaptor> Build() override
    {
        return std::make_unique<NothingAdaptor>(m_fail);
    }

    DecisionLoop::Settings LoopSettings() const override
    {
        return {MilliSeconds(1), static_cast<uint32_t>(m_steps), Seconds(0)};
    }

  private:
    /** One choice, no observation worth a name. */
    class NothingAdaptor : public Adaptor
    {
      public:
        explicit NothingAdaptor(bool fail)
            : m_fail(fail)
        {
        }

        std::vector<FieldSpec> ObservationFields() const override
        {
            return {};
        }

        std::vector<FieldSpec> ActionFields() const override
        {
            return {};
        }

        nlohmann::json Context() const override
        {
            return {{"cells", 0}};
        }

        Value Observe() override
        {
            if (m_fail)
            {
                throw std::runtime_error("the model failed");
            }
            return {DictValue{}};
        }

        double Reward() override
        {
            return 0;
        }

        bool IsGameOver() override
        {
            return false;
        }

        nlohmann::json Info(bool) override
        {
            return nlohmann::json::object();
        }

        void Apply(const Value&) override
        {
        }

        Value DefaultDecision() const override
        {
            return {DictValue{}};
        }

      private:
        bool m_fail; //!< in Observe()
    };

    int64_t m_steps{3};
    bool m_fail{false};
};

/** Exit statuses and what is printed. */
class RunScenarioTestCase : public TestCase
{
  public:
    RunScenarioTestCase()
        : TestCase("exit status and last line of a scenario")
    {
    }

  private:
    struct Outcome
    {
        int status;
        std::string out;
        std::string err;
    };

    static Outcome RunWith(std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), "slicebed-nothing");
        std::vector<char*> argv;
        for (auto& argument : arguments)
        {
            argv.push_back(argument.data());
        }
        std::ostringstream out;
        std::ostringstream err;
        auto* const stdOut = std::cout.rdbuf(out.rdbuf());
        auto* const stdErr = std::cerr.rdbuf(err.rdbuf());
        NothingScenario scenario;
        const int status = RunScenario(scenario, static_cast<int>(argv.size()), argv.data());
        std::cout.rdbuf(stdOut);
        std::cerr.rdbuf(stdErr);
        return {status, out.str(), err.str()};
    }

    void
    ExpectFailure(const std::vector<std::string>& arguments, int status, const std::string& text)
    {
        const auto outcome = RunWith(arguments);
        NS_TEST_EXPECT_MSG_EQ(outcome.status, status, text);
        NS_TEST_EXPECT_MSG_EQ(outcome.err, "slicebed-nothing: error: " + text + "\n", "one line");
    }

    void DoRun() override
    {
        const auto alone = RunWith({});
        NS_TEST_EXPECT_MSG_EQ(alone.status, 0, "runs without an agent: " << alone.err);
        NS_TEST_EXPECT_MSG_EQ(alone.out + alone.err, "", "and says nothing");
        ExpectFailure({"--setps=3"}, 2, "parameter 'setps' is unknown; did you mean 'steps'?");
        ExpectFailure({"--endpoint=nowhere"},
                      2,
                      "endpoint is 'nowhere' (Invalid argument); tcp://127.0.0.1:PORT, "
                      "ipc://PATH or shm:/proc/PID/fd/N is required");
        ExpectFailure({"--fail"}, 3, "the model failed");
        ExpectFailure({"--endpoint=ipc:///nonexistent/agent", "--connect_timeout_s=0.2"},
                      3,
                      "no agent at ipc:///nonexistent/agent within 0.2 s");
        TestDescribe();
    }

    void TestDescribe()
    {
        const auto outcome = RunWith({"--describe", "--steps=9"});
        NS_TEST_ASSERT_MSG_EQ(outcome.status, 0, outcome.err);
        const auto json = nlohmann::json::parse(outcome.out);
        NS_TEST_EXPECT_MSG_EQ(json["scenario"].get<std::string>(), "nothing", "name");
        NS_TEST_EXPECT_MSG_EQ(json["slicebed"].get<int>(), 1, "version of the description");
        NS_TEST_EXPECT_MSG_EQ(json["parameters"].size(), 2, "the scenario's own only");
        NS_TEST_EXPECT_MSG_EQ(json["parameters"][0]["default"].get<int>(), 3, "default");
        NS_TEST_EXPECT_MSG_EQ(json["parameters"][0]["value"].get<int>(), 9, "as given");
        NS_TEST_EXPECT_MSG_EQ(json["context"]["steps"].get<int>(), 9, "timing is in the context");
        NS_TEST_EXPECT_MSG_EQ_TOL(json["context"]["interval_s"].get<double>(), 0.001, 0, "1 ms");
        const auto help = RunWith({"--help"});
        NS_TEST_EXPECT_MSG_EQ(help.status, 0, help.err);
        NS_TEST_EXPECT_MSG_NE(
            help.out.find("--steps=3  length [intervals]"), std::string::npos, help.out);
        const auto components = RunWith({"--log_components"});
        NS_TEST_EXPECT_MSG_EQ(components.status, 0, components.err);
        NS_TEST_EXPECT_MSG_NE(
            components.out.find("UdpSocketImpl\n"), std::string::npos, components.out);
    }
};

class ExchangeFieldsTestSuite : public TestSuite
{
  public:
    ExchangeFieldsTestSuite()
        : TestSuite("slicebed-exchange-fields", Type::UNIT)
    {
        AddTestCase(new FieldSpecTestCase, Duration::QUICK);
        AddTestCase(new ParametersTestCase, Duration::QUICK);
        AddTestCase(new RunScenarioTestCase, Duration::QUICK);
    }
};

const ExchangeFieldsTestSuite g_exchangeFieldsTestSuite; //!< registers itself

} // namespace
