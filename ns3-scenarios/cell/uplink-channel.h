// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_UPLINK_CHANNEL_H
#define SLICEBED_UPLINK_CHANNEL_H

#include "cell/link-adaptation.h"
#include "cell/radio-channel.h"
#include "cell/ue-context.h"

#include <vector>

namespace ns3
{

/**
 * The uplink over the RadioChannel: power control, SINR at the gNB, and what the gNB expects of it.
 *
 * A UE's power on a PRB is p = min(P0 + alpha PL, Pmax - 10 log10(PRBs of a group)): open-loop
 * control (TS 36.213 5.1.1.1, TS 38.213 7.1.1), and a grant has no more PRBs than Pmax allows at
 * that. The gNB expects the fading of the last sounding and the interference of what it received of
 * late.
 */
class UplinkChannel
{
  public:
    /** What all UEs and gNBs have in common. */
    struct Settings
    {
        double p0Dbm{-80};       //!< target received power on a PRB, at alpha 1
        double alpha{0.8};       //!< of the path loss that is compensated
        double maxPowerDbm{23};  //!< of a UE, power class 3
        double noiseFigureDb{5}; //!< of a gNB
        double prbHz{180e3};     //!< width of a PRB
        uint32_t rbgPrbs{4};     //!< of a group
    };

    UplinkChannel(Ptr<RadioChannel> channel,
                  Ptr<const LinkAdaptation> link,
                  const Settings& settings);

    void AddCell();

    /** Sets a UE's power by the path loss to its cell now. */
    void ControlPower(const UeContext& ue);

    /** @return most groups of a grant for a UE; at least 1 */
    uint32_t GetMaxRbgs(uint32_t ue) const;

    /**
     * SINR of a transmission at its cell.
     * @param transmission that the cell receives
     * @param onAir what all UEs send now, by their cell
     * @param masks groups of the same, by cell
     * @param sinr linear, written for each of its groups
     */
    void GetSinr(const Transmission& transmission,
                 const std::vector<std::vector<Transmission>>& onAir,
                 const std::vector<RbgMask>& masks,
                 float* sinr);

    /**
     * Brings what the gNB expects of a UE up to a sounding period.
     * @param period number @param age of the sounding
     */
    void Estimate(UeContext& ue, uint64_t period, Time age) const;

  private:
    Ptr<RadioChannel> m_channel;       //!< the air
    Ptr<const LinkAdaptation> m_link;  //!< tables
    double m_targetW;                  //!< P0
    double m_alpha;                    //!< compensation
    double m_maxPowerW;                //!< of a UE
    uint32_t m_rbgPrbs;                //!< of a group
    double m_noiseW;                   //!< on a PRB
    std::vector<float> m_powerW;       //!< on a PRB, by UE
    std::vector<float> m_disturbanceW; //!< noise and interference on a PRB, filtered, by cell
};

} // namespace ns3

#endif // SLICEBED_UPLINK_CHANNEL_H
