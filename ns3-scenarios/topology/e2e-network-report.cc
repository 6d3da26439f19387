// SPDX-License-Identifier: GPL-2.0-only
// What an E2eNetwork tells of itself: its nodes and links, and where its packets are.
#include "topology/e2e-network.h"
#include "transport/slice-dscp.h"

namespace ns3
{

TopologyDescription
E2eNetwork::Describe() const
{
    TopologyDescription drawing;
    drawing.nodes = {{.node = m_server, .name = "video server", .kind = "server"},
                     {.node = m_upf, .name = "UPF", .kind = "upf", .x = 1},
                     {.node = m_gnb, .name = "gNB", .kind = "gnb", .x = 2}};
    drawing.FindWires();
    const size_t gnb = drawing.nodes.size() - 1;
    for (size_t i = 0; i < m_clients.size(); ++i)
    {
        drawing.nodes.push_back({.node = m_clients[i]->GetNode(),
                                 .name = "UE " + std::to_string(i),
                                 .kind = "ue",
                                 .x = 3,
                                 .y = RowY(i, m_clients.size()),
                                 .slice = FIRST_MARKED_SLICE + SliceOf(static_cast<uint32_t>(i))});
        drawing.airs.push_back({.from = gnb,
                                .to = drawing.nodes.size() - 1,
                                .bandwidthHz = m_config.bandwidthMhz * 1e6});
    }
    return drawing;
}

Conservation
E2eNetwork::CheckConservation()
{
    Conservation packets;
    const auto& shaper = m_shaper->GetStats();
    packets.sent = m_sent[0];
    packets.inFlight =
        m_shaper->GetNPackets() + m_linkIn - m_linkDropped - m_linkOut + m_cell->GetSdusInFlight();
    const auto add = [&](const std::string& cause, uint64_t count) {
        if (count > 0)
        {
            packets.dropped[cause] += count;
        }
    };
    add("transport", shaper.nTotalDroppedPackets);
    add("link", m_linkDropped);
    for (uint32_t slice = 0; slice < m_config.slices; ++slice)
    {
        add("cpu", m_stages[slice]->GetDropped());
        packets.inFlight += m_stages[slice]->GetPackets();
        for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
        {
            const auto& counters = m_cell->GetCounters(0, static_cast<uint16_t>(slice), direction);
            for (size_t cause = 0; cause < counters.droppedSdus.size(); ++cause)
            {
                add(ToString(static_cast<DropCause>(cause)), counters.droppedSdus[cause]);
            }
            const bool downlink = direction == Direction::DOWNLINK;
            packets.sent += downlink ? 0 : counters.enqueuedSdus;
            packets.received += downlink ? counters.deliveredSdus : 0;
        }
    }
    packets.received += m_arrived[1];
    RequireConserved(packets);
    return packets;
}

} // namespace ns3
