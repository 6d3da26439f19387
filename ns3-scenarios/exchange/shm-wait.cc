// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-wait.h"

#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace slicebed
{

namespace
{

using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds SPIN_AT_MOST{50}; // what a wake-up takes
constexpr int LOOKS_PER_CLOCK = 16;                   // the clock is slower than a look
constexpr uint32_t VAIN_AT_MOST = 4;
constexpr uint32_t TRY_AGAIN_AFTER = 64;
constexpr int YIELDS = 16;

void
Relax()
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

bool
MayRunOnTwo()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    // Fails where there are more processors than the set has room for.
    return sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) > 1;
}

void
Futex(const std::atomic<uint32_t>& word, int operation, uint32_t value, const timespec* timeout)
{
    // Not the private kind: the other end is another process. All ways to fail are ways to return
    // early, and the caller looks at the word again.
    syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

void
Sleep(const std::atomic<uint32_t>& word, uint32_t seen, std::chrono::milliseconds atMost)
{
    const timespec timeout{.tv_sec = static_cast<time_t>(atMost.count() / 1000),
                           .tv_nsec = static_cast<long>(atMost.count() % 1000 * 1'000'000)};
    Futex(word, FUTEX_WAIT, seen, &timeout);
}

} // namespace

AdaptiveWait::AdaptiveWait()
    : m_mayRunOnTwo(MayRunOnTwo())
{
}

bool
AdaptiveWait::Wait(const std::atomic<uint32_t>& word,
                   uint32_t seen,
                   std::atomic<uint32_t>& sleeps,
                   std::chrono::milliseconds atMost)
{
    const auto changed = [&] {
        return word.load(std::memory_order_acquire) != seen;
    };
    if (changed())
    {
        return true;
    }
    if (atMost.count() <= 0)
    {
        return false;
    }
    if (IsSpinWorthwhile() && Spin(word, seen))
    {
        return true;
    }
    for (int i = 0; i < YIELDS; ++i)
    {
        sched_yield();
        if (changed())
        {
            return true;
        }
    }
    // In this order, as the other end writes the word before it reads the flag: one of the two
    // sees what the other wrote.
    sleeps.store(1, std::memory_order_seq_cst);
    if (word.load(std::memory_order_seq_cst) == seen)
    {
        Sleep(word, seen, atMost);
    }
    sleeps.store(0, std::memory_order_relaxed);
    return changed();
}

bool
AdaptiveWait::IsSpinWorthwhile()
{
    if (!m_mayRunOnTwo)
    {
        return false;
    }
    if (m_vain < VAIN_AT_MOST || ++m_without >= TRY_AGAIN_AFTER)
    {
        m_without = 0;
        return true;
    }
    return false;
}

bool
AdaptiveWait::Spin(const std::atomic<uint32_t>& word, uint32_t seen)
{
    const auto end = Clock::now() + SPIN_AT_MOST;
    do
    {
        for (int i = 0; i < LOOKS_PER_CLOCK; ++i)
        {
            if (word.load(std::memory_order_acquire) != seen)
            {
                m_vain = 0;
                return true;
            }
            Relax();
        }
    } while (Clock::now() < end);
    ++m_vain;
    return false;
}

void
WakeSleeper(std::atomic<uint32_t>& word, const std::atomic<uint32_t>& sleeps)
{
    if (sleeps.load(std::memory_order_seq_cst) != 0)
    {
        WakeAnyway(word);
    }
}

void
WakeAnyway(std::atomic<uint32_t>& word)
{
    Futex(word, FUTEX_WAKE, INT_MAX, nullptr);
}

} // namespace slicebed
