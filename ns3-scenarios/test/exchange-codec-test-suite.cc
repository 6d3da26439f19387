// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ns3-gym wire: messages byte for byte, round trips over all spaces, and what is said to
 * messages that are damaged or do not fit.
 */
#include "exchange/codec.h"
#include "exchange/errors.h"
#include "messages.pb.h"
#include "test/error-text.h"

#include "ns3/test.h"

#include <cmath>
#include <functional>

using namespace ns3;
using namespace slicebed;
namespace wire = ns3opengym;

namespace
{

const std::string URL = "type.googleapis.com/ns3opengym.";

std::string
FromHex(const std::string& hex)
{
    std::string bytes;
    for (size_t i = 0; i < hex.size(); i += 2)
    {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::string
ToHex(const std::string& bytes)
{
    static const char* const DIGITS = "0123456789abcdef";
    std::string hex;
    for (const unsigned char byte : bytes)
    {
        hex += {DIGITS[byte >> 4], DIGITS[byte & 15]};
    }
    return hex;
}

Space
Box(double low, double high, Dtype dtype, const std::vector<uint32_t>& shape)
{
    return {BoxSpace{low, high, dtype, shape}};
}

/** A value as an agent sends it: field 1 of EnvActMsg is of the type of field 1 of EnvStateMsg. */
std::string
ActionBytes(const Value& value)
{
    return EncodeState({value, 0, std::nullopt, {}, {}});
}

/** Messages seen on the wire between ns3-gym's own peers, and their fields by hand. */
class TestVectorsTestCase : public TestCase
{
  public:
    TestVectorsTestCase()
        : TestCase("messages byte for byte")
    {
    }

  private:
    void DoRun() override
    {
        TestReceived();
        TestStates();
        TestInit();
    }

    void TestReceived()
    {
        NS_TEST_EXPECT_MSG_EQ(DecodeInitAck(FromHex("0801")), true, "SimInitAck{done}");
        NS_TEST_EXPECT_MSG_EQ(DecodeInitAck(FromHex("1001")), false, "SimInitAck{stopSimReq}");
        const auto space = Box(0, 1, Dtype::FLOAT32, {1});
        const auto stop = DecodeAction(FromHex("1001"), space);
        NS_TEST_EXPECT_MSG_EQ(
            std::holds_alternative<StopRequest>(stop), true, "EnvActMsg{stopSimReq}");
        // Field 100: (100 << 3) | 2 = 802; endpoint, log and run are fields 1 to 3 of its message.
        const auto branch = DecodeAction(
            FromHex("a2060c") + FromHex("0a07") + "ipc://a" + FromHex("1201") + "l", space);
        const bool branched = branch == Answer{BranchRequest{{{"ipc://a", "l", {}}}}};
        NS_TEST_EXPECT_MSG_EQ(branched, true, "EnvActMsg{branch{ipc://a, l}}");
        for (const uint64_t run : {0, 7})
        {
            const auto own = DecodeAction(FromHex("a20604") + FromHex("0a00") + FromHex("18") +
                                              static_cast<char>(run),
                                          space);
            const bool drawn = own == Answer{BranchRequest{{{"", "", run}}}};
            NS_TEST_EXPECT_MSG_EQ(drawn, true, "EnvActMsg{branch{run " << run << "}}");
        }
        const auto bytes = FromHex("0a420802123e0a2f") + URL + "BoxDataContainer" +
                           FromHex("120b08031201012a040000803e");
        const bool same = DecodeAction(bytes, space) == Answer{FloatBox({1}, {0.25F})};
        NS_TEST_EXPECT_MSG_EQ(same, true, "EnvActMsg Box[0.25]");
    }

    void TestStates()
    {
        const auto box = "0a46080212420a2f" + ToHex(URL + "BoxDataContainer") +
                         "120f08031201022a080000803f0000a03f" + "150000803e";
        const auto observation = FloatBox({2}, {1.0F, 1.25F});
        NS_TEST_EXPECT_MSG_EQ(ToHex(EncodeState({observation, 0.25F, std::nullopt, {}, {}})),
                              box,
                              "state 2: observation 1.0, 1.25; reward 0.25");
        NS_TEST_EXPECT_MSG_EQ(
            ToHex(EncodeState({observation, 0.25F, EndReason::SIMULATION_END, {}, {}})),
            box + "1801",
            "reason 0 is not written");
        NS_TEST_EXPECT_MSG_EQ(
            ToHex(EncodeState(
                {observation, 0.25F, EndReason::GAME_OVER, nlohmann::json::object(), {}})),
            box + "1801" + "2001" + "2a027b7d",
            "game over, with info");
    }

    void TestInit()
    {
        const auto box = "08021235"
                         "0a27" +
                         ToHex(URL + "BoxSpace") +
                         "120a"
                         "150000803f"
                         "1803"
                         "220102";
        const auto discrete = "0801"
                              "1232"
                              "0a2c" +
                              ToHex(URL + "DiscreteSpace") +
                              "1202"
                              "0805";
        NS_TEST_EXPECT_MSG_EQ(
            ToHex(EncodeInit({7, Box(0, 1, Dtype::FLOAT32, {2}), {DiscreteSpace{5}}})),
            "0807"
            "1a39" +
                box + "2236" + discrete,
            "process 7, a Box of two floats and a Discrete 5");
    }
};

/** All dtypes in 0 to 3 dimensions, and all spaces within each other. */
class RoundTripTestCase : public TestCase
{
  public:
    RoundTripTestCase()
        : TestCase("what is sent is what arrives")
    {
    }

  private:
    void DoRun() override
    {
        for (const auto& shape : std::vector<std::vector<uint32_t>>{{}, {4}, {2, 3}, {2, 1, 3}})
        {
            TestBox<int32_t>(shape, Dtype::INT32, -7);
            TestBox<uint32_t>(shape, Dtype::UINT32, 4'000'000'000U);
            TestBox<float>(shape, Dtype::FLOAT32, 0.1F);
            TestBox<double>(shape, Dtype::FLOAT64, 0.1);
        }
        TestBox<float>({0}, Dtype::FLOAT32, 0);
        TestNested();
        TestForeignForms();
    }

    void Expect(const Space& space, const Value& value, const std::string& what)
    {
        const bool same = DecodeAction(ActionBytes(value), space) == Answer{value};
        NS_TEST_EXPECT_MSG_EQ(same, true, what);
    }

    template <typename T>
    void TestBox(const std::vector<uint32_t>& shape, Dtype dtype, T first)
    {
        std::vector<T> elements;
        for (size_t i = 0; i < ElementCount(shape); ++i)
        {
            elements.push_back(static_cast<T>(first + static_cast<T>(i)));
        }
        Expect(Box(-1e10, 1e10, dtype, shape),
               {BoxValue{shape, elements}},
               std::to_string(shape.size()) + " dimensions, first " + std::to_string(first));
    }

    void TestNested()
    {
        const Space pair{TupleSpace{{{DiscreteSpace{3}}, Box(0, 1, Dtype::FLOAT64, {2})}}};
        const Space inner{DictSpace{{"pair", "flag"}, {pair, {DiscreteSpace{2}}}}};
        const Space space{DictSpace{{"b", "a"}, {inner, Box(0, 9, Dtype::UINT32, {1})}}};
        const Value pairValue{
            TupleValue{{{DiscreteValue{2}}, {BoxValue{{2}, std::vector<double>{0.5, 1.0}}}}}};
        const Value innerValue{DictValue{{"pair", "flag"}, {pairValue, {DiscreteValue{1}}}}};
        const Value number{BoxValue{{1}, std::vector<uint32_t>{9}}};
        const Value value{DictValue{{"b", "a"}, {innerValue, number}}};
        Expect(space, value, "Dict of Dict of Tuple");
        const Value other{DictValue{{"a", "b"}, {number, innerValue}}};
        const bool ordered = DecodeAction(ActionBytes(other), space) == Answer{value};
        NS_TEST_EXPECT_MSG_EQ(ordered, true, "names come back in the space's order");
    }

    void TestForeignForms()
    {
        const Value floats{BoxValue{{4}, std::vector<float>{0.5F, 0.25F, 0, 1}}};
        const Value doubles{BoxValue{{2, 2}, std::vector<double>{0.5, 0.25, 0, 1}}};
        const bool widened =
            DecodeAction(ActionBytes(floats), Box(0, 1, Dtype::FLOAT64, {2, 2})) == Answer{doubles};
        NS_TEST_EXPECT_MSG_EQ(widened, true, "flat FLOAT where a 2-D DOUBLE is declared");
        const Value shapeless{BoxValue{{}, std::vector<double>{0.5, 0.25, 0, 1}}};
        const bool narrowed =
            DecodeAction(ActionBytes(shapeless), Box(0, 1, Dtype::FLOAT32, {4})) == Answer{floats};
        NS_TEST_EXPECT_MSG_EQ(narrowed, true, "DOUBLE without a shape where FLOAT is declared");
        const Value rounded{BoxValue{{1}, std::vector<double>{0.1F}}};
        Expect(Box(0, 0.1, Dtype::FLOAT64, {1}), rounded, "a bound that a float32 rounds up");
    }
};

/** Bytes that are no message, and messages that do not fit the space. */
class BadMessagesTestCase : public TestCase
{
  public:
    BadMessagesTestCase()
        : TestCase("bad messages are refused with a reason")
    {
    }

  private:
    struct TestVector
    {
        std::string what;
        std::string bytes;
        Space space;
        std::string text;
    };

    /** The bytes of FloatBox({2}, {0.5, 0.5}) after a change. */
    static std::string Changed(const std::function<void(wire::BoxDataContainer&)>& change)
    {
        wire::BoxDataContainer box;
        box.set_dtype(wire::FLOAT);
        box.add_shape(2);
        box.add_floatdata(0.5F);
        box.add_floatdata(0.5F);
        change(box);
        wire::EnvActMsg message;
        message.mutable_actdata()->set_type(wire::Box);
        message.mutable_actdata()->mutable_data()->PackFrom(box);
        return message.SerializeAsString();
    }

    void DoRun() override
    {
        TestAck();
        TestTruncated();
        TestMisfits();
        TestContainers();
        const std::string huge(MAX_MESSAGE_BYTES + 1, '\0');
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<ProtocolError>([&] { DecodeAction(huge, {DiscreteSpace{2}}); }),
            "EnvActMsg of 268435457 bytes; at most 268435456 are accepted",
            "too large");
    }

    void TestAck()
    {
        NS_TEST_EXPECT_MSG_EQ(ErrorText<ProtocolError>([] { DecodeInitAck(""); }),
                              "SimInitAck says neither done nor stopSimReq",
                              "empty");
        wire::SimInitAck refusal;
        refusal.set_stopsimreq(true);
        refusal.set_refusal("it is busy");
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<ProtocolError>([&] { DecodeInitAck(refusal.SerializeAsString()); }),
            "the agent refused: it is busy",
            "it will not talk");
        NS_TEST_EXPECT_MSG_EQ(ErrorText<ProtocolError>([] { DecodeInitAck("\x08"); }),
                              "the 1 bytes received are no SimInitAck",
                              "cut off");
    }

    void TestTruncated()
    {
        const auto space = Box(0, 1, Dtype::FLOAT32, {2});
        const auto whole = ActionBytes(FloatBox({2}, {0.5F, 0.5F}));
        for (size_t length = 0; length < whole.size(); ++length)
        {
            const auto text =
                ErrorText<ProtocolError>([&] { DecodeAction(whole.substr(0, length), space); });
            NS_TEST_EXPECT_MSG_NE(text, "no error", "cut off after " << length << " bytes");
            NS_TEST_EXPECT_MSG_EQ(text.find("another class"), std::string::npos, text);
        }
    }

    void TestMisfits()
    {
        const auto space = Box(0, 1, Dtype::FLOAT32, {2});
        const std::vector<TestVector> vectors{
            {"another dtype",
             Changed([](auto& box) { box.set_dtype(wire::INT); }),
             space,
             "action: elements are INT; FLOAT is required"},
            {"no dtype",
             Changed([](auto& box) { box.clear_dtype(); }),
             space,
             "action: elements are NoDType; FLOAT is required"},
            {"an element too many",
             Changed([](auto& box) { box.add_floatdata(0.5F); }),
             space,
             "action: 3 elements; 2 are required"},
            {"dtype and list disagree",
             Changed([](auto& box) { box.set_dtype(wire::DOUBLE); }),
             space,
             "action: 0 elements; 2 are required"},
            {"an array the other way round",
             Changed([](auto& box) { box.add_shape(1); }),
             Box(0, 1, Dtype::FLOAT32, {1, 2}),
             "action: an array of shape [2,1]; [1,2] is required"},
            {"a Box where a Discrete is declared",
             Changed([](auto&) {}),
             {DiscreteSpace{2}},
             "action: Box data in '" + URL + "BoxDataContainer'; a Discrete is required"},
            {"no action at all", "", space, "action: NoSpaceType data in ''; a Box is required"},
        };
        for (const auto& vector : vectors)
        {
            NS_TEST_EXPECT_MSG_EQ(
                ErrorText<ProtocolError>([&] { DecodeAction(vector.bytes, vector.space); }),
                vector.text,
                vector.what);
        }
    }

    void TestContainers()
    {
        wire::EnvActMsg message;
        message.mutable_actdata()->set_type(wire::Box);
        message.mutable_actdata()->mutable_data()->PackFrom(wire::DiscreteDataContainer());
        const auto space = Box(0, 1, Dtype::FLOAT32, {2});
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<ProtocolError>([&] { DecodeAction(message.SerializeAsString(), space); }),
            "action: Box data in '" + URL + "DiscreteDataContainer'; a Box is required",
            "the type says Box, the Any holds a Discrete");
        const Space tuple{TupleSpace{{{DiscreteSpace{2}}, {DiscreteSpace{2}}}}};
        const Value one{TupleValue{{{DiscreteValue{1}}}}};
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<ProtocolError>([&] { DecodeAction(ActionBytes(one), tuple); }),
            "action: 1 elements; 2 are required",
            "a short Tuple");
        const Space dict{DictSpace{{"a"}, {{DiscreteSpace{2}}}}};
        const Value other{DictValue{{"b"}, {{DiscreteValue{1}}}}};
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<ProtocolError>([&] { DecodeAction(ActionBytes(other), dict); }),
            "action: field 'a' is missing",
            "a Dict of other names");
    }
};

/** Decisions that fit the space and are out of its bounds. */
class RefusedDecisionsTestCase : public TestCase
{
  public:
    RefusedDecisionsTestCase()
        : TestCase("decisions out of bounds are refused by field, element and value")
    {
    }

  private:
    void DoRun() override
    {
        const Space shares{DictSpace{{"prb_max"}, {Box(0, 1, Dtype::FLOAT32, {4, 2})}}};
        auto with = [&](float odd) {
            std::vector<float> elements(8, 0.5F);
            elements[7] = odd;
            return Refusal({DictValue{{"prb_max"}, {FloatBox({4, 2}, elements)}}}, shares);
        };
        const std::string right = "; a number between 0 and 1 is required";
        NS_TEST_EXPECT_MSG_EQ(with(1.5F), "prb_max[3,1] is 1.5" + right, "too high");
        NS_TEST_EXPECT_MSG_EQ(with(-0.25F), "prb_max[3,1] is -0.25" + right, "too low");
        NS_TEST_EXPECT_MSG_EQ(with(NAN), "prb_max[3,1] is nan" + right, "not a number");
        NS_TEST_EXPECT_MSG_EQ(with(INFINITY), "prb_max[3,1] is inf" + right, "infinite");
        NS_TEST_EXPECT_MSG_EQ(with(1), "no error", "the bound itself");
        TestOtherSpaces();
    }

    void TestOtherSpaces()
    {
        const auto half = Box(-INFINITY, 5, Dtype::FLOAT64, {1});
        NS_TEST_EXPECT_MSG_EQ(Refusal({BoxValue{{1}, std::vector<double>{6}}}, half),
                              "action[0] is 6; a number between -inf and 5 is required",
                              "open to one side only");
        NS_TEST_EXPECT_MSG_EQ(Refusal({BoxValue{{1}, std::vector<double>{-INFINITY}}}, half),
                              "action[0] is -inf; a number between -inf and 5 is required",
                              "infinite where bounds are");
        const Space tuple{TupleSpace{{{DiscreteSpace{2}}, {DiscreteSpace{3}}}}};
        NS_TEST_EXPECT_MSG_EQ(
            Refusal({TupleValue{{{DiscreteValue{1}}, {DiscreteValue{3}}}}}, tuple),
            "action.1 is 3; a whole number from 0 to 2 is required",
            "a choice that is not there");
    }

    static std::string Refusal(const Value& value, const Space& space)
    {
        return ErrorText<UsageError>([&] { DecodeAction(ActionBytes(value), space); });
    }
};

class ExchangeCodecTestSuite : public TestSuite
{
  public:
    ExchangeCodecTestSuite()
        : TestSuite("slicebed-exchange-codec", Type::UNIT)
    {
        AddTestCase(new TestVectorsTestCase, Duration::QUICK);
        AddTestCase(new RoundTripTestCase, Duration::QUICK);
        AddTestCase(new BadMessagesTestCase, Duration::QUICK);
        AddTestCase(new RefusedDecisionsTestCase, Duration::QUICK);
    }
};

const ExchangeCodecTestSuite g_exchangeCodecTestSuite; //!< registers itself

} // namespace
