// SPDX-License-Identifier: GPL-2.0-only
/*
 * What networks tell of themselves for a drawing: the figures of links as they were built, and the
 * file.
 */
#include "test/error-text.h"
#include "topology/capacity-cell.h"
#include "topology/capacity-transport.h"
#include "topology/cell-edge-access.h"
#include "topology/e2e-network.h"
#include "topology/edge-cloud-network.h"
#include "topology/link-edge-access.h"
#include "topology/topology-file.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/test.h"

#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

using namespace ns3;

namespace
{

std::string
TextOf(const std::string& path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/** @return a line for each wire: its ends, Mbit/s and us */
std::string
TextOfWires(const TopologyDescription& drawing)
{
    std::ostringstream text;
    for (const auto& wire : drawing.wires)
    {
        text << drawing.nodes[wire.from].name << " - " << drawing.nodes[wire.to].name << " "
             << static_cast<double>(wire.rate.GetBitRate()) / 1e6 << " "
             << wire.delay.GetMicroSeconds() << "\n";
    }
    return text.str();
}

/** A server and a UE by hand. */
class FileTestCase : public TestCase
{
  public:
    FileTestCase()
        : TestCase("the file has nodes and links as they were built")
    {
    }

  private:
    void DoRun() override
    {
        NodeContainer nodes(3);
        PointToPointHelper link;
        link.SetDeviceAttribute("DataRate", StringValue("123456789bps"));
        link.SetChannelAttribute("Delay", StringValue("1.5ms"));
        link.Install(nodes.Get(1), nodes.Get(0));
        link.Install(nodes.Get(0), CreateObject<Node>()); // not in the drawing
        auto place = CreateObject<ConstantPositionMobilityModel>();
        place->SetPosition({-12.5, 30, 1.5});
        nodes.Get(2)->AggregateObject(place);
        TopologyDescription drawing;
        drawing.nodes = {
            {.node = nodes.Get(0), .name = "server", .kind = "server"},
            {.node = nodes.Get(1), .name = "gNB", .kind = "gnb", .x = 1},
            {.node = nodes.Get(2), .name = "UE 0", .kind = "ue", .x = 2, .y = -0.5, .slice = 4}};
        drawing.FindWires();
        drawing.airs = {{.from = 1, .to = 2, .bandwidthHz = 2e7}};
        const auto path = CreateTempDirFilename("topology.json");
        WriteTopologyFile(drawing, path);
        NS_TEST_EXPECT_MSG_EQ(
            TextOf(path),
            R"({"nodes":[{"name":"server","kind":"server","x":0,"y":0},)"
            R"({"name":"gNB","kind":"gnb","x":1,"y":0},)"
            R"({"name":"UE 0","kind":"ue","x":2,"y":-0.5,"slice":4,"x_m":-12.5,"y_m":30}],)"
            "\n"
            R"("wires":[{"from":"server","to":"gNB","rate_bps":123456789,"delay_s":0.0015}],)"
            "\n"
            R"("airs":[{"from":"gNB","to":"UE 0","bandwidth_hz":20000000}]})"
            "\n",
            "the file");
        const auto nowhere = path + "/nowhere.json";
        NS_TEST_EXPECT_MSG_EQ(slicebed::ErrorText<std::invalid_argument>(
                                  [&] { WriteTopologyFile(drawing, nowhere); }),
                              "topology_file " + nowhere + ": cannot be written",
                              "a path that is none");
        Simulator::Destroy();
    }
};

/** Two slices of two viewers, on links that are not the default's. */
class E2eDrawingTestCase : public TestCase
{
  public:
    E2eDrawingTestCase()
        : TestCase("e2e-slice tells its links and its UEs' places")
    {
    }

  private:
    void DoRun() override
    {
        E2eConfig config;
        config.slices = 2;
        config.usersPerSlice = 2;
        config.linkRate = DataRate("250Mbps");
        config.transportDelay = MilliSeconds(3);
        config.bandwidthMhz = 10;
        auto network = CreateObject<E2eNetwork>();
        network->Build(config);
        const auto drawing = network->Describe();
        NS_TEST_ASSERT_MSG_EQ(drawing.nodes.size(), 7, "server, UPF, gNB and four UEs");
        NS_TEST_ASSERT_MSG_EQ(drawing.wires.size(), 2, "to the UPF and from there");
        NS_TEST_EXPECT_MSG_EQ(drawing.wires[0].rate, DataRate("250Mbps"), "rate");
        NS_TEST_EXPECT_MSG_EQ(drawing.wires[0].delay, MilliSeconds(5), "server to UPF");
        NS_TEST_EXPECT_MSG_EQ(drawing.wires[1].delay, MilliSeconds(3), "UPF to gNB");
        NS_TEST_EXPECT_MSG_EQ(drawing.nodes[drawing.wires[1].from].name, "UPF", "its first end");
        NS_TEST_EXPECT_MSG_EQ(drawing.nodes[drawing.wires[1].to].name, "gNB", "its second end");
        NS_TEST_ASSERT_MSG_EQ(drawing.airs.size(), 4, "a radio a UE");
        for (size_t i = 0; i < drawing.airs.size(); ++i)
        {
            const auto& ue = drawing.nodes[drawing.airs[i].to];
            NS_TEST_EXPECT_MSG_EQ(drawing.nodes[drawing.airs[i].from].kind, "gnb", "its gNB");
            NS_TEST_EXPECT_MSG_EQ(drawing.airs[i].bandwidthHz, 10e6, "bandwidth");
            NS_TEST_EXPECT_MSG_EQ(*ue.slice, i / 2 + 1, "slice of UE " << i);
            const auto place = ue.node->GetObject<MobilityModel>()->GetPosition();
            NS_TEST_EXPECT_MSG_EQ((std::hypot(place.x, place.y) >= 35), true, "not at the mast");
            NS_TEST_EXPECT_MSG_EQ((std::hypot(place.x, place.y) <= 100), true, "within reach");
        }
        network = nullptr;
        Simulator::Destroy();
    }
};

/** Two edges on a WAN that is not the default's. */
class EdgeCloudDrawingTestCase : public TestCase
{
  public:
    EdgeCloudDrawingTestCase()
        : TestCase("edge-cloud tells its star and its WAN")
    {
    }

  private:
    void DoRun() override
    {
        EdgeCloudConfig config;
        config.edges = 2;
        config.wanRate = DataRate("77Mbps");
        config.wanDelay = MilliSeconds(33);
        auto network = CreateObject<EdgeCloudNetwork>();
        network->Build(config, CreateObject<LinkEdgeAccess>());
        const auto drawing = network->Describe();
        NS_TEST_EXPECT_MSG_EQ(TextOfWires(drawing),
                              "edge 0 - gateway 1000 1000\n"
                              "edge 0 - users 0 100 5000\n"
                              "edge 1 - gateway 1000 1000\n"
                              "edge 1 - users 1 100 5000\n"
                              "gateway - cloud 77 33000\n",
                              "links, Mbit/s and us");
        network = nullptr;
        Simulator::Destroy();
    }
};

/** Three services on a link that is not the default's. */
class CapacityTransportDrawingTestCase : public TestCase
{
  public:
    CapacityTransportDrawingTestCase()
        : TestCase("capacity tells its services and its link")
    {
    }

  private:
    void DoRun() override
    {
        auto network = CreateObject<CapacityTransport>();
        network->Build(
            {.rateMbps = 30, .accessDelay = MilliSeconds(4), .linkDelay = MicroSeconds(7500)},
            {.peaksBps = {9e6, 5e6, 2e6}});
        const auto drawing = network->Describe();
        // The bottleneck has 2 % for its own headers.
        NS_TEST_EXPECT_MSG_EQ(TextOfWires(drawing),
                              "server 1 - ingress 1000 4000\n"
                              "server 2 - ingress 1000 4000\n"
                              "server 3 - ingress 1000 4000\n"
                              "ingress - egress 30.6 7500\n",
                              "links, Mbit/s and us");
        for (size_t i = 0; i < 3; ++i)
        {
            NS_TEST_EXPECT_MSG_EQ(*drawing.nodes[i].slice, i + 1, "slice of server " << i);
            NS_TEST_EXPECT_MSG_EQ(drawing.nodes[i].y, 1.0 - i, "row of server " << i);
        }
        NS_TEST_EXPECT_MSG_EQ(drawing.airs.size(), 0, "no radio");
        network = nullptr;
        Simulator::Destroy();
    }
};

/** Two slices of five users in a cell that is not the default's. */
class CapacityCellDrawingTestCase : public TestCase
{
  public:
    CapacityCellDrawingTestCase()
        : TestCase("capacity tells its cell and its UEs' places")
    {
    }

  private:
    void DoRun() override
    {
        auto network = CreateObject<CapacityCell>();
        network->Build({.uesPerSlice = 5, .bandwidthMhz = 5, .radiusM = 150},
                       {.peaksBps = {3e6, 1e6}});
        const auto drawing = network->Describe();
        NS_TEST_ASSERT_MSG_EQ(drawing.nodes.size(), 12, "remote host, gNB and ten UEs");
        NS_TEST_EXPECT_MSG_EQ(TextOfWires(drawing), "remote host - gNB 1000 2000\n", "the link");
        const auto mast = drawing.nodes[1].node->GetObject<MobilityModel>()->GetPosition();
        NS_TEST_ASSERT_MSG_EQ(drawing.airs.size(), 10, "a radio a UE");
        for (size_t i = 0; i < drawing.airs.size(); ++i)
        {
            const auto& ue = drawing.nodes[drawing.airs[i].to];
            NS_TEST_EXPECT_MSG_EQ(drawing.nodes[drawing.airs[i].from].name, "gNB", "its gNB");
            NS_TEST_EXPECT_MSG_EQ(drawing.airs[i].bandwidthHz, 5e6, "bandwidth");
            const auto& known = network->GetCells()->GetUes()[i];
            NS_TEST_EXPECT_MSG_EQ(ue.node, known.node, "node of UE " << i);
            NS_TEST_EXPECT_MSG_EQ(*ue.slice, known.slice + 1, "slice of UE " << i);
            const auto place = ue.node->GetObject<MobilityModel>()->GetPosition();
            const double distanceM = std::hypot(place.x - mast.x, place.y - mast.y);
            NS_TEST_EXPECT_MSG_EQ((distanceM >= 35 && distanceM <= 150), true, "within the radius");
        }
        network = nullptr;
        Simulator::Destroy();
    }
};

/** Edge-cloud with cells: each UE on the air of its edge. */
class EdgeCellsDrawingTestCase : public TestCase
{
  public:
    EdgeCellsDrawingTestCase()
        : TestCase("edge-cloud tells its cells")
    {
    }

  private:
    void DoRun() override
    {
        EdgeCloudConfig config;
        config.edges = 2;
        auto network = CreateObject<EdgeCloudNetwork>();
        network->Build(config,
                       CreateObjectWithAttributes<CellEdgeAccess>(
                           "UesPerEdge", UintegerValue(2), "BandwidthMhz", DoubleValue(10)));
        const auto drawing = network->Describe();
        std::ostringstream airs;
        for (const auto& air : drawing.airs)
        {
            airs << drawing.nodes[air.from].name << " ~ " << drawing.nodes[air.to].name << " "
                 << air.bandwidthHz / 1e6 << "\n";
        }
        NS_TEST_EXPECT_MSG_EQ(airs.str(),
                              "edge 0 ~ UE 0.0 10\n"
                              "edge 0 ~ UE 0.1 10\n"
                              "edge 1 ~ UE 1.0 10\n"
                              "edge 1 ~ UE 1.1 10\n",
                              "carriers, MHz");
        NS_TEST_EXPECT_MSG_EQ(drawing.wires.size(), 3, "two to the gateway, one to the cloud");
        network = nullptr;
        Simulator::Destroy();
    }
};

/** The suite. */
class TopologyFileTestSuite : public TestSuite
{
  public:
    TopologyFileTestSuite()
        : TestSuite("slicebed-topology-file", Type::UNIT)
    {
        AddTestCase(new FileTestCase, Duration::QUICK);
        AddTestCase(new E2eDrawingTestCase, Duration::QUICK);
        AddTestCase(new EdgeCloudDrawingTestCase, Duration::QUICK);
        AddTestCase(new CapacityTransportDrawingTestCase, Duration::QUICK);
        AddTestCase(new CapacityCellDrawingTestCase, Duration::QUICK);
        AddTestCase(new EdgeCellsDrawingTestCase, Duration::QUICK);
    }
};

TopologyFileTestSuite g_topologyFileTestSuite;

} // namespace
