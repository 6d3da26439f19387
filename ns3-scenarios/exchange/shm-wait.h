// SPDX-License-Identifier: GPL-2.0-only
// Waiting for the other end: a short spin while it pays, a few yields, then sleep. Never endless.
#ifndef SLICEBED_SHM_WAIT_H
#define SLICEBED_SHM_WAIT_H

#include "exchange/adaptive-spin.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

namespace slicebed
{

/** A process sleeps at most so long before it looks about itself. */
inline constexpr std::chrono::milliseconds SHM_LOOK_PERIOD{50};

/** A word that the other end will write. */
struct AwaitedWord
{
    const std::atomic<uint32_t>* word; //!< that the other end writes
    uint32_t seen;                     //!< its old value
    std::atomic<uint32_t>* sleeps;     //!< set while this end sleeps, so that the other wakes it

    /** @return whether it was written */
    bool HasChanged() const;
};

/** One end's way of waiting: it spins while that pays, then sleeps. */
class AdaptiveWait
{
  public:
    /**
     * Waits until a word changes.
     * @return whether it changed; false when time is up or somebody woke this end without a change
     */
    bool Wait(const AwaitedWord& word, std::chrono::milliseconds atMost);

    /** Waits until one of several words changes, as Wait(). */
    bool WaitForAny(std::span<const AwaitedWord> words, std::chrono::milliseconds atMost);

  private:
    AdaptiveSpin m_spin{std::chrono::microseconds{50}}; //!< a wake-up by futex
};

/** Wakes the end that sleeps on a word, if it says that it does. */
void WakeSleeper(std::atomic<uint32_t>& word, const std::atomic<uint32_t>& sleeps);

/** Wakes whoever sleeps on a word, in any case. */
void WakeAnyway(std::atomic<uint32_t>& word);

} // namespace slicebed

#endif // SLICEBED_SHM_WAIT_H
