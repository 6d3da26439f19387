// SPDX-License-Identifier: GPL-2.0-only
// Shaping, isolation and round trips, measured: the program behind `slicebed validate transport`.
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"
#include "studies/rtt-probe.h"
#include "studies/slice-flow.h"
#include "transport/edge-cloud-path.h"

#include "ns3/rng-seed-manager.h"

#include <cmath>
#include <iostream>
#include <memory>

using namespace ns3;
using nlohmann::json;

namespace
{

constexpr uint32_t PACKET_BYTES = 1500;  //!< of flows, as IP packets
constexpr uint32_t BURST_BYTES = 15'000; //!< default of SliceQueueDisc
constexpr uint32_t PING_BYTES = 84;      //!< as IP packet
constexpr uint16_t SLICE_A = 1;
constexpr uint16_t SLICE_B = 2;

/** @return values at evenly spaced probabilities from 0 to 1 */
std::vector<double>
Quantiles(std::vector<double> values, size_t count)
{
    std::sort(values.begin(), values.end());
    std::vector<double> quantiles;
    for (size_t i = 0; i < count; ++i)
    {
        const auto last = static_cast<double>(values.size() - 1);
        const double at = last * static_cast<double>(i) / static_cast<double>(count - 1);
        quantiles.push_back(values[static_cast<size_t>(std::lround(at))]);
    }
    return quantiles;
}

/** The long-run rate of a slice that is offered half as much again. */
json
Rates(double seconds)
{
    json points = json::array();
    for (const double rateBps : {1e6, 2e6, 5e6, 10e6, 20e6, 50e6, 100e6})
    {
        ShapedLink shaped(DataRate("1Gbps"), Time(0));
        shaped.queueDisc->AddSlice(0, DataRate(0));
        shaped.queueDisc->AddSlice(SLICE_A, DataRate(static_cast<uint64_t>(rateBps)));
        const SliceFlow flow(shaped, SLICE_A, 1.5 * rateBps, Spacing::POISSON);
        // The full bucket of the start lasts for 0.24 s at 1 Mbit/s.
        Simulator::Stop(Seconds(1 + seconds));
        Simulator::Run();
        const double measuredBps = flow.GetRateBps(Seconds(1), Seconds(1 + seconds));
        points.push_back({{"set_bps", rateBps},
                          {"measured_bps", measuredBps},
                          {"error", std::abs(measuredBps / rateBps - 1)}});
        Simulator::Destroy();
    }
    return points;
}

/** What a change of rate looks like from the receiver: buckets, and arrivals about it. */
class Change
{
  public:
    /** @param backlogged whether packets wait at the change; if not, the bucket is full */
    Change(double fromBps, double toBps, bool backlogged)
        : m_toBps(toBps)
    {
        ShapedLink shaped(DataRate("1Gbps"), Time(0));
        shaped.queueDisc->AddSlice(0, DataRate(0));
        shaped.queueDisc->AddSlice(SLICE_A, DataRate(static_cast<uint64_t>(fromBps)));
        std::unique_ptr<SliceFlow> flow;
        const auto start = [&] {
            const double offeredBps = 2 * std::max(fromBps, toBps);
            flow = std::make_unique<SliceFlow>(shaped, SLICE_A, offeredBps, Spacing::EVEN);
        };
        Simulator::Schedule(backlogged ? Time(0) : CHANGE, start);
        Simulator::Schedule(CHANGE, [&] { shaped.queueDisc->SetRate(SLICE_A, toBps); });
        Simulator::Stop(2 * CHANGE);
        Simulator::Run();
        for (const auto& arrival : flow->GetArrivals())
        {
            m_arrivalsS.push_back((arrival.at - CHANGE).GetSeconds());
        }
        m_json = {{"from_bps", fromBps}, {"to_bps", toBps}, {"backlogged", backlogged}};
        Simulator::Destroy();
    }

    json Get()
    {
        const auto aheadBytes = GetAheadBytes();
        const double bucketS = 8 * BURST_BYTES / m_toBps;
        m_json["excess_buckets"] =
            *std::max_element(aheadBytes.begin(), aheadBytes.end()) / BURST_BYTES;
        m_json["settled_buckets"] = GetSettledS(aheadBytes) / bucketS;
        for (const double arrivalS : m_arrivalsS)
        {
            if (std::abs(arrivalS) <= SHOWN_S)
            {
                m_json["arrivals_s"].push_back(arrivalS);
            }
        }
        return m_json;
    }

  private:
    static inline const Time CHANGE = Seconds(1);
    static constexpr double SHOWN_S = 0.3; //!< before and after the change

    /** @return after each arrival since the change, bytes beyond those of the new rate */
    std::vector<double> GetAheadBytes() const
    {
        std::vector<double> aheadBytes;
        for (const double arrivalS : m_arrivalsS)
        {
            if (arrivalS > 0)
            {
                const auto bytes = static_cast<double>(PACKET_BYTES * (aheadBytes.size() + 1));
                aheadBytes.push_back(bytes - m_toBps / 8 * arrivalS);
            }
        }
        return aheadBytes;
    }

    /** @return time of the first arrival from which on all is the new rate's, to one packet [s] */
    double GetSettledS(const std::vector<double>& aheadBytes) const
    {
        size_t settled = aheadBytes.size() - 1;
        double least = aheadBytes.back();
        double most = least;
        while (settled > 0)
        {
            least = std::min(least, aheadBytes[settled - 1]);
            most = std::max(most, aheadBytes[settled - 1]);
            if (most - least > PACKET_BYTES)
            {
                break;
            }
            --settled;
        }
        return m_arrivalsS[m_arrivalsS.size() - aheadBytes.size() + settled];
    }

    double m_toBps;                  //!< the new rate
    std::vector<double> m_arrivalsS; //!< since the change
    json m_json;                     //!< what was done, then what was found
};

json
Changes()
{
    json changes = json::array();
    for (const bool backlogged : {true, false})
    {
        for (const auto& [fromBps, toBps] : std::vector<std::pair<double, double>>{
                 {2e6, 10e6}, {10e6, 2e6}, {1e6, 100e6}, {100e6, 1e6}})
        {
            changes.push_back(Change(fromBps, toBps, backlogged).Get());
        }
    }
    return changes;
}

/** Two slices of 10 Mbit/s on a link: A is offered half of that, B any share. */
json
TwoSlices(double linkBps, double loadB, Time measured)
{
    constexpr double RATE_BPS = 10e6;
    const Time warm = Seconds(1);
    ShapedLink shaped(DataRate(static_cast<uint64_t>(linkBps)), Time(0));
    shaped.queueDisc->AddSlice(0, DataRate(0));
    shaped.queueDisc->AddSlice(SLICE_A, DataRate(static_cast<uint64_t>(RATE_BPS)));
    shaped.queueDisc->AddSlice(SLICE_B, DataRate(static_cast<uint64_t>(RATE_BPS)));
    const SliceFlow a(shaped, SLICE_A, 0.5 * RATE_BPS, Spacing::POISSON);
    const SliceFlow b(shaped, SLICE_B, loadB * RATE_BPS, Spacing::POISSON);
    Simulator::Stop(warm + measured);
    Simulator::Run();
    std::vector<double> delaysS;
    for (const auto& arrival : a.GetArrivals())
    {
        delaysS.push_back(arrival.delay.GetSeconds());
    }
    json point{{"link_over_rates", linkBps / (2 * RATE_BPS)},
               {"load_b", loadB},
               {"mean_delay_a_s", a.GetMeanDelayS(warm)},
               {"mean_delay_b_s", b.GetMeanDelayS(warm)},
               {"rate_b_bps", b.GetRateBps(warm, warm + measured)},
               {"delay_a_quantiles_s", Quantiles(delaysS, 201)}};
    Simulator::Destroy();
    return point;
}

/** Adds by how much A's mean delay differs from that of another point. */
json
WithChange(json point, const json& reference)
{
    const double meanS = point["mean_delay_a_s"];
    point["change"] = std::abs(meanS / reference.at("mean_delay_a_s").get<double>() - 1);
    return point;
}

/** Delay of slice A's packets while slice B is offered more and more. */
json
Isolation(bool quick)
{
    constexpr double LINK_BPS = 100e6;
    const Time measured = Seconds(quick ? 20 : 100);
    const auto loads =
        quick ? std::vector<double>{0.5, 1, 3} : std::vector<double>{0.5, 0.75, 1, 1.5, 2, 3};
    json points = json::array();
    for (const double load : loads)
    {
        const auto point = TwoSlices(LINK_BPS, load, measured);
        points.push_back(WithChange(point, points.empty() ? point : points.front()));
    }
    return points;
}

/** The same at B's half and at its threefold rate, on links with little headroom to much. */
json
Headroom(bool quick)
{
    const Time measured = Seconds(quick ? 20 : 100);
    const auto linksBps =
        quick ? std::vector<double>{25e6, 200e6} : std::vector<double>{25e6, 50e6, 100e6, 200e6};
    json points = json::array();
    for (const double linkBps : linksBps)
    {
        points.push_back(
            WithChange(TwoSlices(linkBps, 3, measured), TwoSlices(linkBps, 0.5, measured)));
    }
    return points;
}

/** Round trips edge - cloud under background load on the WAN towards the cloud. */
json
RoundTrips(double load, double seconds)
{
    auto edge = CreateObject<Node>();
    auto cloud = CreateObject<Node>();
    InternetStackHelper().Install(edge);
    InternetStackHelper().Install(cloud);
    auto path = CreateObject<EdgeCloudPath>();
    path->Join(edge, cloud);
    const auto wan = path->GetWan();
    const auto background = wan->AddBackground(0, load);
    background->AssignStreams(1);
    const RttProbe probe(edge, cloud, wan->GetAddress(1), MilliSeconds(5));
    Simulator::Stop(Seconds(seconds));
    Simulator::Run();
    const auto percentiles = Quantiles(probe.GetRttsS(), 101);
    // The last few may still be on their way.
    const auto sent = static_cast<double>(probe.GetSent());
    json point{{"load", load},
               {"sent_bps", 8.0 * static_cast<double>(background->GetSentBytes()) / seconds},
               {"answered", static_cast<double>(probe.GetRttsS().size()) / sent},
               {"closed_form_ms", 1e3 * path->GetUnloadedRtt(PING_BYTES).GetSeconds()}};
    for (const size_t percent : {5, 50, 95, 99})
    {
        point["p" + std::to_string(percent) + "_ms"] = 1e3 * percentiles[percent];
    }
    Simulator::Destroy();
    return point;
}

json
Wan(bool quick)
{
    const std::vector<double> loads =
        quick ? std::vector<double>{0, 0.5, 0.9}
              : std::vector<double>{0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95};
    json points = json::array();
    for (const double load : loads)
    {
        points.push_back(RoundTrips(load, quick ? 10 : 120));
    }
    return points;
}

} // namespace

int
main(int argc, char** argv)
{
    bool quick = false;
    int64_t seed = 1;
    slicebed::ScenarioParameters parameters;
    parameters.Add("quick", quick, "shorter simulations, fewer points");
    parameters.Add("seed", seed, "", "of all random numbers", 0);
    try
    {
        parameters.Parse({argv + 1, argv + argc});
    }
    catch (const slicebed::UsageError& error)
    {
        std::cerr << "slicebed-study-transport: error: " << error.what() << "\n";
        return 2;
    }
    RngSeedManager::SetRun(static_cast<uint64_t>(seed));
    std::cout << json{{"burst_bytes", BURST_BYTES},
                      {"rates", Rates(quick ? 5 : 20)},
                      {"changes", Changes()},
                      {"isolation", Isolation(quick)},
                      {"headroom", Headroom(quick)},
                      {"wan", Wan(quick)}}
              << "\n";
    return 0;
}
