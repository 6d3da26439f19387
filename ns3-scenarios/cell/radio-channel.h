// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_RADIO_CHANNEL_H
#define SLICEBED_RADIO_CHANNEL_H

#include "cell/fading-process.h"
#include "cell/prb-mask.h"

#include "ns3/antenna-model.h"
#include "ns3/channel-condition-model.h"
#include "ns3/mobility-model.h"
#include "ns3/object.h"
#include "ns3/three-gpp-propagation-loss-model.h"

#include <memory>
#include <optional>
#include <vector>

namespace ns3
{

/**
 * The air between cells and UEs.
 *
 * Large scale: TR 38.901 UMa path loss, line-of-sight condition and shadowing by ns-3's own
 * classes, per site, so that co-located sectors share them; sector antennas by
 * ns3::ParabolicAntennaModel. Small scale: FadingProcess, one table with and one without line of
 * sight. Powers are per PRB.
 */
class RadioChannel : public Object
{
  public:
    static TypeId GetTypeId();
    RadioChannel();

    uint16_t AddSite(const Vector& position);
    uint16_t AddCell(uint16_t site, double bearingDeg);

    /** Adds a UE; ids from 0. @return its id */
    uint32_t AddUe(Ptr<MobilityModel> place, uint16_t cell);

    /** Divides the carrier. To be called once, before the first SINR is asked for. */
    void SetCarrier(uint32_t prbs, uint32_t subBandPrbs, double frequencyHz, double txPowerDbm);

    /** @return the cell of the largest mean power at a place */
    uint16_t StrongestCell(Ptr<MobilityModel> place);

    /** Brings path loss, shadowing and Doppler of all UEs up to now. */
    void Refresh();

    /** Makes every SINR of a UE the given one: for tests. */
    void SetFixedSinrDb(uint32_t ue, double sinrDb);

    /**
     * @param ue that receives
     * @param subBand of the carrier
     * @param load share of the sub-band that each cell transmits on, by cell; its own does not
     * count
     * @return SINR, linear
     */
    double GetSinr(uint32_t ue, uint32_t subBand, const std::vector<float>& load) const;

    /** @return SINR by large-scale gain alone, all cells on all PRBs [dB] */
    double GetWidebandSinrDb(uint32_t ue) const;

    /** @return large-scale gain between a UE and a cell, antennas and shadowing included [dB] */
    double GetGainDb(uint32_t ue, uint16_t cell) const;

    /** See CellNetwork::MeanSinrMapDb. */
    std::vector<double> MeanSinrMapDb(const std::vector<Vector>& points) const;

    uint32_t GetSubBands() const;

    int64_t AssignStreams(int64_t stream);

  protected:
    void DoDispose() override;

  private:
    /** A sector. */
    struct Cell
    {
        uint16_t site;
        Ptr<AntennaModel> antenna;
    };

    /** A UE's links. */
    struct Ue
    {
        Ptr<MobilityModel> place;
        uint16_t cell{0};                         //!< that serves it
        std::vector<float> power;                 //!< received from each cell on a PRB [W]
        std::vector<const FadingProcess*> fading; //!< of each cell's link
        std::vector<float> start;                 //!< of each link in its table [cycles]
        double cycles{0};                         //!< Doppler cycles until `since`
        double dopplerHz{0};                      //!< from then on
        Time since;
        std::optional<double> fixedSinr; //!< linear
    };

    double AntennaGainDb(const Cell& cell, const Vector& from) const;
    std::vector<double> GainsDb(Ptr<MobilityModel> place) const;
    void RefreshUe(Ue& ue);
    void MakeFading();
    Ptr<ThreeGppPropagationLossModel> MakeLoss(Ptr<ChannelConditionModel> condition,
                                               bool shadowing) const;

    double m_antennaGainDbi;    //!< boresight
    double m_beamwidthDeg;      //!< 3 dB, horizontal
    double m_maxAttenuationDb;  //!< front to back
    double m_noiseFigureDb;     //!< of a UE
    double m_delaySpreadNlosS;  //!< rms
    double m_delaySpreadLosS;   //!< rms
    bool m_fadingOn;            //!< small scale
    bool m_shadowingOn;         //!< large scale
    double m_frequencyHz{0};    //!< carrier
    double m_powerPerPrbDbm{0}; //!< of a cell
    double m_noiseW{0};         //!< on a PRB
    uint32_t m_subBands{0};     //!< of the carrier
    double m_subBandHz{0};      //!< spacing
    std::vector<Ptr<MobilityModel>> m_sites;
    std::vector<Cell> m_cells;
    std::vector<Ue> m_ues;
    Ptr<ChannelConditionModel> m_condition;
    Ptr<ThreeGppPropagationLossModel> m_loss;
    Ptr<UniformRandomVariable> m_random;
    std::unique_ptr<FadingProcess> m_nlos;
    std::unique_ptr<FadingProcess> m_los;
};

} // namespace ns3

#endif // SLICEBED_RADIO_CHANNEL_H
