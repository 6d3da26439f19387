// SPDX-License-Identifier: GPL-2.0-only
// What theory says of the cell model, as points: the program behind `slicebed validate radio`.
#include "cell/lte-link-adaptation.h"
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"
#include "studies/full-buffer.h"

#include "ns3/config.h"
#include "ns3/double.h"
#include "ns3/random-variable-stream.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <numeric>

using namespace ns3;
using nlohmann::json;

namespace
{

/** One check: points over x, what theory says there, and how far off the worst may be. */
class Check
{
  public:
    Check(const std::string& name,
          const std::string& title,
          const std::string& unit,
          const std::string& xLabel,
          const std::string& reference,
          double tolerance)
        : m_json{{"name", name},
                 {"title", title},
                 {"unit", unit},
                 {"x_label", xLabel},
                 {"reference", reference},
                 {"tolerance", tolerance},
                 {"error", 0.0},
                 {"points", json::array()}}
    {
    }

    /** @param error of this point, in the unit of the tolerance */
    void Add(double x, double measured, double reference, double error)
    {
        m_json["points"].push_back({{"x", x}, {"measured", measured}, {"reference", reference}});
        m_json["error"] = std::max(m_json["error"].get<double>(), error);
    }

    json Get() const
    {
        return m_json;
    }

  private:
    json m_json;
};

double
Relative(double measured, double reference)
{
    return std::abs(measured - reference) / reference;
}

json
BlockSizes()
{
    Check check("tbs_lte",
                "transport blocks, TS 36.213 Table 7.1.7.2.1-1",
                "bit",
                "PRBs (MCS 0 and 28)",
                "standard",
                0);
    const std::map<uint8_t, std::map<uint32_t, uint32_t>> standard{
        {0, {{1, 16}, {2, 32}, {6, 152}, {10, 256}, {25, 680}, {50, 1384}, {100, 2792}}},
        {28,
         {{1, 712}, {6, 4392}, {15, 11064}, {25, 18336}, {50, 36696}, {75, 55056}, {100, 75376}}}};
    const auto link = Create<LteLinkAdaptation>(4);
    for (const auto& [mcs, sizes] : standard)
    {
        for (const auto& [prbs, bits] : sizes)
        {
            const double measured = 8.0 * link->TbsBytes(mcs, prbs);
            check.Add(prbs, measured, bits, std::abs(measured - bits));
        }
    }
    return check.Get();
}

json
PathLoss()
{
    Check check("path_loss",
                "path loss, TR 38.901 UMa at 2.6 GHz",
                "dB",
                "distance [m]",
                "nearer of LOS, NLOS",
                0.05);
    Config::SetDefault("ns3::RadioChannel::Shadowing", BooleanValue(false));
    constexpr double GHZ = 2.6;
    for (double distanceM = 35; distanceM < 2000; distanceM *= 1.25)
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0, distanceM);
        const double lossDb = 14 - cell.network->GetChannel()->GetGainDb(ue, 0); // 14 dBi antenna
        const double d3dM = std::hypot(distanceM, 23.5);
        const double breakM = 4 * 24 * 0.5 * GHZ * 1e9 / 3e8;
        const double los = distanceM < breakM ? 28 + 22 * std::log10(d3dM) + 20 * std::log10(GHZ)
                                              : 28 + 40 * std::log10(d3dM) + 20 * std::log10(GHZ) -
                                                    9 * std::log10(breakM * breakM + 23.5 * 23.5);
        const double nlos = std::max(los, 13.54 + 39.08 * std::log10(d3dM) + 20 * std::log10(GHZ));
        const double reference = std::abs(lossDb - los) < std::abs(lossDb - nlos) ? los : nlos;
        check.Add(distanceM, lossDb, reference, std::abs(lossDb - reference));
    }
    Config::Reset();
    return check.Get();
}

json
Shannon(double seconds)
{
    Check check("shannon",
                "one UE, full buffer: never above Shannon's bound",
                "bit/s/Hz",
                "SINR [dB]",
                "log2(1 + SINR)",
                1);
    for (double sinrDb = -5; sinrDb <= 30; sinrDb += 2.5)
    {
        FullBuffer cell(1, 1);
        cell.network->SetAttribute("OuterLoop", BooleanValue(true));
        const auto ue = cell.AddUe(0, 0);
        cell.network->GetChannel()->SetFixedSinrDb(ue, sinrDb);
        cell.network->SetCeilings(0, {1.0});
        cell.Feed(ue, 90e6);
        cell.Run(seconds);
        const auto& counters = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        const double perHz = 8.0 * static_cast<double>(counters.deliveredBytes) / seconds / 20e6;
        const double bound = std::log2(1 + std::pow(10, sinrDb / 10));
        check.Add(sinrDb, perHz, bound, perHz / bound);
    }
    return check.Get();
}

json
EqualResources(double seconds)
{
    Check check("pf_equal_resources",
                "proportional fairness: equal resources at unequal quality",
                "share of PRBs",
                "SINR of the UE [dB]",
                "1 / UEs",
                0.05);
    const std::vector<double> sinrsDb{-2, 3, 8, 13, 18, 23};
    FullBuffer cell(1, 1);
    std::vector<double> prbs(sinrsDb.size(), 0);
    for (const double sinrDb : sinrsDb)
    {
        const auto ue = cell.AddUe(0, 0);
        cell.network->GetChannel()->SetFixedSinrDb(ue, sinrDb);
        cell.Feed(ue, 90e6);
    }
    cell.network->SetCeilings(0, {1.0});
    cell.network->TraceConnectWithoutContext(
        "TransportBlock",
        Callback<void, const TransportBlockTrace&>([&](const TransportBlockTrace& block) {
            prbs[block.ue] += block.start > Seconds(1) ? block.prbs : 0;
        }));
    cell.Run(seconds + 1);
    const double all = std::accumulate(prbs.begin(), prbs.end(), 0.0);
    const double fair = 1.0 / static_cast<double>(prbs.size());
    for (size_t i = 0; i < prbs.size(); ++i)
    {
        check.Add(sinrsDb[i], prbs[i] / all, fair, Relative(prbs[i] / all, fair));
    }
    return check.Get();
}

/** Sends SDUs to a UE at random times of a given rate. */
void
FeedPoisson(FullBuffer& cell, uint32_t ue, Ptr<ExponentialRandomVariable> gap)
{
    Simulator::Schedule(Seconds(gap->GetValue()), [&cell, ue, gap] {
        cell.Enqueue(ue);
        FeedPoisson(cell, ue, gap);
    });
}

json
Little(double seconds)
{
    Check check("little",
                "Little's law in the RLC queue",
                "SDUs",
                "load [share of the cell's rate]",
                "arrival rate x mean delay",
                0.02);
    constexpr double RATE_BPS = 28e6; // MCS of 12 dB on all PRBs, about
    for (const double load : {0.2, 0.4, 0.6, 0.8, 0.9})
    {
        FullBuffer cell(1, 1);
        const auto ue = cell.AddUe(0, 0);
        cell.network->SetAttribute("RlcBufferBytes", UintegerValue(10'000'000));
        cell.network->GetChannel()->SetFixedSinrDb(ue, 12);
        cell.network->SetCeilings(0, {1.0});
        auto gap = CreateObject<ExponentialRandomVariable>();
        gap->SetStream(1);
        gap->SetAttribute("Mean", DoubleValue(8 * SDU_BYTES / (load * RATE_BPS)));
        FeedPoisson(cell, ue, gap);
        double sum = 0;
        uint64_t samples = 0;
        std::function<void()> sample = [&] {
            sum += static_cast<double>(cell.network->GetSdusInFlight());
            ++samples;
            Simulator::Schedule(MicroSeconds(97), [&] { sample(); });
        };
        Simulator::Schedule(Time(0), [&] { sample(); });
        cell.Run(seconds);
        const auto& counters = cell.network->GetCounters(0, 0, Direction::DOWNLINK);
        const double rate = static_cast<double>(counters.enqueuedSdus) / seconds;
        const double delayS = counters.delaySumS / static_cast<double>(counters.deliveredSdus);
        const double held = sum / static_cast<double>(samples);
        check.Add(load, held, rate * delayS, Relative(held, rate * delayS));
    }
    return check.Get();
}

json
Ceilings()
{
    Check check("ceilings",
                "PRBs of backlogged slices in a second",
                "PRB",
                "ceiling [share of the cell]",
                "ceiling x PRBs x slots",
                0.005);
    const std::vector<double> ceilings{0.05, 0.117, 0.2123, 0.333, 0.2877};
    FullBuffer cell(1, static_cast<uint16_t>(ceilings.size()));
    cell.network->SetAttribute("OuterLoop", BooleanValue(true));
    std::vector<double> used(ceilings.size(), 0);
    for (uint16_t slice = 0; slice < ceilings.size(); ++slice)
    {
        const auto ue = cell.AddUe(0, slice);
        cell.network->GetChannel()->SetFixedSinrDb(ue, 15);
        cell.Feed(ue, 60e6);
    }
    cell.network->SetCeilings(0, ceilings);
    cell.network->TraceConnectWithoutContext(
        "SliceSlot",
        Callback<void, uint64_t, uint16_t, uint16_t, Direction, uint32_t>(
            [&](uint64_t slot, uint16_t, uint16_t slice, Direction, uint32_t prbs) {
                used[slice] += slot >= 100 && slot < 1100 ? prbs : 0;
            }));
    cell.Run(1.2);
    for (size_t slice = 0; slice < ceilings.size(); ++slice)
    {
        const double allowed = ceilings[slice] * 100 * 1000;
        check.Add(ceilings[slice], used[slice], allowed, Relative(used[slice], allowed));
    }
    return check.Get();
}

} // namespace

int
main(int argc, char** argv)
{
    bool quick = false;
    slicebed::ScenarioParameters parameters;
    parameters.Add("quick", quick, "shorter simulations");
    try
    {
        parameters.Parse({argv + 1, argv + argc});
    }
    catch (const slicebed::UsageError& error)
    {
        std::cerr << "slicebed-study-theory: error: " << error.what() << "\n";
        return 2;
    }
    const double seconds = quick ? 2 : 10;
    std::cout << json{{"checks",
                       {BlockSizes(),
                        PathLoss(),
                        Shannon(seconds / 5),
                        EqualResources(seconds),
                        Little(2 * seconds),
                        Ceilings()}}}
              << "\n";
    return 0;
}
