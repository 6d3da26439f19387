// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_FADING_PROCESS_H
#define SLICEBED_FADING_PROCESS_H

#include "ns3/random-variable-stream.h"

#include <bit>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * Power gains of all sub-bands at one time.
 *
 * A gain is stored as the upper half of a float (rounded: 0.2 % or 0.01 dB): half the memory, so
 * that the tables stay in the cache beside what else a slot touches.
 */
class FadingGains
{
  public:
    FadingGains() = default;

    explicit FadingGains(const uint16_t* row)
        : m_row(row)
    {
    }

    float operator[](size_t subBand) const
    {
        return std::bit_cast<float>(uint32_t{m_row[subBand]} << 16);
    }

    /** @return whether there is fading at all */
    explicit operator bool() const
    {
        return m_row != nullptr;
    }

    /** @return how a gain is stored */
    static uint16_t Pack(float gain)
    {
        return static_cast<uint16_t>((std::bit_cast<uint32_t>(gain) + 0x8000) >> 16);
    }

  private:
    const uint16_t* m_row{nullptr}; //!< by sub-band
};

/**
 * Small-scale fading of one kind of link as a table: power gain by Doppler time and sub-band.
 *
 * The taps of a TDL profile (TR 38.901, 7.7.2) fade as sums of sinusoids with Jakes' spectrum; the
 * sub-bands see their superposition at their own frequency. Time counts in cycles of the maximum
 * Doppler frequency, so one table serves UEs of any speed, and it closes on itself, so links that
 * start at different places in it are as good as independent. A link costs a look-up, no state.
 */
class FadingProcess
{
  public:
    /** A tap of a TDL profile. */
    struct Tap
    {
        double delay;   //!< relative to the delay spread
        double powerDb; //!< relative
    };

    /** A TDL profile; a positive Rician factor belongs to the first tap. */
    struct Profile
    {
        std::vector<Tap> taps;
        double ricianK; //!< linear; 0 for none
    };

    /** @return TDL-A, TR 38.901 Table 7.7.2-1: no line of sight */
    static Profile TdlA();

    /** @return TDL-D, TR 38.901 Table 7.7.2-4: line of sight */
    static Profile TdlD();

    /**
     * @param profile of the taps
     * @param delaySpreadS rms [s]
     * @param subBands how many
     * @param spacingHz between their centres [Hz]
     * @param random phases
     */
    FadingProcess(const Profile& profile,
                  double delaySpreadS,
                  uint32_t subBands,
                  double spacingHz,
                  Ptr<UniformRandomVariable> random);

    /** @return power gain (mean 1 over the table) after `cycles` from the start of the table */
    float Gain(double cycles, uint32_t subBand) const
    {
        return Gains(cycles)[subBand];
    }

    /** @return gains of all sub-bands at that time */
    FadingGains Gains(double cycles) const
    {
        const auto sample = static_cast<uint64_t>(cycles * SAMPLES_PER_CYCLE) % SAMPLES;
        return FadingGains(&m_gain[sample * m_subBands]);
    }

    static constexpr uint32_t CYCLES = 64;            //!< length of the table
    static constexpr uint32_t SAMPLES_PER_CYCLE = 32; //!< J0(2 pi / 64) = 0.998 at half a step
    static constexpr uint32_t SAMPLES = CYCLES * SAMPLES_PER_CYCLE;

  private:
    uint32_t m_subBands;          //!< columns
    std::vector<uint16_t> m_gain; //!< SAMPLES rows of m_subBands, packed
};

} // namespace ns3

#endif // SLICEBED_FADING_PROCESS_H
