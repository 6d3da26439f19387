// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ZeroMQ channel against an agent in a thread of its own, written with raw ZeroMQ and protobuf:
 * whole episodes, slow agents, and agents that never come, leave or talk nonsense.
 */
#include "adaptor/loopback-adaptor.h"
#include "exchange/decision-loop.h"
#include "exchange/errors.h"
#include "exchange/zmq-channel.h"
#include "messages.pb.h"
#include "test/error-text.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <functional>
#include <iostream>
#include <thread>

using namespace ns3;
using namespace slicebed;
using namespace std::chrono_literals;
namespace wire = ns3opengym;

namespace
{

/** An agent: a REP socket at a port of its own, and a script that runs in a thread. */
class RawAgent
{
  public:
    using Script = std::function<void(zmq::socket_t&)>;

    explicit RawAgent(Script script)
        : m_socket(m_context, zmq::socket_type::rep)
    {
        m_socket.bind("tcp://127.0.0.1:*");
        m_endpoint = m_socket.get(zmq::sockopt::last_endpoint);
        m_socket.set(zmq::sockopt::rcvtimeo, 5000);
        m_thread = std::jthread([this, script = std::move(script)] {
            try
            {
                script(m_socket);
            }
            catch (const std::exception& error)
            {
                std::cerr << "agent: " << error.what() << std::endl; // the simulation sees it leave
            }
            m_socket.close();
        });
    }

    const std::string& Endpoint() const
    {
        return m_endpoint;
    }

    template <typename Message>
    static Message Receive(zmq::socket_t& socket)
    {
        zmq::message_t bytes;
        Message message;
        if (!socket.recv(bytes) || !message.ParseFromString(bytes.to_string()))
        {
            throw std::runtime_error("the agent did not understand");
        }
        return message;
    }

    static void Send(zmq::socket_t& socket, const google::protobuf::Message& message)
    {
        socket.send(zmq::buffer(message.SerializeAsString()), zmq::send_flags::none);
    }

    static void Acknowledge(zmq::socket_t& socket)
    {
        wire::SimInitAck ack;
        ack.set_done(true);
        Send(socket, ack);
    }

    static wire::EnvActMsg Choice(int32_t choice)
    {
        wire::DiscreteDataContainer data;
        data.set_data(choice);
        wire::EnvActMsg message;
        message.mutable_actdata()->set_type(wire::Discrete);
        message.mutable_actdata()->mutable_data()->PackFrom(data);
        return message;
    }

  private:
    zmq::context_t m_context;
    zmq::socket_t m_socket;
    std::string m_endpoint;
    std::jthread m_thread; //!< last, so that it ends before what it uses
};

const SimInit INIT{1, {DiscreteSpace{5}}, {DiscreteSpace{5}}};
const EnvState STATE{{DiscreteValue{0}}, 0, std::nullopt, {}, {}};

/** What a channel says of an agent with this script. */
template <typename Error>
std::string
TalkTo(RawAgent::Script script, std::chrono::milliseconds connectTimeout = 60s)
{
    RawAgent agent(std::move(script));
    ZmqChannel channel(agent.Endpoint(), connectTimeout);
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

/** Agents that live. */
class LivingAgentTestCase : public TestCase
{
  public:
    LivingAgentTestCase()
        : TestCase("answers arrive, also late and also last words")
    {
    }

  private:
    static void ChooseThree(zmq::socket_t& socket)
    {
        RawAgent::Receive<wire::SimInitMsg>(socket);
        RawAgent::Acknowledge(socket);
        RawAgent::Receive<wire::EnvStateMsg>(socket);
        RawAgent::Send(socket, RawAgent::Choice(3));
    }

    void DoRun() override
    {
        for (int i = 0; i < 10; ++i)
        {
            // Its socket closes right after the decision: what it said counts.
            NS_TEST_EXPECT_MSG_EQ(TalkTo<std::runtime_error>(ChooseThree),
                                  "the agent chose 3",
                                  "leaves right after its answer");
        }
        auto slowly = [](zmq::socket_t& socket) {
            RawAgent::Receive<wire::SimInitMsg>(socket);
            std::this_thread::sleep_for(900ms);
            RawAgent::Acknowledge(socket);
            RawAgent::Receive<wire::EnvStateMsg>(socket);
            std::this_thread::sleep_for(900ms);
            RawAgent::Send(socket, RawAgent::Choice(3));
        };
        NS_TEST_EXPECT_MSG_EQ(TalkTo<std::runtime_error>(slowly, 600ms),
                              "the agent chose 3",
                              "thinks longer than it may take to come");
        auto stop = [](zmq::socket_t& socket) {
            RawAgent::Receive<wire::SimInitMsg>(socket);
            wire::SimInitAck ack;
            ack.set_stopsimreq(true);
            RawAgent::Send(socket, ack);
        };
        NS_TEST_EXPECT_MSG_EQ(TalkTo<std::runtime_error>(stop), "the agent stopped", "in the ack");
    }
};

/** Agents that do not, or no longer. */
class LostAgentTestCase : public TestCase
{
  public:
    LostAgentTestCase()
        : TestCase("an agent that leaves, never comes or talks nonsense is an error")
    {
    }

  private:
    void DoRun() override
    {
        TestGone();
        NS_TEST_EXPECT_MSG_EQ(TalkTo<ProtocolError>([](zmq::socket_t& socket) {
                                  RawAgent::Receive<wire::SimInitMsg>(socket);
                                  socket.send(zmq::str_buffer("hello"), zmq::send_flags::none);
                              }),
                              "the 5 bytes received are no SimInitAck",
                              "nonsense");
        NS_TEST_EXPECT_MSG_EQ(TalkTo<UsageError>([](zmq::socket_t& socket) {
                                  RawAgent::Receive<wire::SimInitMsg>(socket);
                                  RawAgent::Acknowledge(socket);
                                  RawAgent::Receive<wire::EnvStateMsg>(socket);
                                  RawAgent::Send(socket, RawAgent::Choice(5));
                              }),
                              "action is 5; a whole number from 0 to 4 is required",
                              "a choice that is not there");
        TestNobody();
    }

    void TestGone()
    {
        const auto since = std::chrono::steady_clock::now();
        NS_TEST_EXPECT_MSG_EQ(TalkTo<AgentLost>([](zmq::socket_t& socket) {
                                  RawAgent::Receive<wire::SimInitMsg>(socket);
                              }),
                              "the agent at ADDRESS went away",
                              "before its first answer");
        NS_TEST_EXPECT_MSG_EQ(TalkTo<AgentLost>([](zmq::socket_t& socket) {
                                  RawAgent::Receive<wire::SimInitMsg>(socket);
                                  RawAgent::Acknowledge(socket);
                                  RawAgent::Receive<wire::EnvStateMsg>(socket);
                              }),
                              "the agent at ADDRESS went away",
                              "instead of a decision");
        const bool soon = std::chrono::steady_clock::now() - since < 10s;
        NS_TEST_EXPECT_MSG_EQ(soon, true, "each within 5 s");
    }

    void TestNobody()
    {
        std::string endpoint;
        {
            zmq::context_t context;
            zmq::socket_t socket(context, zmq::socket_type::rep);
            socket.bind("tcp://127.0.0.1:*");
            endpoint = socket.get(zmq::sockopt::last_endpoint);
        }
        ZmqChannel channel(endpoint, 500ms);
        NS_TEST_EXPECT_MSG_EQ(ErrorText<AgentLost>([&] { channel.Open(INIT); }),
                              "no agent at " + endpoint + " within 0.5 s",
                              "nobody there");
        NS_TEST_EXPECT_MSG_EQ(ErrorText<UsageError>([] { ZmqChannel("tcp://", 1s); }),
                              "endpoint is 'tcp://' (Invalid argument); tcp://127.0.0.1:PORT, "
                              "ipc://PATH or shm:/proc/PID/fd/N is required",
                              "no address");
    }
};

/** A whole episode of the loopback scenario, seen from the agent. */
class EpisodeTestCase : public TestCase
{
  public:
    EpisodeTestCase()
        : TestCase("an episode seen from the agent")
    {
    }

  private:
    void DoRun() override
    {
        std::vector<wire::EnvStateMsg> states;
        wire::SimInitMsg init;
        {
            RawAgent agent([&](zmq::socket_t& socket) {
                init = RawAgent::Receive<wire::SimInitMsg>(socket);
                RawAgent::Acknowledge(socket);
                do
                {
                    states.push_back(RawAgent::Receive<wire::EnvStateMsg>(socket));
                    auto answer = RawAgent::Choice(static_cast<int32_t>(states.size()));
                    answer.set_stopsimreq(states.back().isgameover());
                    RawAgent::Send(socket, answer);
                } while (!states.back().isgameover());
            });
            ZmqChannel channel(agent.Endpoint(), 60s);
            LoopbackAdaptor adaptor({.cells = 1, .slices = 2, .spaces = "discrete"});
            DecisionLoop loop(channel, adaptor, {MilliSeconds(2), 3, Seconds(0)}, "described");
            loop.Start();
            Simulator::Run();
            loop.Finish();
        }
        Simulator::Destroy();
        NS_TEST_EXPECT_MSG_EQ(init.obsspace().type(), wire::Discrete, "the spaces were sent");
        NS_TEST_ASSERT_MSG_EQ(states.size(), 4, "three decisions, four states");
        for (int k = 0; k < 4; ++k)
        {
            wire::DiscreteDataContainer counter;
            states[k].obsdata().data().UnpackTo(&counter);
            NS_TEST_EXPECT_MSG_EQ(counter.data(), k, "the border's number");
            NS_TEST_EXPECT_MSG_EQ(states[k].reward(), k, "the choice before: 1, 2, 3");
        }
        NS_TEST_EXPECT_MSG_EQ(states[3].reason(), wire::EnvStateMsg::SimulationEnd, "time over");
        NS_TEST_EXPECT_MSG_EQ(states[0].info(),
                              R"({"description":"described","future":{"offered":[[1.0,2.0]]},)"
                              R"("step":0,"t_sim_s":0.0})",
                              "first info");
        NS_TEST_EXPECT_MSG_EQ(states[3].info(),
                              R"({"conservation":{"dropped":{},"in_flight":0,"received":0,)"
                              R"("sent":0},"step":3,"t_sim_s":0.006})",
                              "last info");
    }
};

class ExchangeZmqTestSuite : public TestSuite
{
  public:
    ExchangeZmqTestSuite()
        : TestSuite("slicebed-exchange-zmq", Type::UNIT)
    {
        AddTestCase(new LivingAgentTestCase, Duration::QUICK);
        AddTestCase(new LostAgentTestCase, Duration::QUICK);
        AddTestCase(new EpisodeTestCase, Duration::QUICK);
    }
};

const ExchangeZmqTestSuite g_exchangeZmqTestSuite; //!< registers itself

} // namespace
