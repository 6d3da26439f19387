// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
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

constexpr int LOOKS_PER_CLOCK = 16; // the clock is slower than a look
constexpr int YIELDS = 16;

// Sleeping on several words, of Linux 5.16 (linux/futex.h of older headers has none of it).
constexpr long FUTEX_WAITV = 449; // the system call's number, on all processors
constexpr size_t FUTEX_WORDS_MAX = 128;
constexpr uint32_t FUTEX_OF_32_BITS = 2;               // and not private to the process
constexpr std::chrono::milliseconds ONE_OF_SEVERAL{1}; // without it: between looks at the others

struct FutexWaiter
{
    uint64_t value;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
};

void
Relax()
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

void
Futex(const std::atomic<uint32_t>& word, int operation, uint32_t value, const timespec* timeout)
{
    // Not the private kind: the other end is another process. All ways to fail are ways to return
    // early, and the caller looks at the word again.
    syscall(SYS_futex, &word, operation, value, timeout, nullptr, 0);
}

timespec
ToTimespec(std::chrono::nanoseconds time)
{
    return {.tv_sec = static_cast<time_t>(time.count() / 1'000'000'000),
            .tv_nsec = static_cast<long>(time.count() % 1'000'000'000)};
}

void
SleepOnOne(const AwaitedWord& word, std::chrono::milliseconds atMost)
{
    const timespec timeout = ToTimespec(atMost);
    Futex(*word.word, FUTEX_WAIT, word.seen, &timeout);
}

void
Sleep(std::span<const AwaitedWord> words, std::chrono::milliseconds atMost)
{
    if (words.size() == 1)
    {
        SleepOnOne(words.front(), atMost);
        return;
    }
    std::array<FutexWaiter, FUTEX_WORDS_MAX> waiters{};
    if (words.size() <= waiters.size())
    {
        std::transform(words.begin(), words.end(), waiters.begin(), [](const AwaitedWord& each) {
            return FutexWaiter{
                each.seen, reinterpret_cast<uintptr_t>(each.word), FUTEX_OF_32_BITS, 0};
        });
        const timespec end = ToTimespec((Clock::now() + atMost).time_since_epoch());
        const long woken =
            syscall(FUTEX_WAITV, waiters.data(), words.size(), 0, &end, CLOCK_MONOTONIC);
        if (woken >= 0 || errno != ENOSYS)
        {
            return;
        }
    }
    SleepOnOne(words.front(), std::min(atMost, ONE_OF_SEVERAL));
}

bool
HasAnyChanged(std::span<const AwaitedWord> words)
{
    return std::any_of(
        words.begin(), words.end(), [](const AwaitedWord& each) { return each.HasChanged(); });
}

bool
LookSeveralTimes(std::span<const AwaitedWord> words)
{
    for (int i = 0; i < LOOKS_PER_CLOCK; ++i)
    {
        if (HasAnyChanged(words))
        {
            return true;
        }
        Relax();
    }
    return false;
}

} // namespace

bool
AwaitedWord::HasChanged() const
{
    return word->load(std::memory_order_acquire) != seen;
}

bool
AdaptiveWait::Wait(const AwaitedWord& word, std::chrono::milliseconds atMost)
{
    return WaitForAny({&word, 1}, atMost);
}

bool
AdaptiveWait::WaitForAny(std::span<const AwaitedWord> words, std::chrono::milliseconds atMost)
{
    if (HasAnyChanged(words))
    {
        return true;
    }
    if (atMost.count() <= 0)
    {
        return false;
    }
    if (m_spin.Until([&] { return LookSeveralTimes(words); }))
    {
        return true;
    }
    for (int i = 0; i < YIELDS; ++i)
    {
        sched_yield();
        if (HasAnyChanged(words))
        {
            return true;
        }
    }
    // In this order, as the other end writes the word before it reads the flag: one of the two
    // sees what the other wrote.
    for (const auto& each : words)
    {
        each.sleeps->store(1, std::memory_order_seq_cst);
    }
    if (std::all_of(words.begin(), words.end(), [](const AwaitedWord& each) {
            return each.word->load(std::memory_order_seq_cst) == each.seen;
        }))
    {
        Sleep(words, atMost);
    }
    for (const auto& each : words)
    {
        each.sleeps->store(0, std::memory_order_relaxed);
    }
    return HasAnyChanged(words);
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
