// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay of recorded decisions: in order, with what they lead to written down, and what becomes
 * of a recording that is damaged.
 */
#include "exchange/errors.h"
#include "exchange/replay-channel.h"
#include "messages.pb.h"
#include "test/error-text.h"

#include "ns3/test.h"

#include <cstdio>
#include <fstream>
#include <sstream>

using namespace ns3;
using namespace slicebed;

namespace
{

namespace wire = ns3opengym;

const SimInit INIT{1, {DiscreteSpace{9}}, {DiscreteSpace{5}}};

/** A decision as it is recorded: a choice of a Discrete, after its length. */
std::string
Recorded(int32_t choice)
{
    wire::DiscreteDataContainer data;
    data.set_data(choice);
    wire::EnvActMsg message;
    message.mutable_actdata()->set_type(wire::Discrete);
    message.mutable_actdata()->mutable_data()->PackFrom(data);
    const auto bytes = message.SerializeAsString();
    return std::string{static_cast<char>(bytes.size()), 0, 0, 0} + bytes; // shorter than 128
}

EnvState
State(int32_t value, std::optional<EndReason> end = {})
{
    return {{DiscreteValue{value}}, 0, end, {}, {}};
}

/** A test that has a recording and a file for the states. */
class ReplayTestCase : public TestCase
{
  protected:
    using TestCase::TestCase;

    std::string Path(const std::string& name)
    {
        return CreateTempDirFilename(name);
    }

    std::unique_ptr<ReplayChannel> Play(const std::string& recording)
    {
        std::ofstream(Path("decisions"), std::ios::binary) << recording;
        auto channel = std::make_unique<ReplayChannel>(Path("decisions"), Path("states"));
        channel->Open(INIT);
        return channel;
    }

    void ExpectChoice(const Answer& answer, int32_t choice)
    {
        const bool same = answer == Answer{Value{DiscreteValue{choice}}};
        NS_TEST_EXPECT_MSG_EQ(same, true, "the choice " << choice);
    }
};

/** A recording that is whole. */
class WholeTestCase : public ReplayTestCase
{
  public:
    WholeTestCase()
        : ReplayTestCase("decisions in order, states written")
    {
    }

  private:
    void DoRun() override
    {
        auto channel = Play(Recorded(3) + Recorded(0));
        ExpectChoice(channel->Exchange(State(1)), 3);
        ExpectChoice(channel->Exchange(State(2)), 0);
        const bool stopped = channel->Exchange(State(3)) == Answer{StopRequest{}};
        NS_TEST_EXPECT_MSG_EQ(stopped, true, "the recording has ended");
        channel.reset();
        std::ifstream states(Path("states"), std::ios::binary);
        for (int32_t value = 1; value <= 3; ++value)
        {
            std::string head(4, '\0');
            states.read(head.data(), 4);
            std::string bytes(static_cast<unsigned char>(head[0]), '\0');
            states.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
            wire::EnvStateMsg message;
            wire::DiscreteDataContainer data;
            NS_TEST_ASSERT_MSG_EQ(message.ParseFromString(bytes), true, "a state");
            NS_TEST_ASSERT_MSG_EQ(message.obsdata().data().UnpackTo(&data), true, "its value");
            NS_TEST_EXPECT_MSG_EQ(data.data(), value, "in order");
        }
        NS_TEST_EXPECT_MSG_EQ(states.get(), std::char_traits<char>::eof(), "and no more");
    }
};

/** Recordings that are not whole. */
class DamagedTestCase : public ReplayTestCase
{
  public:
    DamagedTestCase()
        : ReplayTestCase("damaged recordings are told of")
    {
    }

  private:
    std::string Told(const std::string& recording)
    {
        auto channel = Play(recording);
        return ErrorText<ProtocolError>([&] { channel->Exchange(State(1)); });
    }

    void DoRun() override
    {
        const auto whole = Recorded(3);
        NS_TEST_EXPECT_MSG_EQ(Told(whole.substr(0, whole.size() - 1)),
                              "the recording is damaged: it ends within a message",
                              "a byte is missing");
        NS_TEST_EXPECT_MSG_EQ(Told(whole.substr(0, 3)),
                              "the recording is damaged: no length of a message where one is due",
                              "not even a length");
        NS_TEST_EXPECT_MSG_EQ(Told("\xff\xff\xff\xff"),
                              "the recording is damaged: no length of a message where one is due",
                              "a length beyond all messages");
        const bool named =
            Told(std::string("\x02\x00\x00\x00zz", 6)).find("EnvActMsg") != std::string::npos;
        NS_TEST_EXPECT_MSG_EQ(named, true, "bytes that are no decision");
        NS_TEST_EXPECT_MSG_EQ(
            ErrorText<UsageError>([&] { ReplayChannel(Path("none"), ""); }).substr(0, 10),
            "replay is ",
            "no such file");
    }
};

class ExchangeReplayTestSuite : public TestSuite
{
  public:
    ExchangeReplayTestSuite()
        : TestSuite("slicebed-exchange-replay", Type::UNIT)
    {
        AddTestCase(new WholeTestCase, Duration::QUICK);
        AddTestCase(new DamagedTestCase, Duration::QUICK);
    }
};

const ExchangeReplayTestSuite g_exchangeReplayTestSuite; //!< registers itself

} // namespace
