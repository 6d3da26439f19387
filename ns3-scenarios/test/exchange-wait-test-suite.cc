// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for another process: by looking, by sleeping, and whether it lives at all.
 */
#include "exchange/adaptive-spin.h"
#include "exchange/process-identity.h"
#include "exchange/shm-wait.h"

#include "ns3/test.h"

#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace ns3;
using namespace slicebed;
using namespace std::chrono_literals;

namespace
{

/** Spins in vain until that is given up; begins anew with one that pays. */
class SpinTestCase : public TestCase
{
  public:
    SpinTestCase()
        : TestCase("a spin in vain is given up, and tried now and then; never on one processor")
    {
    }

  private:
    /** @return how many of so many waits for what does not come spin */
    static int SpinsInVain(AdaptiveSpin& spin, int waits)
    {
        int spins = 0;
        for (int i = 0; i < waits; ++i)
        {
            bool looked = false;
            spin.Until([&] {
                looked = true;
                return false;
            });
            spins += looked;
        }
        return spins;
    }

    void DoRun() override
    {
        cpu_set_t allowed;
        sched_getaffinity(0, sizeof(allowed), &allowed);
        AdaptiveSpin spin(50us);
        const bool mayRunOnTwo = CPU_COUNT(&allowed) > 1;
        NS_TEST_EXPECT_MSG_EQ(SpinsInVain(spin, 3), mayRunOnTwo ? 3 : 0, "while it may pay");
        const bool paid = spin.Until([] { return true; });
        NS_TEST_EXPECT_MSG_EQ(paid, mayRunOnTwo, "it has come");
        NS_TEST_EXPECT_MSG_EQ(SpinsInVain(spin, 67), mayRunOnTwo ? 4 : 0, "given up after four");
        NS_TEST_EXPECT_MSG_EQ(SpinsInVain(spin, 64), mayRunOnTwo ? 1 : 0, "tried now and then");

        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        sched_setaffinity(0, sizeof(one), &one);
        AdaptiveSpin onOne(50us);
        sched_setaffinity(0, sizeof(allowed), &allowed);
        NS_TEST_EXPECT_MSG_EQ(SpinsInVain(onOne, 4), 0, "never on one processor");
    }
};

/** Waiting for words that others write. */
class WaitTestCase : public TestCase
{
  public:
    WaitTestCase()
        : TestCase("a wait ends by a change, by time, or by being woken")
    {
    }

  private:
    void DoRun() override
    {
        std::atomic<uint32_t> word{5};
        std::atomic<uint32_t> sleeps{0};
        AdaptiveWait wait;
        const bool changed = wait.Wait({&word, 4, &sleeps}, 0ms);
        NS_TEST_EXPECT_MSG_EQ(changed, true, "changed before");
        const bool late = wait.Wait({&word, 5, &sleeps}, 20ms);
        NS_TEST_EXPECT_MSG_EQ(late, false, "no change in time");
        NS_TEST_EXPECT_MSG_EQ(sleeps.load(), 0, "awake again");
        {
            const std::jthread other([&] {
                std::this_thread::sleep_for(50ms);
                word = 6;
                WakeSleeper(word, sleeps);
            });
            const bool woken = wait.Wait({&word, 5, &sleeps}, 10s);
            NS_TEST_EXPECT_MSG_EQ(woken, true, "woken from its sleep");
        }
        TestSeveral(3);
        TestSeveral(300); // more than the kernel watches at once
    }

    /** Waits for several words: the last one is written, or none. */
    void TestSeveral(size_t count)
    {
        std::vector<std::atomic<uint32_t>> words(count);
        std::vector<std::atomic<uint32_t>> sleeps(count);
        std::vector<AwaitedWord> awaited;
        for (size_t i = 0; i < count; ++i)
        {
            awaited.push_back({&words[i], 0, &sleeps[i]});
        }
        AdaptiveWait wait;
        const bool late = wait.WaitForAny(awaited, 20ms);
        NS_TEST_EXPECT_MSG_EQ(late, false, "none of " << count << " changed in time");
        {
            const std::jthread other([&] {
                std::this_thread::sleep_for(50ms);
                words.back() = 1;
                WakeSleeper(words.back(), sleeps.back());
            });
            bool woken = false;
            for (int i = 0; i < 10'000 && !woken; ++i)
            {
                woken = wait.WaitForAny(awaited, 10s);
            }
            NS_TEST_EXPECT_MSG_EQ(woken, true, "woken by the last of " << count);
        }
        for (size_t i = 0; i < count; ++i)
        {
            NS_TEST_EXPECT_MSG_EQ(sleeps[i].load(), 0, "awake again");
        }
        const bool before = wait.WaitForAny(awaited, 0ms);
        NS_TEST_EXPECT_MSG_EQ(before, true, "changed before");
    }
};

/** Whether other processes live. */
class ProcessTestCase : public TestCase
{
  public:
    ProcessTestCase()
        : TestCase("processes are alive, stopped or gone")
    {
    }

  private:
    void DoRun() override
    {
        const bool self = StateOf(ThisProcess()) == ProcessState::ALIVE;
        NS_TEST_EXPECT_MSG_EQ(self, true, "this process lives");
        auto later = ThisProcess();
        ++later.start;
        const bool another = StateOf(later) == ProcessState::GONE;
        NS_TEST_EXPECT_MSG_EQ(another, true, "another process of the same id");
        const pid_t child = fork();
        if (child == 0)
        {
            pause();
            _exit(0);
        }
        kill(child, SIGSTOP);
        waitpid(child, nullptr, WUNTRACED);
        const auto identity = IdentityOf(static_cast<uint64_t>(child));
        const bool stopped = StateOf(identity) == ProcessState::STOPPED;
        NS_TEST_EXPECT_MSG_EQ(stopped, true, "a child that was stopped");
        kill(child, SIGKILL);
        siginfo_t ended;
        waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
        const bool gone = StateOf(identity) == ProcessState::GONE;
        NS_TEST_EXPECT_MSG_EQ(gone, true, "a child that has ended and was not waited for");
        waitpid(child, nullptr, 0);
    }
};

class ExchangeWaitTestSuite : public TestSuite
{
  public:
    ExchangeWaitTestSuite()
        : TestSuite("slicebed-exchange-wait", Type::UNIT)
    {
        AddTestCase(new SpinTestCase, Duration::QUICK);
        AddTestCase(new WaitTestCase, Duration::QUICK);
        AddTestCase(new ProcessTestCase, Duration::QUICK);
    }
};

const ExchangeWaitTestSuite g_exchangeWaitTestSuite; //!< registers itself

} // namespace
