// SPDX-License-Identifier: GPL-2.0-only
#include "cell/lte/radio-channel-loss-model.h"

#include "ns3/spectrum-signal-parameters.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RadioChannelLossModel);
NS_OBJECT_ENSURE_REGISTERED(RadioChannelFadingModel);

namespace
{

constexpr double NOTHING_DBM = -300;

} // namespace

void
RadioChannelPlaces::AddCell(Ptr<const MobilityModel> place, uint16_t cell)
{
    m_cells[PeekPointer(place)] = cell;
}

void
RadioChannelPlaces::AddUe(Ptr<const MobilityModel> place, uint32_t ue)
{
    m_ues[PeekPointer(place)] = ue;
}

std::optional<RadioChannelPlaces::Link>
RadioChannelPlaces::Find(Ptr<const MobilityModel> a, Ptr<const MobilityModel> b) const
{
    const auto down = m_cells.find(PeekPointer(a));
    if (down != m_cells.end())
    {
        const auto ue = m_ues.find(PeekPointer(b));
        return ue == m_ues.end()
                   ? std::nullopt
                   : std::optional(Link{ue->second, down->second, Direction::DOWNLINK});
    }
    const auto up = m_ues.find(PeekPointer(a));
    const auto cell = m_cells.find(PeekPointer(b));
    return up == m_ues.end() || cell == m_cells.end()
               ? std::nullopt
               : std::optional(Link{up->second, cell->second, Direction::UPLINK});
}

TypeId
RadioChannelLossModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::RadioChannelLossModel")
                            .SetParent<PropagationLossModel>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<RadioChannelLossModel>();
    return tid;
}

void
RadioChannelLossModel::SetChannel(Ptr<const RadioChannel> channel,
                                  Ptr<const RadioChannelPlaces> places)
{
    m_channel = channel;
    m_places = places;
}

double
RadioChannelLossModel::DoCalcRxPower(double txPowerDbm,
                                     Ptr<MobilityModel> a,
                                     Ptr<MobilityModel> b) const
{
    const auto link = m_places->Find(a, b);
    return link ? txPowerDbm + m_channel->GetGainDb(link->ue, link->cell) : NOTHING_DBM;
}

int64_t
RadioChannelLossModel::DoAssignStreams(int64_t)
{
    return 0; // the channel has its own
}

TypeId
RadioChannelFadingModel::GetTypeId()
{
    static TypeId tid = TypeId("ns3::RadioChannelFadingModel")
                            .SetParent<SpectrumPropagationLossModel>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<RadioChannelFadingModel>();
    return tid;
}

void
RadioChannelFadingModel::SetChannel(Ptr<const RadioChannel> channel,
                                    Ptr<const RadioChannelPlaces> places,
                                    uint32_t rbgPrbs)
{
    m_channel = channel;
    m_places = places;
    m_rbgPrbs = rbgPrbs;
}

Ptr<SpectrumValue>
RadioChannelFadingModel::DoCalcRxPowerSpectralDensity(Ptr<const SpectrumSignalParameters> signal,
                                                      Ptr<const MobilityModel> a,
                                                      Ptr<const MobilityModel> b) const
{
    auto received = signal->psd->Copy();
    const auto link = m_places->Find(a, b);
    const auto gains =
        link ? m_channel->GetFadingGains(link->ue, link->cell, link->direction, Time(0))
             : FadingGains();
    if (gains)
    {
        for (uint32_t prb = 0; prb < received->GetValuesN(); ++prb)
        {
            (*received)[prb] *= gains[prb / m_rbgPrbs];
        }
    }
    return received;
}

int64_t
RadioChannelFadingModel::DoAssignStreams(int64_t)
{
    return 0; // the channel has its own
}

} // namespace ns3
