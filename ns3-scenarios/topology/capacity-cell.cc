// SPDX-License-Identifier: GPL-2.0-only
#include "topology/capacity-cell.h"

#include "topology/cell-radio-access.h"
#include "traffic/poisson-flow-source.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CapacityCell);

namespace
{

constexpr uint16_t CELL = 0;

} // namespace

TypeId
CapacityCell::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CapacityCell")
                            .SetParent<CapacitySystem>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CapacityCell>();
    return tid;
}

void
CapacityCell::Build(const CapacityCellConfig& config, const CapacityLoad& load)
{
    load.RequireValid();
    m_config = config;
    m_load = load;
    SlicedCellsConfig cells;
    cells.sites = 1;
    cells.sectors = 1;
    cells.interSiteDistanceM = config.radiusM;
    cells.placement = {0, 1};
    cells.uesPerSlice = config.uesPerSlice;
    cells.load = 1;
    cells.speedMps = config.speedMps;
    cells.source = PoissonFlowSource::GetTypeId();
    cells.packetBytes = load.packetBytes;
    cells.interval = load.interval;
    cells.warmup = load.warmup;
    for (uint32_t slice = 0; slice < GetSlices(); ++slice)
    {
        const QosTarget ofUser{load.peaksBps[slice] / config.uesPerSlice, load.delayBoundS};
        cells.services.push_back({slice + 1, ofUser});
        cells.presentAtStart.push_back(true);
    }
    Config::SetDefault("ns3::RadioChannel::Omnidirectional", BooleanValue(true));
    Config::SetDefault("ns3::CellNetwork::BandwidthMhz", DoubleValue(config.bandwidthMhz));
    m_cells = CreateObject<SlicedCells>();
    auto radio = CreateObject<CellRadioAccess>();
    m_cells->Build(radio, cells, load.mask);
    auto place = CreateObject<ConstantPositionMobilityModel>();
    place->SetPosition(m_cells->GetSites().front());
    m_gnb = radio->GetNetwork()->GetGnb(CELL)->GetNode();
    m_gnb->AggregateObject(place);
    m_bytesOfPrb.assign(GetSlices(), MostBytesOfPrb());
}

double
CapacityCell::MostBytesOfPrb() const
{
    const auto radio = m_cells->GetRadio();
    return radio->MaxRateBps() / 8 * radio->GetSlotDuration().GetSeconds() / radio->GetPrbs();
}

void
CapacityCell::OpenInterval(uint32_t k)
{
    m_cells->OpenInterval(k);
}

std::vector<CapacityKpi>
CapacityCell::CloseInterval()
{
    const auto measured = m_cells->CloseInterval().at(CELL);
    std::vector<CapacityKpi> kpis;
    for (uint16_t slice = 0; slice < GetSlices(); ++slice)
    {
        kpis.push_back(Read(measured[slice], slice));
    }
    return kpis;
}

CapacityKpi
CapacityCell::Read(const SliceKpi& measured, uint16_t slice)
{
    CapacityKpi kpi;
    kpi.offeredBps = measured.offeredBps;
    kpi.deliveredBps = measured.thpDlBps * m_config.uesPerSlice;
    kpi.deliveredRatio = kpi.offeredBps > 0 ? std::min(kpi.deliveredBps / kpi.offeredBps, 1.0) : 1;
    kpi.delayS = measured.delayE2eS;
    kpi.delayP95S = measured.delayE2eP95S;
    kpi.loss = measured.loss;
    kpi.bufferBytes = measured.bufferBytes;
    kpi.prbUsedDl = measured.prbUsedDl;
    kpi.cqi = measured.cqi;
    kpi.admitted = m_cells->IsPresent(slice) ? 1 : 0;
    kpi.reserved = m_cells->GetRadio()->GetCeiling(CELL, slice);
    const double slots =
        m_load.GetMeasuredS() / m_cells->GetRadio()->GetSlotDuration().GetSeconds();
    const double reservedPrbs = kpi.reserved * m_cells->GetRadio()->GetPrbs();
    const double unusedPrbs = std::max(reservedPrbs - kpi.prbUsedDl, 0.0);
    kpi.overProvisionedBytes = unusedPrbs * slots * CarryOf(kpi, slice);
    kpi.unused = reservedPrbs > 0 ? unusedPrbs / reservedPrbs : 0;
    return kpi;
}

/** @return bytes that a PRB of the slice carried in a slot, or would have as far as is known */
double
CapacityCell::CarryOf(const CapacityKpi& kpi, uint16_t slice)
{
    const auto radio = m_cells->GetRadio();
    const double usedPrbs = kpi.prbUsedDl / radio->GetSlotDuration().GetSeconds(); // in a second
    if (usedPrbs > 0)
    {
        // Packets sent just before the window and delivered in it carry nothing extra.
        m_bytesOfPrb[slice] = std::min(kpi.deliveredBps / 8 / usedPrbs, MostBytesOfPrb());
    }
    return m_bytesOfPrb[slice];
}

void
CapacityCell::Reserve(const std::vector<double>& amounts, const std::vector<bool>& admit)
{
    for (uint32_t slice = 0; slice < GetSlices(); ++slice)
    {
        if (m_cells->IsPresent(slice) != admit.at(slice))
        {
            m_cells->SetPresent(slice, admit[slice]);
        }
    }
    m_cells->SetCeilings(CELL, amounts);
}

CapacityBounds
CapacityCell::GetBounds() const
{
    const auto radio = m_cells->GetRadio();
    return {.deliveredBps = 2 * radio->MaxRateBps(), // packets held back come in bursts
            .bufferBytes = 1.0 * m_config.uesPerSlice * radio->GetMaxBufferBytes(),
            .reserved = 1,
            .overProvisionedBytes = radio->MaxRateBps() / 8 * m_load.GetMeasuredS(),
            .prbs = 1.0 * radio->GetPrbs()};
}

CapacityCost
CapacityCell::Judge(const CapacityKpi& kpi, const CapacityTerms& terms, double peakBps) const
{
    return CellCost(kpi, terms, peakBps);
}

Conservation
CapacityCell::CheckConservation() const
{
    return m_cells->CheckConservation();
}

TopologyDescription
CapacityCell::Describe() const
{
    TopologyDescription drawing;
    drawing.nodes = {
        {.node = m_cells->GetRadio()->GetRemoteHost(), .name = "remote host", .kind = "server"},
        {.node = m_gnb, .name = "gNB", .kind = "gnb", .x = 1}};
    drawing.FindWires();
    const size_t gnb = drawing.nodes.size() - 1;
    const auto& ues = m_cells->GetUes();
    for (size_t i = 0; i < ues.size(); ++i)
    {
        drawing.nodes.push_back({.node = ues[i].node,
                                 .name = "UE " + std::to_string(i),
                                 .kind = "ue",
                                 .x = 2,
                                 .y = RowY(i, ues.size()),
                                 .slice = m_cells->GetConfig().services[ues[i].slice].id});
        drawing.airs.push_back({.from = gnb,
                                .to = drawing.nodes.size() - 1,
                                .bandwidthHz = m_config.bandwidthMhz * 1e6});
    }
    return drawing;
}

Ptr<SlicedCells>
CapacityCell::GetCells() const
{
    return m_cells;
}

void
CapacityCell::DoDispose()
{
    m_gnb = nullptr;
    m_cells = nullptr;
    CapacitySystem::DoDispose();
}

} // namespace ns3
