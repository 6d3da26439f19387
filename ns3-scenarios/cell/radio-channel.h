// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_RADIO_CHANNEL_H
#define SLICEBED_RADIO_CHANNEL_H

#include "cell/cell-types.h"
#include "cell/fading-process.h"
#include "cell/rbg-mask.h"

#include "ns3/antenna-model.h"
#include "ns3/channel-condition-model.h"
#include "ns3/mobility-model.h"
#include "ns3/object.h"
#include "ns3/three-gpp-propagation-loss-model.h"

#include <memory>
#include <optional>
#include <utility>
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

    /**
     * Makes the network's edge meet itself: each site counts where its image nearest to a UE is.
     * @param shifts translations of the images, none first
     */
    void SetWrapAround(const std::vector<Vector>& shifts);

    /** Adds a UE; ids from 0. @return its id */
    uint32_t AddUe(Ptr<MobilityModel> place, uint16_t cell);

    /** How a carrier is divided. */
    struct Grid
    {
        uint32_t prbs;      //!< of the carrier
        uint32_t rbgPrbs;   //!< of a resource block group; the last one may be smaller
        double prbHz;       //!< width of a PRB [Hz]
        double frequencyHz; //!< carrier frequency [Hz]
        double txPowerDbm;  //!< of a cell on all PRBs [dBm]
    };

    /** Divides the carrier. To be called once, before the first SINR is asked for. */
    void SetGrid(const Grid& grid);

    /** @return the cell of the largest mean power at a place */
    uint16_t StrongestCell(Ptr<MobilityModel> place);

    /** @return the cell whose RSRP a UE measures to be the largest, and its lead on its own [dB] */
    std::pair<uint16_t, double> FindStrongerCell(uint32_t ue) const;

    /** Makes another cell the serving one. */
    void SetServingCell(uint32_t ue, uint16_t cell);

    /** Tells what share of their PRBs the cells have been using, by cell. */
    void SetActivity(const std::vector<float>& activity);

    /**
     * Brings Doppler up to now, and path loss and shadowing of UEs that have moved by 1 m or more
     * since these were looked at.
     */
    void Refresh();

    /** Makes every SINR of a UE the given one: for tests. */
    void SetFixedSinrDb(uint32_t ue, double sinrDb);

    /**
     * SINR of what a UE's cell sends it now.
     * @param ue that receives
     * @param wanted groups of the transmission
     * @param onAir what each cell sends on, by cell
     * @param sinr linear, written for each wanted group
     */
    void GetSinr(uint32_t ue, RbgMask wanted, const std::vector<RbgMask>& onAir, float* sinr) const;

    /** SINR on each group when all cells send on all PRBs, as it was `age` ago; linear. */
    void GetSinrOfFullLoad(uint32_t ue, Time age, float* sinr) const;

    /**
     * SINR on each group as it was `age` ago, linear.
     * @param load share of a group's PRBs that each cell sends on, by [cell][group]
     */
    void GetSinrOfLoad(uint32_t ue,
                       Time age,
                       const std::vector<std::vector<float>>& load,
                       float* sinr) const;

    /** @return power gain of small-scale fading now, 1 without */
    double GetFadingGain(uint32_t ue, uint16_t cell, uint32_t rbg, Direction direction) const;

    /** @return power gain of small-scale fading of each group `age` ago; none without fading */
    FadingGains GetFadingGains(uint32_t ue, uint16_t cell, Direction direction, Time age) const;

    /** @return large-scale power gain between a UE and a cell, linear */
    double GetGain(uint32_t ue, uint16_t cell) const
    {
        return m_ues[ue].links[cell].power / m_powerPerPrbW;
    }

    /** @return a UE's fixed SINR for tests, linear */
    std::optional<double> GetFixedSinr(uint32_t ue) const
    {
        return m_ues[ue].fixedSinr;
    }

    /** @return SINR by large-scale gain alone, all cells on all PRBs [dB] */
    double GetWidebandSinrDb(uint32_t ue) const;

    /** @return large-scale gain between a UE and a cell, antennas and shadowing included [dB] */
    double GetGainDb(uint32_t ue, uint16_t cell) const;

    /** See CellNetwork::MeanSinrMapDb. */
    std::vector<double> MeanSinrMapDb(const std::vector<Vector>& points) const;

    uint32_t GetRbgs() const;

    int64_t AssignStreams(int64_t stream);

    /** Lets all links fade on from places of the fading process that are drawn now. */
    void DrawFadingAnew();

  protected:
    void DoDispose() override;

  private:
    /** A sector. */
    struct Cell
    {
        uint16_t site;
        Ptr<AntennaModel> antenna;
    };

    /** One link of a UE: small, because every reception walks along many of them. */
    struct Link
    {
        float power{0}; //!< received on a PRB, without fading [W]
        float start{0}; //!< in its fading table [cycles]
        uint16_t cell{0};
        bool los{false}; //!< which table
    };

    /** A UE and its links. */
    struct Ue
    {
        uint16_t cell{0};       //!< that serves it
        Link own;               //!< to that cell
        std::vector<Link> near; //!< to the cells worth looking at one by one, strongest first
        double farW{0};         //!< of all others together on a PRB, if they send
        double farMeanW{0};     //!< the same, as much as they have been sending
        double cycles{0};       //!< Doppler cycles until `since`
        double dopplerHz{0};    //!< from then on
        Time since;
        std::optional<double> fixedSinr; //!< linear
        std::vector<Link> links;         //!< to all cells, by id
        Ptr<MobilityModel> place;
        Vector at; //!< where power was looked at
    };

    double AntennaGainDb(const Cell& cell, const Vector& from) const;
    void BringNear(size_t site, const Vector& place) const;
    std::vector<double> GainsDb(Ptr<MobilityModel> place) const;
    void RefreshUe(Ue& ue);
    void RefreshPower(Ue& ue);
    void FindNear(Ue& ue);
    FadingGains FadingOf(const Link& link, double cycles) const;
    double CyclesOf(const Ue& ue, Time age) const;
    template <typename LoadOf>
    void FillSinr(const Ue& ue, Time age, double farW, LoadOf loadOf, float* sinr) const;
    void MakeFading();
    float DrawFadingStart();
    Ptr<ThreeGppPropagationLossModel> MakeLoss(Ptr<ChannelConditionModel> condition,
                                               bool shadowing) const;

    double m_antennaGainDbi;                       //!< boresight
    double m_beamwidthDeg;                         //!< 3 dB, horizontal
    double m_maxAttenuationDb;                     //!< front to back
    double m_noiseFigureDb;                        //!< of a UE
    double m_delaySpreadNlosS;                     //!< rms
    double m_delaySpreadLosS;                      //!< rms
    bool m_omnidirectional;                        //!< no sectors
    bool m_fadingOn;                               //!< small scale
    bool m_shadowingOn;                            //!< large scale
    double m_frequencyHz{0};                       //!< carrier
    double m_powerPerPrbDbm{0};                    //!< of a cell
    double m_powerPerPrbW{0};                      //!< of a cell
    double m_noiseW{0};                            //!< on a PRB
    uint32_t m_rbgs{0};                            //!< of the carrier
    double m_rbgHz{0};                             //!< spacing
    std::vector<float> m_activity;                 //!< share of PRBs used, by cell
    std::vector<Ptr<MobilityModel>> m_sites;       //!< each at the image that was asked for last
    std::vector<Vector> m_positions;               //!< of the sites themselves
    std::vector<Vector> m_shifts{Vector(0, 0, 0)}; //!< of images
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
