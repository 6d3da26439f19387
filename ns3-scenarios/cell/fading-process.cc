// SPDX-License-Identifier: GPL-2.0-only
#include "cell/fading-process.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

namespace ns3
{

namespace
{

using Complex = std::complex<float>;

constexpr uint32_t SINUSOIDS = 16;        // per tap
constexpr double LOS_DOPPLER_SHARE = 0.7; // of the maximum, TR 38.901, 7.7.2

/** Adds amplitude * exp(2 pi i (k n / SAMPLES + phase)) to a tap's samples. */
void
AddSinusoid(std::vector<Complex>& samples, double amplitude, int64_t k, double phase)
{
    const double step = 2 * std::numbers::pi * static_cast<double>(k) / samples.size();
    const std::complex<double> turn = std::polar(1.0, step);
    std::complex<double> value = std::polar(amplitude, 2 * std::numbers::pi * phase);
    for (auto& sample : samples)
    {
        sample += Complex(value);
        value *= turn;
    }
}

/** @return a tap's samples over the table, of the given mean power */
std::vector<Complex>
MakeTap(double power, double ricianK, Ptr<UniformRandomVariable> random)
{
    std::vector<Complex> samples(FadingProcess::SAMPLES);
    const double scattered = power / (1 + ricianK);
    const double rotation = random->GetValue();
    for (uint32_t m = 0; m < SINUSOIDS; ++m)
    {
        // Arrival angles evenly around the UE; frequencies rounded so that the table closes.
        const double angle = 2 * std::numbers::pi * (m + rotation) / SINUSOIDS;
        const auto k = std::llround(std::cos(angle) * FadingProcess::CYCLES);
        AddSinusoid(samples, std::sqrt(scattered / SINUSOIDS), k, random->GetValue());
    }
    if (ricianK > 0)
    {
        AddSinusoid(samples,
                    std::sqrt(power - scattered),
                    std::llround(LOS_DOPPLER_SHARE * FadingProcess::CYCLES),
                    random->GetValue());
    }
    return samples;
}

} // namespace

FadingProcess::Profile
FadingProcess::TdlA()
{
    return {{{0.0000, -13.4}, {0.3819, 0.0},   {0.4025, -2.2},  {0.5868, -4.0},  {0.4610, -6.0},
             {0.5375, -8.2},  {0.6708, -9.9},  {0.5750, -10.5}, {0.7618, -7.5},  {1.5375, -15.9},
             {1.8978, -6.6},  {2.2242, -16.7}, {2.1718, -12.4}, {2.4942, -15.2}, {2.5119, -10.8},
             {3.0582, -11.3}, {4.0810, -12.7}, {4.4579, -16.2}, {4.5695, -18.3}, {4.7966, -18.9},
             {5.0066, -16.6}, {5.3043, -19.9}, {9.6586, -29.7}},
            0};
}

FadingProcess::Profile
FadingProcess::TdlD()
{
    // The first tap: a specular part of -0.2 dB and a scattered one of -13.5 dB, together 0 dB.
    return {{{0.000, 0.0},
             {0.035, -18.8},
             {0.612, -21.0},
             {1.363, -22.8},
             {1.405, -17.9},
             {1.804, -20.1},
             {2.596, -21.9},
             {1.775, -22.9},
             {4.042, -27.8},
             {7.937, -23.6},
             {9.424, -24.8},
             {9.708, -30.0},
             {12.525, -27.7}},
            std::pow(10, 1.33)};
}

FadingProcess::FadingProcess(const Profile& profile,
                             double delaySpreadS,
                             uint32_t subBands,
                             double spacingHz,
                             Ptr<UniformRandomVariable> random)
    : m_subBands(subBands)
    , m_gain(static_cast<size_t>(SAMPLES) * subBands)
{
    std::vector<Complex> response(m_gain.size());
    for (size_t tap = 0; tap < profile.taps.size(); ++tap)
    {
        const double power = std::pow(10, profile.taps[tap].powerDb / 10);
        const auto samples = MakeTap(power, tap == 0 ? profile.ricianK : 0, random);
        for (uint32_t band = 0; band < subBands; ++band)
        {
            const double turns = profile.taps[tap].delay * delaySpreadS * spacingHz * band;
            const auto shift = Complex(std::polar(1.0, -2 * std::numbers::pi * turns));
            for (uint32_t sample = 0; sample < SAMPLES; ++sample)
            {
                response[static_cast<size_t>(sample) * subBands + band] += samples[sample] * shift;
            }
        }
    }
    double sum = 0;
    for (const auto& h : response)
    {
        sum += std::norm(h);
    }
    const auto toMeanOne = static_cast<float>(static_cast<double>(m_gain.size()) / sum);
    std::transform(response.begin(), response.end(), m_gain.begin(), [&](const Complex& h) {
        return FadingGains::Pack(toMeanOne * std::norm(h));
    });
}

} // namespace ns3
