// SPDX-License-Identifier: GPL-2.0-only
/*
 * What edge and cloud of a distributed LSTM say to each other, byte for byte.
 */
#include "compute/ddnn-message.h"
#include "test/error-text.h"

#include "ns3/test.h"

#include <iomanip>
#include <limits>
#include <sstream>
#include <stdexcept>

using namespace ns3;

namespace
{

/** The layout of agents/ddnn/message.py. */
class MessageTestCase : public TestCase
{
  public:
    MessageTestCase()
        : TestCase("messages are those of the Python side, byte for byte")
    {
    }

  private:
    static std::string Hex(const Packet& packet)
    {
        std::vector<uint8_t> bytes(packet.GetSize());
        packet.CopyData(bytes.data(), packet.GetSize());
        std::ostringstream text;
        for (const auto byte : bytes)
        {
            text << std::hex << std::setw(2) << std::setfill('0') << static_cast<int>(byte);
        }
        return text.str();
    }

    void DoRun() override
    {
        const DdnnMessage signal{DdnnMessage::Kind::SIGNAL, 7, {0.5F, -2.0F, 3e6F}};
        const auto packet = ToPacket(signal);
        // What pack(Message(Kind.SIGNAL, 7, [0.5, -2, 3e6])) and an echo of 258 give there.
        NS_TEST_EXPECT_MSG_EQ(
            Hex(*packet), "445a0101070000000300000042cb52da0000003f000000c0001b374a", "signal");
        NS_TEST_EXPECT_MSG_EQ(Hex(*ToPacket({DdnnMessage::Kind::ECHO, 258, {}})),
                              "445a01040201000000000000b3a2618f",
                              "echo");
        NS_TEST_EXPECT_MSG_EQ(DdnnMessage::GetIpBytes(16), 108, "80 bytes, UDP and IPv4");
        const auto read = FromPacket(*packet);
        NS_TEST_ASSERT_MSG_EQ(read.has_value(), true, "read");
        NS_TEST_EXPECT_MSG_EQ((read->values == signal.values), true, "values");
        NS_TEST_EXPECT_MSG_EQ(read->sequence, 7, "sequence");
        Refuses(*packet);
    }

    void Refuses(const Packet& packet)
    {
        std::vector<uint8_t> bytes(packet.GetSize());
        packet.CopyData(bytes.data(), packet.GetSize());
        for (size_t i = 0; i < bytes.size(); ++i)
        {
            auto damaged = bytes;
            damaged[i] ^= 0x10;
            NS_TEST_EXPECT_MSG_EQ(
                FromPacket(Packet(damaged.data(), static_cast<uint32_t>(bytes.size()))).has_value(),
                false,
                "byte " << i << " is damaged");
            NS_TEST_EXPECT_MSG_EQ(
                FromPacket(Packet(bytes.data(), static_cast<uint32_t>(i))).has_value(),
                false,
                "only " << i << " bytes");
        }
        const auto bad = [](std::vector<float> values) {
            return slicebed::ErrorText<std::invalid_argument>(
                [&] { ToPacket({DdnnMessage::Kind::SIGNAL, 1, values}); });
        };
        const std::string why = "finite ones in signals and allocations, and none in others, are "
                                "required";
        NS_TEST_EXPECT_MSG_EQ(bad({}), "a message of kind 1 has 0 values; " + why, "no values");
        NS_TEST_EXPECT_MSG_EQ(bad({std::numeric_limits<float>::quiet_NaN()}),
                              "a message of kind 1 has 1 values; " + why,
                              "NaN");
    }
};

/** The suite. */
class DdnnMessageTestSuite : public TestSuite
{
  public:
    DdnnMessageTestSuite()
        : TestSuite("slicebed-ddnn-message", Type::UNIT)
    {
        AddTestCase(new MessageTestCase, Duration::QUICK);
    }
};

DdnnMessageTestSuite g_ddnnMessageTestSuite;

} // namespace
