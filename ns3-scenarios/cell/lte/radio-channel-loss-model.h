// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_RADIO_CHANNEL_LOSS_MODEL_H
#define SLICEBED_RADIO_CHANNEL_LOSS_MODEL_H

#include "cell/radio-channel.h"

#include "ns3/propagation-loss-model.h"
#include "ns3/spectrum-propagation-loss-model.h"

#include <optional>
#include <unordered_map>
#include <utility>

namespace ns3
{

/** Which mobility models belong to which cell or UE of a RadioChannel. */
class RadioChannelPlaces : public SimpleRefCount<RadioChannelPlaces>
{
  public:
    /** A link between a UE and a cell, whichever way. */
    struct Link
    {
        uint32_t ue;
        uint16_t cell;
        Direction direction;
    };

    void AddCell(Ptr<const MobilityModel> place, uint16_t cell);
    void AddUe(Ptr<const MobilityModel> place, uint32_t ue);

    /** @return the link from `a` to `b`; nothing between two UEs or two cells */
    std::optional<Link> Find(Ptr<const MobilityModel> a, Ptr<const MobilityModel> b) const;

  private:
    std::unordered_map<const MobilityModel*, uint16_t> m_cells; //!< by place
    std::unordered_map<const MobilityModel*, uint32_t> m_ues;   //!< by place
};

/** Path loss, shadowing and antennas of a RadioChannel for any ns-3 spectrum channel. */
class RadioChannelLossModel : public PropagationLossModel
{
  public:
    static TypeId GetTypeId();

    void SetChannel(Ptr<const RadioChannel> channel, Ptr<const RadioChannelPlaces> places);

  private:
    double
    DoCalcRxPower(double txPowerDbm, Ptr<MobilityModel> a, Ptr<MobilityModel> b) const override;
    int64_t DoAssignStreams(int64_t stream) override;

    Ptr<const RadioChannel> m_channel;      //!< knows gains
    Ptr<const RadioChannelPlaces> m_places; //!< knows who is who
};

/** Small-scale fading of a RadioChannel for any ns-3 spectrum channel of PRBs. */
class RadioChannelFadingModel : public SpectrumPropagationLossModel
{
  public:
    static TypeId GetTypeId();

    /** @param rbgPrbs PRBs of a resource block group */
    void SetChannel(Ptr<const RadioChannel> channel,
                    Ptr<const RadioChannelPlaces> places,
                    uint32_t rbgPrbs);

  private:
    Ptr<SpectrumValue> DoCalcRxPowerSpectralDensity(Ptr<const SpectrumSignalParameters> signal,
                                                    Ptr<const MobilityModel> a,
                                                    Ptr<const MobilityModel> b) const override;
    int64_t DoAssignStreams(int64_t stream) override;

    Ptr<const RadioChannel> m_channel;      //!< knows gains
    Ptr<const RadioChannelPlaces> m_places; //!< knows who is who
    uint32_t m_rbgPrbs{1};                  //!< of a group
};

} // namespace ns3

#endif // SLICEBED_RADIO_CHANNEL_LOSS_MODEL_H
