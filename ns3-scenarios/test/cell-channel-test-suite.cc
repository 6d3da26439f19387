// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channel: geometry and interference, path loss, the statistics of fading; and that a network
 * without work costs nothing.
 */
#include "cell/fading-process.h"
#include "studies/full-buffer.h"

#include "ns3/config.h"
#include "ns3/enum.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <complex>
#include <numbers>

using namespace ns3;

namespace
{

/** UEs in the centre have a better CQI than those at the edge; a busy neighbour costs SINR. */
class GeometryTestCase : public TestCase
{
  public:
    GeometryTestCase()
        : TestCase("cell edge below cell centre; a neighbour's load is felt, its silence is not")
    {
    }

  private:
    double MeanCqi(double distanceM, double offDeg, bool neighboursBusy)
    {
        Config::SetDefault("ns3::CellNetwork::CqiInterference",
                           EnumValue(CqiInterference::MEASURED));
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        FullBuffer cell(3, 1);
        const auto ue = cell.AddUe(0, 0, distanceM, offDeg);
        cell.network->SetCeilings(0, {1.0});
        cell.Feed(ue, 1e6);
        for (uint16_t other = 1; other < 3; ++other)
        {
            const auto neighbour = cell.AddUe(other, 0, 100);
            cell.network->SetCeilings(other, {1.0});
            if (neighboursBusy)
            {
                cell.Feed(neighbour, 90e6);
            }
        }
        cell.Run(2);
        const auto& counters = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        return static_cast<double>(counters.cqiSum) / static_cast<double>(counters.cqiCount);
    }

    void DoRun() override
    {
        const double centre = MeanCqi(60, 0, true);
        const double edge = MeanCqi(1500, 0, true);
        NS_TEST_EXPECT_MSG_GT(centre, edge + 1, "centre above edge");
        // On the border to the next sector a silent neighbour is worth many dB.
        NS_TEST_EXPECT_MSG_GT(
            MeanCqi(300, 58, false), MeanCqi(300, 58, true) + 3, "silence is better");
        Config::Reset();
    }
};

/** Path loss against TR 38.901 Table 7.4.1-1, UMa, without shadowing. */
class PathLossTestCase : public TestCase
{
  public:
    PathLossTestCase()
        : TestCase("large-scale gain is UMa path loss plus antenna gain")
    {
    }

  private:
    void DoRun() override
    {
        Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
        for (const double distanceM : {50.0, 120.0, 300.0, 900.0})
        {
            FullBuffer cell(1, 1);
            const auto ue = cell.AddUe(0, 0, distanceM);
            const double gainDb = cell.network->GetChannel()->GetGainDb(ue, 0);
            const double d3d = std::hypot(distanceM, 25 - 1.5);
            const double fc = 2.6;
            // Break point 4 h'BS h'UT fc / c with h' = h - 1 m: 4 x 24 x 0.5 x 2.6e9 / 3e8 = 416 m.
            const double breakM = 4 * 24 * 0.5 * fc * 1e9 / 3e8;
            const double los = distanceM < breakM
                                   ? 28 + 22 * std::log10(d3d) + 20 * std::log10(fc)
                                   : 28 + 40 * std::log10(d3d) + 20 * std::log10(fc) -
                                         9 * std::log10(breakM * breakM + 23.5 * 23.5);
            const double nlos =
                std::max(los, 13.54 + 39.08 * std::log10(d3d) + 20 * std::log10(fc));
            const double lossDb = 14 - gainDb; // boresight gain 14 dBi
            // 0.05 dB: ns-3 takes c as 3e8 in one and 299792458 in another place.
            const bool isOne = std::abs(lossDb - los) < 0.05 || std::abs(lossDb - nlos) < 0.05;
            NS_TEST_EXPECT_MSG_EQ(isOne,
                                  true,
                                  "loss at " << distanceM << " m is " << lossDb << " dB; LOS "
                                             << los << ", NLOS " << nlos);
        }
        Config::Reset();
    }
};

/** Fading: mean power one, Jakes' correlation over time, sub-bands drift apart. */
class FadingTestCase : public TestCase
{
  public:
    FadingTestCase()
        : TestCase("fading has unit power, Jakes correlation and frequency selectivity")
    {
    }

  private:
    static constexpr uint32_t BANDS = 13;

    /** @return covariance of the power gains at a lag in Doppler cycles or bands, normalised */
    static double Correlation(const FadingProcess& fading, double lagCycles, uint32_t lagBands)
    {
        double product = 0;
        double square = 0;
        for (uint32_t sample = 0; sample < FadingProcess::SAMPLES; ++sample)
        {
            const double at = (sample + 0.5) / FadingProcess::SAMPLES_PER_CYCLE;
            for (uint32_t band = 0; band + lagBands < BANDS; ++band)
            {
                const double a = fading.Gain(at, band) - 1;
                product += a * (fading.Gain(at + lagCycles, band + lagBands) - 1);
                square += a * a;
            }
        }
        return product / square;
    }

    /** @return squared magnitude of TDL-A's normalised frequency correlation */
    static double ProfileCorrelation(double spacingHz)
    {
        std::complex<double> sum = 0;
        double total = 0;
        for (const auto& tap : FadingProcess::TdlA().taps)
        {
            const double power = std::pow(10, tap.powerDb / 10);
            sum += std::polar(power, -2 * std::numbers::pi * spacingHz * tap.delay * 363e-9);
            total += power;
        }
        return std::norm(sum / total);
    }

    void DoRun() override
    {
        auto random = CreateObject<UniformRandomVariable>();
        random->SetStream(7);
        std::vector<double> lags{0.05, 0.1, 0.2, 0.3, 0.38};
        std::vector<double> mean(lags.size(), 0);
        const std::vector<uint32_t> spacings{1, 3, 10};
        std::vector<double> across(spacings.size(), 0);
        constexpr int PROCESSES = 10;
        for (int i = 0; i < PROCESSES; ++i)
        {
            const FadingProcess fading(FadingProcess::TdlA(), 363e-9, BANDS, 8 * 180e3, random);
            double power = 0;
            for (uint32_t sample = 0; sample < FadingProcess::SAMPLES; ++sample)
            {
                power += fading.Gain((sample + 0.5) / FadingProcess::SAMPLES_PER_CYCLE, 3);
            }
            // The table is normalised over all bands; one band alone may be off by its luck.
            NS_TEST_EXPECT_MSG_EQ_TOL(power / FadingProcess::SAMPLES, 1, 0.35, "mean power");
            for (size_t j = 0; j < lags.size(); ++j)
            {
                mean[j] += Correlation(fading, lags[j], 0) / PROCESSES;
            }
            for (size_t j = 0; j < spacings.size(); ++j)
            {
                across[j] += Correlation(fading, 0, spacings[j]) / PROCESSES;
            }
        }
        for (size_t j = 0; j < lags.size(); ++j)
        {
            // Power of a Rayleigh process correlates as J0 squared; ten finite tables: 0.1.
            const double bessel = std::cyl_bessel_j(0, 2 * std::numbers::pi * lags[j]);
            NS_TEST_EXPECT_MSG_EQ_TOL(mean[j], bessel * bessel, 0.1, "lag of " << lags[j]);
        }
        for (size_t j = 0; j < spacings.size(); ++j)
        {
            // Over frequency it correlates as the squared Fourier transform of the delay profile.
            NS_TEST_EXPECT_MSG_EQ_TOL(across[j],
                                      ProfileCorrelation(spacings[j] * 8 * 180e3),
                                      0.1,
                                      spacings[j] << " sub-bands apart");
        }
    }
};

/** An idle network has no slot events. */
class IdleTestCase : public TestCase
{
  public:
    IdleTestCase()
        : TestCase("an idle network costs no slot events")
    {
    }

  private:
    void DoRun() override
    {
        FullBuffer cell(3, 1);
        for (uint16_t i = 0; i < 3; ++i)
        {
            cell.AddUe(i, 0);
            cell.network->SetCeilings(i, {1.0});
        }
        cell.network->EnqueueDownlink(0, Create<Packet>(SDU_BYTES), 0);
        cell.Run(10);
        // Ten seconds of one refresh in 100 ms, a packet of a few slots, and the stop.
        NS_TEST_EXPECT_MSG_LT(Simulator::GetEventCount(), 130, "not 10,000 slots");
    }
};

/** The suite. */
class CellChannelTestSuite : public TestSuite
{
  public:
    CellChannelTestSuite()
        : TestSuite("slicebed-cell-channel", Type::SYSTEM)
    {
        AddTestCase(new GeometryTestCase, Duration::QUICK);
        AddTestCase(new PathLossTestCase, Duration::QUICK);
        AddTestCase(new FadingTestCase, Duration::QUICK);
        AddTestCase(new IdleTestCase, Duration::QUICK);
    }
};

const CellChannelTestSuite g_cellChannelTestSuite; //!< registers itself

} // namespace
