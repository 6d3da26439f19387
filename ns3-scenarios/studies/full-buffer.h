// SPDX-License-Identifier: GPL-2.0-only
// A network of cells that tests and studies feed directly, one SDU after the other, without a core
// network.
#ifndef SLICEBED_FULL_BUFFER_H
#define SLICEBED_FULL_BUFFER_H

#include "cell/cell-network.h"

#include "ns3/boolean.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include <cmath>
#include <numbers>

namespace ns3
{

inline constexpr uint32_t SDU_BYTES = 1000;

/** A network whose queues are kept full; MCSs are what the reports say, without an outer loop. */
struct FullBuffer
{
    Ptr<CellNetwork> network;

    FullBuffer(uint16_t cells, uint16_t slices)
        : network(CreateObjectWithAttributes<CellNetwork>("OuterLoop", BooleanValue(false)))
    {
        network->AssignStreams(1);
        const auto site = network->AddSite({0, 0, 25});
        for (uint16_t cell = 0; cell < cells; ++cell)
        {
            network->AddCell(CreateObject<Node>(), site, 30 + 120.0 * cell);
        }
        for (uint16_t slice = 0; slice < slices; ++slice)
        {
            network->AddSlice(slice);
        }
    }

    ~FullBuffer()
    {
        network->Dispose();
        Simulator::Destroy();
    }

    /** Adds a UE at a distance, so far off the boresight of its cell. */
    uint32_t AddUe(uint16_t cell, uint16_t slice, double distanceM = 100, double offDeg = 0)
    {
        const double angle = (30 + 120.0 * cell + offDeg) * std::numbers::pi / 180;
        auto place = CreateObject<ConstantPositionMobilityModel>();
        place->SetPosition({distanceM * std::cos(angle), distanceM * std::sin(angle), 1.5});
        auto node = CreateObject<Node>();
        node->AggregateObject(place);
        return network->AddUe(node, cell, slice)->GetUeId();
    }

    /** Gives the network one SDU for a UE, or from it. */
    void Enqueue(uint32_t ue, Direction direction = Direction::DOWNLINK)
    {
        auto sdu = Create<Packet>(SDU_BYTES);
        if (direction == Direction::DOWNLINK)
        {
            network->EnqueueDownlink(network->GetServingCell(ue), sdu, ue);
        }
        else
        {
            network->EnqueueUplink(sdu, ue);
        }
    }

    /** Offers a load to a UE for ever. */
    void Feed(uint32_t ue, double bps, Direction direction = Direction::DOWNLINK)
    {
        Enqueue(ue, direction);
        Simulator::Schedule(Seconds(SDU_BYTES * 8 / bps),
                            [this, ue, bps, direction] { Feed(ue, bps, direction); });
    }

    void Run(double seconds)
    {
        Simulator::Stop(Seconds(seconds));
        Simulator::Run();
    }
};

} // namespace ns3

#endif // SLICEBED_FULL_BUFFER_H
