// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_NR_LINK_ADAPTATION_H
#define SLICEBED_NR_LINK_ADAPTATION_H

#include "cell/link-adaptation.h"
#include "cell/nr-tables.h"

#include <array>
#include <vector>

namespace ns3
{

/**
 * NR by TS 38.214's tables of MCSs, CQIs and block sizes. Mutual information is that of Gray-mapped
 * QAM; block errors are ns-3's LteMiErrorModel curves of the nearest code rate, moved by the
 * difference of the rates (256QAM takes 64QAM's curves). Scheduling decisions are not lost: their
 * aggregation level adapts.
 */
class NrLinkAdaptation : public LinkAdaptation
{
  public:
    static constexpr uint32_t MAX_PRBS = 275;

    /** @param table in use @param rbgPrbs PRBs that a CQI report speaks of */
    NrLinkAdaptation(NrMcsTable table, uint32_t rbgPrbs);

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

    double Information(uint8_t order, double sinr) const;

    NrMcsTable m_table;                              //!< in use
    uint32_t m_rbgPrbs;                              //!< of a report
    std::array<std::vector<double>, 4> m_byHalfDb{}; //!< mutual information by order, SINR
};

} // namespace ns3

#endif // SLICEBED_NR_LINK_ADAPTATION_H
