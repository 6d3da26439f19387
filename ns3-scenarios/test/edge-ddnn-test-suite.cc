// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distributed LSTM's edge and cloud: when an allocation is in force, and what sites' packets
 * say of it.
 */
#include "kpi/provisioning-cost.h"
#include "topology/edge-ddnn-session.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <algorithm>

using namespace ns3;

namespace
{

constexpr uint32_t SITES = 16;
constexpr double LOCAL_S = 0.55e-3;
constexpr double CLOUD_S = 1.19e-3;
// 2 x 21.222 ms of propagation; 80 bytes of message, 28 of UDP and IPv4, 2 of PPP, twice at
// 100 Mbit/s (8.8 us) and twice at 1 Gbit/s (0.88 us).
constexpr double RTT_S = 42.444e-3 + 19.36e-6;
// A probe has 16 + 28 + 2 bytes: twice 3.68 us, twice 0.368 us.
constexpr double PROBE_RTT_S = 42.444e-3 + 8.096e-6;
constexpr double DECISION_S = LOCAL_S + RTT_S + CLOUD_S;
constexpr double PRECISION_S = 1e-6;
constexpr double PRECISION_BPS = 10; //!< of a mean: 5 Mbit/s for 1 us in 1 s are 5

EdgeDdnnConfig
Unloaded()
{
    EdgeDdnnConfig config;
    config.sites.sites = SITES;
    config.sites.peakBps = 0;
    config.wanBackground = 0;
    return config;
}

EdgeDdnnDecision
Decision(double localBps, bool offload, float remoteBps)
{
    return {.localBps = std::vector<double>(SITES, localBps),
            .offload = offload,
            .remoteBps = std::vector<float>(SITES, remoteBps)};
}

/** What was measured of an interval. */
struct Measured
{
    EdgeDdnnKpi edge;
    SiteKpi site; //!< the first
};

/** Plays decisions, one an interval of 1 s; with `down`, the WAN is down in these intervals. */
std::vector<Measured>
Play(const EdgeDdnnConfig& config,
     const std::vector<EdgeDdnnDecision>& decisions,
     WhileWaiting waiting = WhileWaiting::PREVIOUS,
     const std::vector<bool>& down = {},
     double localS = LOCAL_S)
{
    auto network = CreateObject<EdgeDdnnNetwork>();
    network->Build(config);
    auto session = CreateObject<EdgeDdnnSession>();
    session->Attach(network, Seconds(localS), waiting);
    std::vector<Measured> measured;
    for (uint32_t k = 0; k <= decisions.size(); ++k)
    {
        Simulator::Schedule(Seconds(k), [&, k] {
            if (k > 0)
            {
                const auto sites = session->CloseInterval();
                measured.push_back({session->GetKpi(), sites.front()});
            }
            if (k < decisions.size())
            {
                network->SetWanUp(k >= down.size() || !down[k]);
                session->OpenInterval(k);
                session->Decide(decisions[k]);
            }
        });
    }
    Simulator::Stop(Seconds(1.0 * decisions.size()) + NanoSeconds(1));
    Simulator::Run();
    network->CheckConservation(); // aborts if a packet is missing
    Simulator::Destroy();
    return measured;
}

/** How long decisions take, and what is in force in the meantime. */
class InForceTestCase : public TestCase
{
  public:
    InForceTestCase()
        : TestCase("a decision is in force after RTT and computing, the previous one until then")
    {
    }

  private:
    void DoRun() override
    {
        const auto first = Decision(1e6, false, 5e6);
        const auto asked = Decision(3e6, true, 2e6);
        const auto run = Play(Unloaded(), {first, asked});
        const auto& local = run[0];
        NS_TEST_EXPECT_MSG_EQ_TOL(local.edge.stalenessS, LOCAL_S, PRECISION_S, "local");
        NS_TEST_EXPECT_MSG_EQ_TOL(local.edge.rttS, PROBE_RTT_S, PRECISION_S, "probe");
        NS_TEST_EXPECT_MSG_EQ(local.edge.answered, 1, "probe");
        NS_TEST_EXPECT_MSG_EQ(local.edge.messageBytes, 2 * 44, "probe and echo");
        NS_TEST_EXPECT_MSG_EQ(local.edge.wanBytes, 2 * 46, "with PPP");
        // The largest allocation, 6 Mbit/s, for 0.55 ms, then 1 Mbit/s.
        NS_TEST_EXPECT_MSG_EQ_TOL(
            local.site.allocatedMeanBps, 1e6 + 5e6 * LOCAL_S, PRECISION_BPS, "first");
        const auto& remote = run[1];
        NS_TEST_EXPECT_MSG_EQ_TOL(remote.edge.stalenessS, DECISION_S, PRECISION_S, "remote");
        NS_TEST_EXPECT_MSG_EQ_TOL(remote.edge.rttS, RTT_S, PRECISION_S, "without computing");
        NS_TEST_EXPECT_MSG_EQ_TOL(remote.edge.rttSmoothedS,
                                  PROBE_RTT_S + (RTT_S - PROBE_RTT_S) / 8,
                                  1e-8,
                                  "an eighth of the way");
        NS_TEST_EXPECT_MSG_EQ_TOL(remote.edge.cloudS, CLOUD_S, PRECISION_S, "computing");
        NS_TEST_EXPECT_MSG_EQ(remote.edge.messageBytes, 2 * 108, "there and back");
        NS_TEST_EXPECT_MSG_EQ(remote.edge.wanBytes, 2 * 110, "with PPP");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            remote.site.allocatedMeanBps, 2e6 - 1e6 * DECISION_S, PRECISION_BPS, "previous");
        NS_TEST_EXPECT_MSG_EQ(remote.site.allocatedBps, 2e6, "from the answer");
        const auto meanwhile = Play(Unloaded(), {first, asked}, WhileWaiting::LOCAL)[1];
        NS_TEST_EXPECT_MSG_EQ_TOL(meanwhile.site.allocatedMeanBps,
                                  2e6 + 1e6 * (DECISION_S - LOCAL_S) - 1e6 * LOCAL_S,
                                  PRECISION_BPS,
                                  "the local one");
        NS_TEST_EXPECT_MSG_EQ_TOL(meanwhile.edge.stalenessS, DECISION_S, PRECISION_S, "remote");
        // Nothing was decided before: the local allocation at once, 2 Mbit/s after the answer.
        const auto at0 = Play(Unloaded(), {asked})[0];
        NS_TEST_EXPECT_MSG_EQ_TOL(at0.site.allocatedMeanBps,
                                  2e6 + 1e6 * (DECISION_S - LOCAL_S) + 4e6 * LOCAL_S,
                                  PRECISION_BPS,
                                  "the first one");
    }
};

/** The other time mode. */
class ScaledTestCase : public TestCase
{
  public:
    ScaledTestCase()
        : TestCase("scaled, all times to the cloud are a 600th")
    {
    }

  private:
    void DoRun() override
    {
        auto config = Unloaded();
        config.timeScale = 1.0 / 600;
        const auto run = Play(config,
                              {Decision(1e6, true, 2e6), Decision(1e6, false, 2e6)},
                              WhileWaiting::PREVIOUS,
                              {},
                              LOCAL_S / 600);
        // A ns of rounding for each of 4 transmissions, 4 propagations and 2 computations.
        NS_TEST_EXPECT_MSG_EQ_TOL(run[0].edge.stalenessS, DECISION_S / 600, 10e-9, "decision");
        NS_TEST_EXPECT_MSG_EQ_TOL(run[0].edge.rttS, RTT_S / 600, 10e-9, "round trip");
        NS_TEST_EXPECT_MSG_EQ_TOL(run[1].edge.rttS, PROBE_RTT_S / 600, 10e-9, "probe");
        NS_TEST_EXPECT_MSG_EQ(run[0].edge.wanBytes, 220, "bytes as ever");
        Queues();
    }

    /** Others' packets are the same ones, 60 times as fast: what waits, waits a 60th. */
    void Queues()
    {
        auto config = Unloaded();
        config.wanRate = DataRate("2Mbps");
        config.wanBackground = 1;
        const std::vector<EdgeDdnnDecision> asked{Decision(1e6, true, 2e6)};
        const auto play = [&](double scale) {
            config.timeScale = scale;
            // The question goes out after 0.3 s of others' packets.
            return Play(config, asked, WhileWaiting::PREVIOUS, {}, 0.3 * scale)[0].edge.rttS;
        };
        const double stretchedS = play(1);
        // Without queues it were 2 x 0.44 ms of a message in place of 2 x 8.8 us: 43.3 ms.
        NS_TEST_EXPECT_MSG_EQ((stretchedS > 0.048), true, "waited: " << stretchedS);
        // Each of some 60 packets before it is rounded to a ns.
        NS_TEST_EXPECT_MSG_EQ_TOL(play(1.0 / 60), stretchedS / 60, 100e-9, "a 60th of it");
    }
};

/** A WAN that is down. */
class LostTestCase : public TestCase
{
  public:
    LostTestCase()
        : TestCase("a lost answer keeps the previous allocation, until the time-out")
    {
    }

  private:
    void DoRun() override
    {
        const auto local = Decision(1e6, false, 5e6);
        const auto asked = Decision(3e6, true, 2e6);
        const auto run = Play(Unloaded(),
                              {local, asked, local, asked, local},
                              WhileWaiting::PREVIOUS,
                              {false, true, true, false, false});
        const auto& lost = run[1].edge;
        NS_TEST_EXPECT_MSG_EQ(lost.offloaded, 1, "asked");
        NS_TEST_EXPECT_MSG_EQ(lost.answered, 0, "not answered");
        NS_TEST_EXPECT_MSG_EQ(lost.lost, 1, "counted");
        NS_TEST_EXPECT_MSG_EQ_TOL(lost.stalenessS, 0.5 + LOCAL_S, PRECISION_S, "time-out");
        NS_TEST_EXPECT_MSG_EQ_TOL(lost.rttS, PROBE_RTT_S, PRECISION_S, "as far as known");
        NS_TEST_EXPECT_MSG_EQ(lost.messageBytes, 108, "no answer");
        // 1 Mbit/s until the time-out, then the local allocation of 3.
        NS_TEST_EXPECT_MSG_EQ_TOL(
            run[1].site.allocatedMeanBps, 3e6 - 2e6 * (0.5 + LOCAL_S), PRECISION_BPS, "previous");
        NS_TEST_EXPECT_MSG_EQ(run[1].site.allocatedBps, 3e6, "local");
        // A decision of the edge alone goes on as ever; its probe tells that the WAN is down.
        NS_TEST_EXPECT_MSG_EQ(run[2].edge.answered, 0, "probe");
        NS_TEST_EXPECT_MSG_EQ(run[2].edge.lost, 1, "probe");
        NS_TEST_EXPECT_MSG_EQ_TOL(run[2].edge.stalenessS, LOCAL_S, PRECISION_S, "local");
        NS_TEST_EXPECT_MSG_EQ(run[3].edge.answered, 1, "the WAN is up");
        NS_TEST_EXPECT_MSG_EQ(run[3].edge.lost, 0, "the WAN is up");
        NS_TEST_EXPECT_MSG_EQ(run[3].site.allocatedBps, 2e6, "remote");
    }
};

/** Answers that come too late, or twice. */
class LateTestCase : public TestCase
{
  public:
    LateTestCase()
        : TestCase("late and duplicate answers change nothing and are counted")
    {
    }

  private:
    void DoRun() override
    {
        auto config = Unloaded();
        config.remoteCompute = MilliSeconds(600); // beyond the time-out of 500
        const auto local = Decision(1e6, false, 5e6);
        const auto asked = Decision(3e6, true, 2e6);
        const auto within = Play(config, {local, asked});
        NS_TEST_EXPECT_MSG_EQ(within[1].edge.lost, 1, "given up");
        NS_TEST_EXPECT_MSG_EQ(within[1].edge.late, 1, "came all the same");
        NS_TEST_EXPECT_MSG_EQ(within[1].edge.answered, 0, "not in time");
        NS_TEST_EXPECT_MSG_EQ(within[1].site.allocatedBps, 3e6, "local");
        NS_TEST_EXPECT_MSG_EQ_TOL(within[1].edge.cloudS, 0.6, PRECISION_S, "at the cloud");
        config.remoteCompute = MilliSeconds(1200); // beyond the next border
        const auto beyond = Play(config, {asked, local, asked});
        NS_TEST_EXPECT_MSG_EQ(beyond[0].edge.late, 0, "still there");
        NS_TEST_EXPECT_MSG_EQ(beyond[0].edge.cloudQueue, 1, "still there");
        NS_TEST_EXPECT_MSG_EQ(beyond[1].edge.late, 1, "in the next interval");
        NS_TEST_EXPECT_MSG_EQ(beyond[1].edge.answered, 1, "the probe");
        NS_TEST_EXPECT_MSG_EQ(beyond[1].site.allocatedBps, 1e6, "not put in force");
        Twice(asked);
    }

    void Twice(const EdgeDdnnDecision& asked)
    {
        auto config = Unloaded();
        config.retry = MilliSeconds(30); // once before the answer, 43.6 ms after the question
        const auto run = Play(config, {asked});
        NS_TEST_EXPECT_MSG_EQ(run[0].edge.duplicate, 1, "came twice");
        NS_TEST_EXPECT_MSG_EQ(run[0].edge.answered, 1, "once in time");
        NS_TEST_EXPECT_MSG_EQ(run[0].edge.lost + run[0].edge.late, 0, "none lost");
        NS_TEST_EXPECT_MSG_EQ(run[0].edge.messageBytes, 4 * 108, "two questions, two answers");
        NS_TEST_EXPECT_MSG_EQ_TOL(run[0].edge.stalenessS, DECISION_S, PRECISION_S, "the first one");
        NS_TEST_EXPECT_MSG_EQ(run[0].edge.rttS, 0, "unknown: which question was it?");
        NS_TEST_EXPECT_MSG_EQ(run[0].site.allocatedBps, 2e6, "remote");
    }
};

/** Allocations against loads. */
class ProvisioningTestCase : public TestCase
{
  public:
    ProvisioningTestCase()
        : TestCase("packets tell what an allocation lacks, or has too much")
    {
    }

  private:
    void DoRun() override
    {
        auto config = Unloaded();
        config.sites.peakBps = 1e6;
        config.sites.queuePackets = 10;
        const auto run = Play(config,
                              {Decision(2e6, false, 2e6), Decision(0.5e6, false, 2e6)},
                              WhileWaiting::PREVIOUS,
                              {},
                              0);
        // 125,000 bytes of IP packets: 122,149 of payload in 102 packets of 1197, with headers
        // 102 x 1225 = 124,950 bytes.
        constexpr double OFFERED = 124'950;
        constexpr double PACKET = 1225;
        NS_TEST_EXPECT_MSG_EQ(run[0].site.offeredBps, 8 * OFFERED, "offered");
        NS_TEST_EXPECT_MSG_EQ_TOL(run[0].site.overBytes, 250e3 - OFFERED, PACKET, "too much");
        NS_TEST_EXPECT_MSG_EQ(run[0].site.GetUnderBytes(), 0, "none lacks");
        // Half of it: 62,500 bytes and a bucket of 3200 pass, ten packets wait, the rest goes.
        const auto& half = run[1].site;
        NS_TEST_EXPECT_MSG_EQ(half.overBytes, 0, "all used");
        NS_TEST_EXPECT_MSG_EQ_TOL(half.bufferBytes, 10 * PACKET, PACKET, "ten packets");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            half.droppedBytes, OFFERED - 62.5e3 - 3200 - 10 * PACKET, 2 * PACKET, "dropped");
        // At time t 125,000 t bytes have come, 3200 + 62,500 t have passed: a packet waits
        // t - 51.2 ms, and is beyond 50 ms, with 1 ms of the link, from t = 100 ms on. Until then
        // ten come, one each 9.8 ms.
        NS_TEST_EXPECT_MSG_EQ_TOL(
            half.lateBytes, half.deliveredBps / 8 - 10 * PACKET, 2 * PACKET, "late");
        // c1 (0.1)^2 + c2 0.3 = 0.5 + 0.3.
        NS_TEST_EXPECT_MSG_EQ_TOL(
            ProvisioningCost({.under = 50, .over = 1}, 0.1, 0.3), 0.8, 1e-12, "cost");
    }
};

/** All packets, with others' on the WAN. */
class BackgroundTestCase : public TestCase
{
  public:
    BackgroundTestCase()
        : TestCase("no packet is missing, and others' packets on the WAN delay an answer")
    {
    }

  private:
    void DoRun() override
    {
        auto config = Unloaded();
        config.sites.peakBps = 1e6;
        config.sites.queuePackets = 5;
        config.wanRate = DataRate("10Mbps");
        config.wanBackground = 0.9;
        // Play() checks the conservation: with packets lost at shapers, and on a WAN that is down.
        const auto run = Play(config,
                              std::vector<EdgeDdnnDecision>(10, Decision(0.8e6, true, 0.5e6)),
                              WhileWaiting::PREVIOUS,
                              {false, false, false, true});
        double mostS = 0;
        double lost = 0;
        for (const auto& one : run)
        {
            NS_TEST_EXPECT_MSG_EQ((one.site.droppedBytes > 0), true, "shaper");
            mostS = std::max(mostS, one.edge.rttS);
            lost += one.edge.lost;
        }
        NS_TEST_EXPECT_MSG_EQ((lost >= 1), true, "while the WAN is down");
        // At 10 Mbit/s a message takes 88 us each way: 42.6 ms unloaded; ten packets more are 10.
        NS_TEST_EXPECT_MSG_EQ((mostS > 0.0526), true, "waited for others: " << mostS);
    }
};

/** The suite. */
class EdgeDdnnTestSuite : public TestSuite
{
  public:
    EdgeDdnnTestSuite()
        : TestSuite("slicebed-edge-ddnn", Type::UNIT)
    {
        AddTestCase(new InForceTestCase, Duration::QUICK);
        AddTestCase(new ScaledTestCase, Duration::QUICK);
        AddTestCase(new LostTestCase, Duration::QUICK);
        AddTestCase(new LateTestCase, Duration::QUICK);
        AddTestCase(new ProvisioningTestCase, Duration::QUICK);
        AddTestCase(new BackgroundTestCase, Duration::QUICK);
    }
};

EdgeDdnnTestSuite g_edgeDdnnTestSuite;

} // namespace
