// SPDX-License-Identifier: GPL-2.0-only
// Looking again and again, in place of sleeping, for what will be there in a moment.
#ifndef SLICEBED_ADAPTIVE_SPIN_H
#define SLICEBED_ADAPTIVE_SPIN_H

#include <chrono>
#include <cstdint>

namespace slicebed
{

/**
 * One end's spinning; it learns from how its spins went.
 *
 * Spinning is the fastest by far where the other end runs on another processor and answers soon: to
 * wake a sleeper costs tens of microseconds. It is useless where both share one processor, and
 * waste where the answer takes long. So it lasts no longer than a wake-up takes, and stops when it
 * was in vain several times; once in a while it is tried again. pyctl/exchange/spin.py does
 * likewise.
 */
class AdaptiveSpin
{
  public:
    /**
     * Never spins if the caller may run on one processor only.
     * @param atMost how long a spin lasts: what it takes to wake a sleeper
     */
    explicit AdaptiveSpin(std::chrono::microseconds atMost);

    /**
     * Spins, if that is worthwhile, until something has come.
     * @param hasCome tells whether it has; called again and again
     * @return whether it has come
     */
    template <typename HasCome>
    bool Until(HasCome hasCome)
    {
        if (!IsWorthwhile())
        {
            return false;
        }
        const auto end = Clock::now() + m_atMost;
        do
        {
            if (hasCome())
            {
                m_vain = 0;
                return true;
            }
        } while (Clock::now() < end);
        ++m_vain;
        return false;
    }

  private:
    using Clock = std::chrono::steady_clock;

    bool IsWorthwhile();

    std::chrono::microseconds m_atMost; //!< of a spin
    bool m_mayRunOnTwo;                 //!< whether the other end can run while this one spins
    uint32_t m_vain{0};                 //!< spins in vain since the last that paid
    uint32_t m_without{0};              //!< waits without a spin since the last one
};

} // namespace slicebed

#endif // SLICEBED_ADAPTIVE_SPIN_H
