// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of a simulation: what the original and a copy say to whom, and a server whose copies end
 * in each of the ways in which they can.
 */
#include "exchange/branching-channel.h"
#include "exchange/errors.h"
#include "exchange/fork-server.h"
#include "exchange/fork.h"
#include "exchange/scripted-channel.h"
#include "test/error-text.h"

#include "ns3/test.h"

#include <array>
#include <chrono>
#include <deque>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace ns3;
using namespace slicebed;

namespace
{

const SimInit INIT{1, {DiscreteSpace{5}}, {DiscreteSpace{5}}};
const EnvState STATE{{DiscreteValue{2}}, 0.5F, std::nullopt, {{"x", 1}}, BorderTime{3, 0.25}};
const Answer CHOICE = Value{DiscreteValue{4}};

/** Runs a function in a copy of this process, which ends with the status that it returns. */
pid_t
InCopy(const std::function<int()>& function)
{
    std::cout.flush();
    const pid_t pid = fork();
    if (pid == 0)
    {
        try
        {
            _exit(function());
        }
        catch (const std::exception& error)
        {
            std::cerr << "copy: " << error.what() << std::endl;
            _exit(99);
        }
    }
    return pid;
}

/** @return the exit status of a child as a shell shows it */
int
StatusOf(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/** An agent that gives its answers in turn. */
std::unique_ptr<ScriptedChannel>
Agent(const std::vector<Answer>& answers, bool goOn = true)
{
    return std::make_unique<ScriptedChannel>(
        [answers](uint32_t k, const EnvState&) { return answers.at(k); }, goOn);
}

/** Stands for fork(): gives these process ids in turn, then has no room. */
std::function<pid_t()>
Forks(std::deque<pid_t> ids)
{
    return [ids]() mutable {
        if (ids.empty())
        {
            throw std::system_error(EAGAIN, std::generic_category(), "no copy");
        }
        const pid_t id = ids.front();
        ids.pop_front();
        return id;
    };
}

std::unique_ptr<Channel>
NoAgent(const Peer& peer)
{
    throw std::logic_error("the original connected to " + peer.endpoint);
}

/** The original's side of a branch. */
class OriginalTestCase : public TestCase
{
  public:
    OriginalTestCase()
        : TestCase("the original tells its copies' ids beside the state as it was")
    {
    }

  private:
    /** Exchanges STATE with an agent; notes the states that the agent saw. */
    Answer Exchange(const std::vector<Answer>& answers, const std::deque<pid_t>& ids)
    {
        auto agent = Agent(answers);
        const auto& seen = *agent;
        BranchingChannel channel(std::move(agent), NoAgent, Forks(ids), nullptr);
        channel.Open(INIT);
        auto answer = channel.Exchange(STATE);
        states = seen.GetStates();
        NS_TEST_EXPECT_MSG_EQ(seen.GetInits().size(), 1, "introduces itself once");
        for (const auto& state : states)
        {
            const bool same = state.observation == STATE.observation &&
                              state.reward == STATE.reward && !state.end &&
                              state.border->step == 3 && state.border->tSimS == 0.25;
            NS_TEST_EXPECT_MSG_EQ(same, true, "the state is the same each time");
        }
        return answer;
    }

    void ExpectInfo(size_t k, const nlohmann::json& info)
    {
        NS_TEST_EXPECT_MSG_EQ(states.at(k).info.dump(), info.dump(), "info of state " << k);
    }

    void DoRun() override
    {
        const BranchRequest one{{{"a", "", {}}}};
        const BranchRequest two{{{"a", "", {}}, {"b", "", {}}}};
        const bool plain = Exchange({CHOICE}, {}) == CHOICE;
        NS_TEST_EXPECT_MSG_EQ(plain, true, "a decision passes");
        NS_TEST_EXPECT_MSG_EQ(states.size(), 1, "nothing is sent again");

        const bool once = Exchange({two, CHOICE}, {11, 12}) == CHOICE;
        NS_TEST_EXPECT_MSG_EQ(once, true, "the decision comes after the branches");
        ExpectInfo(0, {{"x", 1}});
        ExpectInfo(1, {{"x", 1}, {"branches", {11, 12}}});

        const bool twice =
            Exchange({one, two, StopRequest{}}, {11, 12, 13}) == Answer{StopRequest{}};
        NS_TEST_EXPECT_MSG_EQ(twice, true, "a stop after two requests");
        NS_TEST_ASSERT_MSG_EQ(states.size(), 3, "an answer each");
        ExpectInfo(1, {{"x", 1}, {"branches", {11}}});
        ExpectInfo(2, {{"x", 1}, {"branches", {12, 13}}});
        TestNoRoom(one, two);
        TestNoRandomNumbers();
    }

    void TestNoRoom(const BranchRequest& one, const BranchRequest& two)
    {
        const std::string why = "no copy: Resource temporarily unavailable";
        const bool goesOn = Exchange({two, one, CHOICE}, {11}) == CHOICE;
        NS_TEST_EXPECT_MSG_EQ(goesOn, true, "goes on");
        ExpectInfo(1, {{"x", 1}, {"branches", {11}}, {"branch_error", why}});
        ExpectInfo(2, {{"x", 1}, {"branches", nlohmann::json::array()}, {"branch_error", why}});
    }

    void TestNoRandomNumbers()
    {
        const BranchRequest own{{{"a", "", {}}, {"b", "", 9}}};
        const bool goesOn = Exchange({own, CHOICE}, {11, 12}) == CHOICE;
        NS_TEST_EXPECT_MSG_EQ(goesOn, true, "goes on");
        const std::string why = "this scenario's branches cannot draw random numbers anew";
        ExpectInfo(1, {{"x", 1}, {"branches", {11}}, {"branch_error", why}});
    }

    std::vector<EnvState> states;
};

/** A copy's side of a branch; it lets go of what it shares, so it is a process of its own. */
class CopyTestCase : public TestCase
{
  public:
    CopyTestCase()
        : TestCase("a copy introduces itself to its own agent, with its own id and the same state")
    {
    }

  private:
    /** Plays the copy of peer b, whose agent gives these answers; what it says goes to its log. */
    static int Play(const std::vector<Answer>& answers,
                    bool goOn,
                    const std::string& log,
                    std::optional<uint64_t> run = {})
    {
        const ScriptedChannel* seen = nullptr;
        std::string endpoint;
        auto connect = [&](const Peer& peer) {
            auto agent = Agent(answers, goOn);
            endpoint = peer.endpoint;
            seen = agent.get();
            return agent;
        };
        BranchingChannel channel(
            Agent({BranchRequest{{{"a", "", {}}, {"b", log, run}, {"c", "", {}}}}}),
            connect,
            Forks({11, 0, 21}),
            [](uint64_t drawn) { std::cout << "run " << drawn << " "; });
        channel.Open(INIT);
        const auto answer = channel.Exchange(STATE);
        std::cout << endpoint << (answer == CHOICE ? " chose" : " stopped");
        for (const auto& init : seen->GetInits())
        {
            const bool own = init.processId == static_cast<uint64_t>(getpid());
            std::cout << (own && init.actionSpace == INIT.actionSpace ? " own-init" : " init");
        }
        for (const auto& state : seen->GetStates())
        {
            const bool same = state.observation == STATE.observation && state.border->step == 3;
            std::cout << (same ? " same-state " : " state ") << state.info.dump();
        }
        std::cout << std::endl;
        return 0;
    }

    std::string
    LogOf(const std::vector<Answer>& answers, bool goOn, std::optional<uint64_t> run = {})
    {
        const auto log = CreateTempDirFilename("copy.log");
        std::ofstream(log).close();
        const int status = StatusOf(InCopy([&] { return Play(answers, goOn, log, run); }));
        NS_TEST_EXPECT_MSG_EQ(status, 0, "the copy ends well");
        std::ostringstream text;
        text << std::ifstream(log).rdbuf();
        return text.str();
    }

    void DoRun() override
    {
        NS_TEST_EXPECT_MSG_EQ(LogOf({CHOICE}, true),
                              "b chose own-init same-state {\"x\":1}\n",
                              "nothing in the info of its elder sister 11");
        NS_TEST_EXPECT_MSG_EQ(LogOf({}, false), "b stopped own-init\n", "stopped in the ack");
        NS_TEST_EXPECT_MSG_EQ(LogOf({BranchRequest{{{"d", "", {}}}}, CHOICE}, true),
                              "b chose own-init same-state {\"x\":1} same-state "
                              "{\"branches\":[21],\"x\":1}\n",
                              "a copy makes copies of its own");
        NS_TEST_EXPECT_MSG_EQ(LogOf({CHOICE}, true, 9),
                              "run 9 b chose own-init same-state {\"x\":1}\n",
                              "a copy draws by a run of its own");
        TestNoLog();
    }

    void TestNoLog()
    {
        const auto missing = CreateTempDirFilename("no-such-folder") + "/log";
        const pid_t copy = InCopy([&] {
            const auto text = ErrorText<std::system_error>([&] { Play({CHOICE}, true, missing); });
            return text == missing + ": No such file or directory" ? 0 : 1;
        });
        const int status = StatusOf(copy);
        NS_TEST_EXPECT_MSG_EQ(status, 0, "a copy that has no log ends with the reason");
    }
};

/** An agent's end of a server's socket, and the server in a process of its own. */
class ServerProcess
{
  public:
    /** What a copy of the server does: its run's number. */
    enum Act : uint64_t
    {
        END = 0,
        END_WITH_3 = 3,
        ABORT = 6,
        BRANCH = 7, //!< ends with 5, its branch with 6
        CLEAN = 8,  //!< ends with 0 if it has neither the server's socket nor its signal mask
        WAIT = 99   //!< with a branch; each says its id and waits for its end
    };

    /** Exit statuses of the server itself. */
    static constexpr int CLOSED = 0;
    static constexpr int PROTOCOL_ERROR = 3;

    ServerProcess()
    {
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        {
            throw std::system_error(errno, std::generic_category(), "socketpair");
        }
        m_socket = ends[0];
        pid = InCopy([&] {
            close(ends[0]);
            return Serve(ends[1]);
        });
        close(ends[1]);
    }

    ~ServerProcess()
    {
        Close();
    }

    void Close()
    {
        if (m_socket >= 0)
        {
            close(std::exchange(m_socket, -1));
        }
    }

    void Send(const std::string& command) const
    {
        send(m_socket, command.data(), command.size(), MSG_NOSIGNAL);
    }

    void Start(uint64_t act, const std::string& log = "") const
    {
        Send(nlohmann::json{
            {"start", {{"endpoint", "e"}, {"log", log}, {"run", act}, {"attach", false}}}}
                 .dump());
    }

    /** @return the server's next word; null if it has gone or says nothing for 10 s */
    nlohmann::json Read() const
    {
        pollfd event{m_socket, POLLIN, 0};
        std::string packet(1024, '\0');
        if (poll(&event, 1, 10'000) != 1)
        {
            return nullptr;
        }
        const auto got = recv(m_socket, packet.data(), packet.size(), 0);
        return got > 0 ? nlohmann::json::parse(packet.substr(0, static_cast<size_t>(got)))
                       : nlohmann::json(nullptr);
    }

    pid_t pid; //!< of the server

  private:
    static int Serve(int socket)
    {
        try
        {
            const auto job = ForkServer(socket).Serve();
            return job ? Do(*job, socket) : CLOSED;
        }
        catch (const ProtocolError&)
        {
            return PROTOCOL_ERROR;
        }
    }

    static int Do(const ForkServer::Job& job, int socket)
    {
        switch (job.run)
        {
        case ABORT:
            signal(SIGABRT, SIG_DFL); // a sanitizer may have a handler
            abort();
        case BRANCH:
            return ForkSibling() == 0 ? 6 : 5;
        case CLEAN:
            return IsClean(socket) && job.peer.endpoint == "e" ? 0 : 1;
        case WAIT:
            ForkSibling();
            std::cout << getpid() << std::endl;
            pause();
            return 98;
        default:
            return static_cast<int>(job.run);
        }
    }

    static bool IsClean(int socket)
    {
        sigset_t blocked;
        sigprocmask(SIG_SETMASK, nullptr, &blocked);
        return fcntl(socket, F_GETFD) == -1 && sigismember(&blocked, SIGCHLD) == 0;
    }

    int m_socket; //!< the agent's end
};

/** A server that lives: what it starts, and what it tells. */
class ServerTestCase : public TestCase
{
  public:
    ServerTestCase()
        : TestCase("a server tells how its copies and their branches ended")
    {
    }

  private:
    void ExpectExit(uint64_t act, int status)
    {
        const ServerProcess server;
        server.Start(act);
        const auto started = server.Read();
        NS_TEST_ASSERT_MSG_EQ(started.contains("started"), true, started.dump());
        const nlohmann::json expected{{"exited", started["started"]}, {"status", status}};
        const auto word = server.Read();
        NS_TEST_EXPECT_MSG_EQ(word.dump(), expected.dump(), "run " << act);
    }

    void DoRun() override
    {
        ExpectExit(ServerProcess::END, 0);
        ExpectExit(ServerProcess::END_WITH_3, 3);
        ExpectExit(ServerProcess::ABORT, 128 + SIGABRT);
        ExpectExit(ServerProcess::CLEAN, 0);
        TestBranch();
        TestClose();
        TestNoLog();
    }

    void TestBranch()
    {
        const ServerProcess server;
        server.Start(ServerProcess::BRANCH);
        const auto original = server.Read().at("started").get<int>();
        std::map<int, int> ended;
        for (int i = 0; i < 2; ++i)
        {
            const auto word = server.Read();
            NS_TEST_ASSERT_MSG_EQ(word.contains("exited"), true, word.dump());
            ended[word["exited"]] = word["status"];
        }
        NS_TEST_ASSERT_MSG_EQ(ended.size(), 2, "the original and its branch, each once");
        NS_TEST_EXPECT_MSG_EQ(ended.at(original), 5, "the original");
        ended.erase(original);
        NS_TEST_EXPECT_MSG_EQ(ended.begin()->second, 6, "its branch");
    }

    void TestClose()
    {
        ServerProcess server;
        server.Close();
        const int status = StatusOf(server.pid);
        NS_TEST_EXPECT_MSG_EQ(status, ServerProcess::CLOSED, "ends with its socket");
    }

    void TestNoLog()
    {
        const ServerProcess server;
        server.Start(ServerProcess::END, CreateTempDirFilename("no-such-folder") + "/log");
        const auto started = server.Read();
        const nlohmann::json expected{{"exited", started.at("started")}, {"status", 99}};
        const auto word = server.Read();
        NS_TEST_EXPECT_MSG_EQ(word.dump(), expected.dump(), "a copy without a log");
    }
};

/** Commands that are none. */
class GarbageTestCase : public TestCase
{
  public:
    GarbageTestCase()
        : TestCase("a command that is none ends the server")
    {
    }

  private:
    void DoRun() override
    {
        ServerProcess server;
        server.Send("\xff garbage");
        const auto word = server.Read();
        NS_TEST_EXPECT_MSG_EQ(word.is_null(), true, "no answer");
        const int status = StatusOf(server.pid);
        NS_TEST_EXPECT_MSG_EQ(status, ServerProcess::PROTOCOL_ERROR, "its status");
        const auto job = ForkServer::ParseJob(
            R"({"start": {"endpoint": "a", "log": "b", "run": 3, "attach": true}})");
        const bool right = job.peer == Peer{"a", "b"} && job.run == 3 && job.attach;
        NS_TEST_EXPECT_MSG_EQ(right, true, "the fields of a command");
        for (const auto* run : {"-1", "0.5", "true", "\"3\"", "1e400"})
        {
            ExpectRefused(R"({"start": {"endpoint": "a", "log": "b", "attach": false, "run": )" +
                          std::string(run) + "}}");
        }
        for (const auto* command :
             {"",
              "[]",
              "{}",
              "{\"start\": 1}",
              R"({"start": {"endpoint": "a", "log": "", "run": 1, "attach": 1}})",
              R"({"start": {"endpoint": 1, "log": "", "run": 1, "attach": true}})"})
        {
            ExpectRefused(command);
        }
    }

    void ExpectRefused(const std::string& command)
    {
        const auto text = ErrorText<ProtocolError>([&] { ForkServer::ParseJob(command); });
        NS_TEST_EXPECT_MSG_EQ(
            text.rfind("the command is no start of a simulation: ", 0), 0, command << ": " << text);
    }
};

/** A server that is killed. */
class KilledServerTestCase : public TestCase
{
  public:
    KilledServerTestCase()
        : TestCase("copies and branches die with their server")
    {
    }

  private:
    /** @return the process ids in a log, once there are two of them */
    static std::vector<pid_t> ReadIds(const std::string& log)
    {
        std::vector<pid_t> ids;
        for (int waited = 0; ids.size() < 2 && waited < 10'000; ++waited)
        {
            usleep(1000);
            std::ifstream file(log);
            ids.assign(std::istream_iterator<pid_t>(file), {});
        }
        return ids;
    }

    void DoRun() override
    {
        // Orphans of the server become children of this process, which sees how they end.
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        const auto log = CreateTempDirFilename("ids.log");
        std::ofstream(log).close();
        const ServerProcess server;
        server.Start(ServerProcess::WAIT, log);
        const auto ids = ReadIds(log);
        NS_TEST_ASSERT_MSG_EQ(ids.size(), 2, "a copy and its branch wait");
        kill(server.pid, SIGKILL);
        for (const auto pid : {server.pid, ids[0], ids[1]})
        {
            const int status = StatusOf(pid);
            NS_TEST_EXPECT_MSG_EQ(status, 128 + SIGKILL, "the server, or killed by the kernel");
        }
        prctl(PR_SET_CHILD_SUBREAPER, 0);
    }
};

class ExchangeForkTestSuite : public TestSuite
{
  public:
    ExchangeForkTestSuite()
        : TestSuite("slicebed-exchange-fork", Type::UNIT)
    {
        AddTestCase(new OriginalTestCase, Duration::QUICK);
        AddTestCase(new CopyTestCase, Duration::QUICK);
        AddTestCase(new ServerTestCase, Duration::QUICK);
        AddTestCase(new GarbageTestCase, Duration::QUICK);
        AddTestCase(new KilledServerTestCase, Duration::QUICK);
    }
};

const ExchangeForkTestSuite g_exchangeForkTestSuite; //!< registers itself

} // namespace
