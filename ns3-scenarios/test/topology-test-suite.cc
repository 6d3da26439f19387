// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sliced network as a whole: the grid's geometry, and runs of a small network in which every
 * packet travels from the remote host to a UE's application. Load offered, KPIs, slices that appear
 * and leave, and the conservation of packets are checked against what was configured.
 */
#include "topology/cell-radio-access.h"
#include "topology/hex-grid.h"
#include "topology/sliced-cells.h"

#include "ns3/simulator.h"
#include "ns3/test.h"

#include <cmath>
#include <fstream>

using namespace ns3;

namespace
{

/** Neighbours on the grid are one inter-site distance apart. */
class HexGridTestCase : public TestCase
{
  public:
    HexGridTestCase()
        : TestCase("19 sites on two rings around the first")
    {
    }

  private:
    void DoRun() override
    {
        const auto sites = HexGrid(19, 500, 25);
        NS_TEST_ASSERT_MSG_EQ(sites.size(), 19, "as many as asked");
        for (size_t i = 0; i < sites.size(); ++i)
        {
            double nearest = 1e9;
            for (size_t j = 0; j < sites.size(); ++j)
            {
                nearest =
                    i == j ? nearest : std::min(nearest, CalculateDistance(sites[i], sites[j]));
            }
            NS_TEST_EXPECT_MSG_EQ_TOL(nearest, 500, 1e-6, "nearest neighbour of site " << i);
            const double fromCentre = CalculateDistance(sites[0], sites[i]);
            const double ring = i < 7 ? 500.001 : 1000.001;
            NS_TEST_EXPECT_MSG_LT(fromCentre, ring, "ring of site " << i);
        }
        NS_TEST_EXPECT_MSG_EQ(HexGrid(4, 500, 25).size(), 4, "rings may be incomplete");
    }
};

/** One site, three cells, three slices, six intervals; the third slice comes and goes. */
class SlicedCellsTestCase : public TestCase
{
  public:
    SlicedCellsTestCase()
        : TestCase("a small network run interval by interval")
    {
    }

  private:
    static constexpr uint32_t STEPS = 6;
    static constexpr double MASK = 0.5;

    SlicedCellsConfig MakeConfig() const
    {
        SlicedCellsConfig config;
        config.sites = 1;
        config.uesPerSlice = 3;
        config.interval = MilliSeconds(500);
        config.warmup = MilliSeconds(100);
        config.services = {{1, {2e6, 0.1}}, {2, {1e6, 0.1}}, {4, {0.5e6, 0.1}}};
        config.presentAtStart = {true, true, false};
        config.events = {{2, 2, true}, {4, 2, false}};
        return config;
    }

    TrafficMask MakeMask()
    {
        const auto path = CreateTempDirFilename("mask.csv");
        std::ofstream out(path);
        out << "step,slice_1,slice_2,slice_4\n";
        for (uint32_t k = 0; k < STEPS; ++k)
        {
            out << k << "," << MASK << "," << MASK << "," << MASK << "\n";
        }
        out.close();
        return TrafficMask::FromCsv(path);
    }

    void DoRun() override
    {
        const auto config = MakeConfig();
        auto cells = CreateObject<SlicedCells>();
        cells->Build(CreateObject<CellRadioAccess>(), config, MakeMask());
        const uint32_t users = 3 * 3 * config.uesPerSlice;
        NS_TEST_EXPECT_MSG_EQ(cells->GetUes().size(), users, "3 cells x 3 slices x 3 UEs");
        for (uint32_t k = 0; k < STEPS; ++k)
        {
            Simulator::Schedule(config.interval * k, [this, cells, k] { Border(cells, k); });
        }
        Simulator::Stop(config.interval * STEPS);
        Simulator::Run();
        CheckInterval(STEPS - 1, cells->CloseInterval());
        const auto packets = cells->CheckConservation();
        NS_TEST_EXPECT_MSG_GT(packets.sent, 500, "packets were sent");
        NS_TEST_EXPECT_MSG_GT(packets.received, packets.sent * 9 / 10, "and nearly all received");
        cells->Dispose();
        Simulator::Destroy();
    }

    void Border(Ptr<SlicedCells> cells, uint32_t k)
    {
        if (k > 0)
        {
            CheckInterval(k - 1, cells->CloseInterval());
        }
        cells->OpenInterval(k);
        for (uint16_t cell = 0; cell < 3; ++cell)
        {
            cells->SetCeilings(cell, {0.4, 0.3, 0.3});
        }
        const bool expected = k >= 2 && k < 4;
        NS_TEST_EXPECT_MSG_EQ(cells->IsPresent(2), expected, "slice 4 in interval " << k);
    }

    void CheckInterval(uint32_t k, const std::vector<std::vector<SliceKpi>>& kpis)
    {
        const auto config = MakeConfig();
        for (const auto& ofCell : kpis)
        {
            for (uint32_t slice = 0; slice < 3; ++slice)
            {
                const auto& kpi = ofCell[slice];
                const bool present = slice < 2 || (k >= 2 && k < 4);
                const double offered = present ? MASK * 1.2 *
                                                     config.services[slice].target.throughputBps *
                                                     config.uesPerSlice
                                               : 0;
                // A packet is cut to whole bytes: at most one byte of ~100 packets is lost.
                NS_TEST_EXPECT_MSG_EQ_TOL(kpi.offeredBps,
                                          offered,
                                          offered * 0.002,
                                          "offered by slice " << slice << " in interval " << k);
                if (present)
                {
                    // Light load: what is offered arrives, soon.
                    NS_TEST_EXPECT_MSG_EQ_TOL(kpi.thpDlBps * config.uesPerSlice,
                                              offered,
                                              offered * 0.15,
                                              "received by slice " << slice);
                    NS_TEST_EXPECT_MSG_GT(kpi.delayE2eS, 0.002, "more than the core link's delay");
                    NS_TEST_EXPECT_MSG_LT(kpi.delayE2eS, 0.1, "less than the bound");
                    NS_TEST_EXPECT_MSG_GT(kpi.delayE2eS, kpi.delayDlS, "radio is a part of it");
                    NS_TEST_EXPECT_MSG_GT(kpi.prbUsedDl, 0, "it takes PRBs");
                    NS_TEST_EXPECT_MSG_EQ_TOL(kpi.r, 1, 1e-9, "satisfied");
                }
            }
        }
    }
};

/** Too much for a cell: the buffers fill, and every packet is still accounted for. */
class OverloadTestCase : public TestCase
{
  public:
    OverloadTestCase()
        : TestCase("overload fills buffers, drops, and conserves packets")
    {
    }

  private:
    void DoRun() override
    {
        SlicedCellsConfig config;
        config.sites = 1;
        config.uesPerSlice = 4;
        config.load = 20;
        config.services = {{1, {2e6, 0.1}}, {2, {1e6, 0.1}}};
        config.presentAtStart = {true, true};
        auto cells = CreateObject<SlicedCells>();
        cells->Build(CreateObject<CellRadioAccess>(), config, TrafficMask::FromProfile(72));
        for (uint16_t cell = 0; cell < 3; ++cell)
        {
            cells->SetCeilings(cell, {0.05, 0.5});
        }
        cells->OpenInterval(0);
        Simulator::Stop(config.interval);
        Simulator::Run();
        const auto kpis = cells->CloseInterval();
        for (const auto& ofCell : kpis)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(ofCell[0].prbUsedDl, 5, 0.025, "its ceiling, all of it");
            NS_TEST_EXPECT_MSG_EQ_TOL(ofCell[1].prbUsedDl, 50, 0.25, "its ceiling, all of it");
            NS_TEST_EXPECT_MSG_LT(ofCell[0].prbUsedDl, 5 + 1.0 / 800 + 1e-9, "and not more");
            NS_TEST_EXPECT_MSG_LT(ofCell[1].prbUsedDl, 50 + 1.0 / 800 + 1e-9, "and not more");
            NS_TEST_EXPECT_MSG_GT(ofCell[0].loss, 0.1, "buffers overflow");
            NS_TEST_EXPECT_MSG_LT(ofCell[0].r, 1, "not satisfied");
            NS_TEST_EXPECT_MSG_GT(ofCell[0].bufferBytes, 0, "packets wait");
        }
        const auto packets = cells->CheckConservation();
        NS_TEST_EXPECT_MSG_GT(packets.dropped.at(ToString(DropCause::BUFFER_FULL)), 0, "drops");
        NS_TEST_EXPECT_MSG_GT(packets.inFlight, 0, "packets wait");
        cells->Dispose();
        Simulator::Destroy();
    }
};

/** The suite. */
class TopologyTestSuite : public TestSuite
{
  public:
    TopologyTestSuite()
        : TestSuite("slicebed-topology", Type::SYSTEM)
    {
        AddTestCase(new HexGridTestCase, Duration::QUICK);
        AddTestCase(new SlicedCellsTestCase, Duration::QUICK);
        AddTestCase(new OverloadTestCase, Duration::QUICK);
    }
};

const TopologyTestSuite g_topologyTestSuite; //!< registers itself

} // namespace
