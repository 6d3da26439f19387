// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where UEs are: traces and their errors, random waypoints, and a network whose edge meets itself.
 */
#include "cell/radio-channel.h"
#include "topology/hex-grid.h"
#include "topology/ue-mobility.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/test.h"

#include <cmath>
#include <fstream>
#include <stdexcept>

using namespace ns3;

namespace
{

constexpr double ISD_M = 500;

/** Copies of the cluster cover the plane once. */
class TilingTestCase : public TestCase
{
  public:
    TilingTestCase()
        : TestCase("wrapped clusters of 1, 7 and 19 sites tile the plane; others are refused")
    {
    }

  private:
    void DoRun() override
    {
        for (const uint32_t sites : {1, 7, 19})
        {
            const auto cluster = HexGrid(sites, ISD_M, 0);
            const auto shifts = WrapAroundShifts(sites, ISD_M);
            NS_TEST_ASSERT_MSG_EQ(shifts.size(), 7, "none and six");
            // Every neighbour of every site is a site of exactly one copy.
            for (const auto& site : cluster)
            {
                for (int side = 0; side < 6; ++side)
                {
                    const double angle = side * M_PI / 3;
                    const Vector neighbour(
                        site.x + ISD_M * std::cos(angle), site.y + ISD_M * std::sin(angle), 0);
                    int copies = 0;
                    for (const auto& shift : shifts)
                    {
                        for (const auto& other : cluster)
                        {
                            copies += CalculateDistance(other + shift, neighbour) < 1 ? 1 : 0;
                        }
                    }
                    NS_TEST_EXPECT_MSG_EQ(copies, 1, sites << " sites, side " << side);
                }
            }
        }
        std::string said;
        try
        {
            WrapAroundShifts(4, ISD_M);
        }
        catch (const std::invalid_argument& error)
        {
            said = error.what();
        }
        NS_TEST_EXPECT_MSG_EQ(
            said, "sites is 4; wrap_around needs 1, 7 or 19, whose cluster closes", "four sites");
    }
};

/** With wrap-around a rim cell sees the interference that the centre sees. */
class EdgeTestCase : public TestCase
{
  public:
    EdgeTestCase()
        : TestCase("with wrap-around the rim is like the centre; without, it is better off")
    {
    }

  private:
    /** @return mean SINR about a site of the network [dB] */
    static double MeanSinrDb(bool wrapAround, size_t site)
    {
        auto channel = CreateObject<RadioChannel>();
        channel->SetGrid({100, 4, 180e3, 2.6e9, 46});
        channel->AssignStreams(1);
        const auto sites = HexGrid(7, ISD_M, 25);
        if (wrapAround)
        {
            channel->SetWrapAround(WrapAroundShifts(7, ISD_M));
        }
        for (const auto& position : sites)
        {
            const auto id = channel->AddSite(position);
            for (const double bearingDeg : SECTOR_BEARINGS_DEG)
            {
                channel->AddCell(id, bearingDeg);
            }
        }
        std::vector<Vector> points;
        for (int ring = 1; ring <= 5; ++ring)
        {
            for (int side = 0; side < 24; ++side)
            {
                const double angle = side * M_PI / 12;
                points.emplace_back(sites[site].x + ring * 45 * std::cos(angle),
                                    sites[site].y + ring * 45 * std::sin(angle),
                                    UE_HEIGHT_M);
            }
        }
        double sum = 0;
        for (const double sinrDb : channel->MeanSinrMapDb(points))
        {
            sum += sinrDb;
        }
        channel->Dispose();
        return sum / static_cast<double>(points.size());
    }

    void DoRun() override
    {
        const double centreDb = MeanSinrDb(true, 0);
        for (size_t rim = 1; rim < 7; ++rim)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(MeanSinrDb(true, rim), centreDb, 0.05, "rim site " << rim);
        }
        NS_TEST_EXPECT_MSG_GT(MeanSinrDb(false, 1), MeanSinrDb(false, 0) + 0.5, "without");
    }
};

/** A trace is followed; its mistakes are told with their place. */
class TraceTestCase : public TestCase
{
  public:
    TraceTestCase()
        : TestCase("a trace of positions is followed, or refused with its place")
    {
    }

  private:
    std::string Write(const std::string& text)
    {
        const auto path = CreateTempDirFilename("trace.csv");
        std::ofstream(path) << text;
        return path;
    }

    std::string Refusal(const std::string& text)
    {
        const auto path = Write(text);
        try
        {
            UeTrace(path, {{0, 0, 25}}, 1000);
        }
        catch (const std::invalid_argument& error)
        {
            const std::string said = error.what();
            const auto place = said.find("line");
            return place == std::string::npos ? said : said.substr(place);
        }
        return "";
    }

    void DoRun() override
    {
        const std::string header = "time_s,ue,x_m,y_m\n";
        const UeTrace trace(
            Write(header + "0,0,100,0\n0,1,-50,20\n10,0,200,0\n"), {{0, 0, 25}}, 1000);
        NS_TEST_ASSERT_MSG_EQ(trace.GetUes(), 2, "UEs");
        auto first = trace.MakeMobility(0);
        auto second = trace.MakeMobility(1);
        Simulator::Stop(Seconds(4));
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ_TOL(first->GetPosition().x, 140, 1e-6, "on its way");
        NS_TEST_EXPECT_MSG_EQ_TOL(first->GetVelocity().x, 10, 1e-6, "at 10 m/s");
        NS_TEST_EXPECT_MSG_EQ_TOL(second->GetPosition().y, 20, 1e-6, "stays");
        Simulator::Destroy();

        NS_TEST_EXPECT_MSG_EQ(Refusal("t,ue,x,y\n"),
                              "line 1: 't,ue,x,y'; the header time_s,ue,x_m,y_m is required",
                              "header");
        NS_TEST_EXPECT_MSG_EQ(Refusal(header + "0,0,far,0\n"),
                              "line 2: '0,0,far,0' is not four numbers time_s,ue,x_m,y_m",
                              "no number");
        NS_TEST_EXPECT_MSG_EQ(
            Refusal(header + "0,1,0,0\n"), "line 2: UE 1.000000 comes before UE 0", "gap");
        NS_TEST_EXPECT_MSG_EQ(Refusal(header + "0,0,0,0\n5,0,1,1\n5,0,2,2\n"),
                              "line 4: time_s is 5.000000; times rise",
                              "time");
        NS_TEST_EXPECT_MSG_EQ(Refusal(header + "0,0,3000,0\n"),
                              "line 2: UE 0 is outside all coverage: the nearest site is 3000 m "
                              "away; at most 1000 m are allowed",
                              "outside");
    }
};

/** Random waypoints stay in their disc and keep their speed. */
class WaypointTestCase : public TestCase
{
  public:
    WaypointTestCase()
        : TestCase("random waypoints cross the network at their speed")
    {
    }

  private:
    void DoRun() override
    {
        const UeMovement movement{.mobility = UeMobility::WAYPOINT,
                                  .speedMps = 30,
                                  .roamM = 20,
                                  .centre = {100, -50, 0},
                                  .radiusM = 400};
        auto node = CreateObject<Node>();
        auto mobility = MakeUeMobility(movement, {100, -50, UE_HEIGHT_M}, 1);
        node->AggregateObject(mobility);
        node->Initialize();
        double farthestM = 0;
        for (int second = 1; second <= 100; ++second)
        {
            Simulator::Stop(Seconds(1));
            Simulator::Run();
            const auto at = mobility->GetPosition();
            farthestM = std::max(farthestM, std::hypot(at.x - 100, at.y + 50));
            NS_TEST_EXPECT_MSG_EQ_TOL(mobility->GetVelocity().GetLength(), 30, 1e-6, "speed");
            NS_TEST_EXPECT_MSG_EQ_TOL(at.z, UE_HEIGHT_M, 1e-6, "height");
        }
        NS_TEST_EXPECT_MSG_LT(farthestM, 401, "in the disc");
        NS_TEST_EXPECT_MSG_GT(farthestM, 100, "and all over it");
        Simulator::Destroy();
    }
};

/** The suite. */
class MobilityTestSuite : public TestSuite
{
  public:
    MobilityTestSuite()
        : TestSuite("slicebed-mobility", Type::SYSTEM)
    {
        AddTestCase(new TilingTestCase, Duration::QUICK);
        AddTestCase(new EdgeTestCase, Duration::QUICK);
        AddTestCase(new TraceTestCase, Duration::QUICK);
        AddTestCase(new WaypointTestCase, Duration::QUICK);
    }
};

const MobilityTestSuite g_mobilityTestSuite; //!< registers itself

} // namespace
