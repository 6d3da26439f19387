// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LTE_LINK_ADAPTATION_H
#define SLICEBED_LTE_LINK_ADAPTATION_H

#include "cell/link-adaptation.h"

#include "ns3/lte-amc.h"
#include "ns3/spectrum-model.h"

namespace ns3
{

/**
 * LTE by ns-3's own tables: block sizes, CQI and MCS of LteAmc (TS 36.213 Tables 7.1.7.2.1-1 and
 * 7.2.3-1, CQI for a block error rate of at most 10 %), mutual information and block error rates of
 * LteMiErrorModel, PDCCH errors included.
 */
class LteLinkAdaptation : public LinkAdaptation
{
  public:
    static constexpr uint8_t MAX_MCS = 28;
    static constexpr uint32_t MAX_PRBS = 110;

    /** @param rbgPrbs PRBs that a CQI report speaks of */
    explicit LteLinkAdaptation(uint32_t rbgPrbs);

  private:
    uint8_t CqiBySinr(double sinr) const override;
    double InformationBySinr(uint8_t mcs, double sinr) const override;
    uint8_t ModulationOf(uint8_t mcs) const override;
    uint32_t BlockBytes(uint8_t mcs, uint32_t prbs, Direction direction) const override;
    double CqiEfficiency(uint8_t cqi) const override;
    uint8_t MapCqiToMcs(uint8_t cqi) const override;
    double ControlErrorBySinr(double sinr) const override;
    double ErrorRate(uint8_t mcs,
                     uint32_t blockBytes,
                     double mutualInformation,
                     double transmissions) const override;

    uint32_t m_rbgPrbs;            //!< of a report
    Ptr<LteAmc> m_amc;             //!< ns-3's tables
    Ptr<SpectrumModel> m_oneBand;  //!< to ask ns-3 about a flat SINR
    Ptr<SpectrumModel> m_rbgBands; //!< to ask ns-3 about a group
};

} // namespace ns3

#endif // SLICEBED_LTE_LINK_ADAPTATION_H
