// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LINK_ADAPTATION_H
#define SLICEBED_LINK_ADAPTATION_H

#include "ns3/lte-amc.h"
#include "ns3/object.h"
#include "ns3/spectrum-model.h"

#include <array>
#include <vector>

namespace ns3
{

/**
 * ns-3's LTE link tables in the form that a slot needs them: plain look-ups.
 *
 * Transport block sizes, CQI and MCS come from LteAmc (TS 36.213 Tables 7.1.7.2.1-1 and 7.2.3-1,
 * CQI for a block error rate of at most 10 %), mutual information and block error rates from
 * LteMiErrorModel. A block over unequal sub-bands is one over an effective SINR: the SINR whose
 * mutual information is the mean of the sub-bands' (MIESM).
 */
class LinkAdaptation : public SimpleRefCount<LinkAdaptation>
{
  public:
    static constexpr uint8_t MAX_CQI = 15;
    static constexpr uint8_t MAX_MCS = 28;
    static constexpr uint32_t MAX_PRBS = 110;

    LinkAdaptation();

    /** @return CQI, 0 (out of range) to 15 */
    uint8_t CqiFromSinrDb(double sinrDb) const;

    /** @return MCS for a CQI of at least 1 */
    uint8_t McsFromCqi(uint8_t cqi) const;

    /** @return bit per resource element of a CQI */
    double EfficiencyOfCqi(uint8_t cqi) const;

    /** @return the highest CQI of at most that efficiency */
    uint8_t CqiFromEfficiency(double efficiency) const;

    /** @return transport block size [byte]; 0 for no PRB */
    uint32_t TbsBytes(uint8_t mcs, uint32_t prbs) const;

    /** @return the fewest PRBs whose block holds `bytes`, or `most` */
    uint32_t PrbsFor(uint8_t mcs, uint32_t bytes, uint32_t most) const;

    /** @return mutual information per coded bit, in [0, 1] */
    double MutualInformation(uint8_t mcs, double sinrDb) const;

    /** @return the SINR of that mutual information [dB] */
    double SinrDbFromMutualInformation(uint8_t mcs, double mutualInformation) const;

    /** @return block error rate of a block of `prbs` PRBs at an effective SINR [dB] */
    double Bler(uint8_t mcs, uint32_t prbs, double sinrDb) const;

  private:
    static constexpr double LOW_DB = -20;  //!< of the tables
    static constexpr double HIGH_DB = 40;  //!< of the tables
    static constexpr double STEP_DB = 0.1; //!< of the tables
    static constexpr size_t POINTS = 601;  //!< of the tables

    using Table = std::array<float, POINTS>;

    static double Interpolate(const Table& table, double sinrDb);
    static size_t Modulation(uint8_t mcs);
    double BlerAt(uint8_t mcs, uint32_t prbs, size_t point) const;

    Ptr<SpectrumModel> m_oneBand;                          //!< to ask ns-3 about a flat SINR
    std::array<uint8_t, POINTS> m_cqi{};                   //!< by SINR
    std::array<uint8_t, MAX_CQI + 1> m_mcs{};              //!< by CQI
    std::array<double, MAX_CQI + 1> m_efficiency{};        //!< by CQI
    std::vector<std::array<uint32_t, MAX_PRBS + 1>> m_tbs; //!< [byte] by MCS, PRBs
    std::array<Table, 3> m_information{};                  //!< by modulation, SINR
    mutable std::vector<std::vector<Table>> m_bler; //!< by MCS, PRBs, SINR; NaN: not asked yet
};

} // namespace ns3

#endif // SLICEBED_LINK_ADAPTATION_H
