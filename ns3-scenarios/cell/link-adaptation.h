// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LINK_ADAPTATION_H
#define SLICEBED_LINK_ADAPTATION_H

#include "cell/cell-types.h"
#include "cell/sinr-table.h"

#include "ns3/simple-ref-count.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{

/**
 * A technology's link tables in the form that a slot needs them: plain look-ups.
 *
 * SINRs are linear. A block over unequal resource block groups counts by the mean of their mutual
 * information (MIESM); a block sent n times by the mean over its transmissions, at an n-th of its
 * code rate (incremental redundancy). Subclasses fill the tables from their standard.
 */
class LinkAdaptation : public SimpleRefCount<LinkAdaptation>
{
  public:
    static constexpr uint8_t MAX_CQI = 15;

    virtual ~LinkAdaptation() = default;

    uint8_t GetMaxMcs() const;

    /** @return most PRBs of a block */
    uint32_t GetMaxPrbs() const;

    /** @return CQI of a resource block group, 0 (out of range) to 15 */
    uint8_t CqiOf(float sinr) const
    {
        return m_cqi[sinr];
    }

    /** @return bit per resource element that the CQI of a SINR promises; 0 out of range */
    float EfficiencyOf(float sinr) const
    {
        return m_efficiency[sinr];
    }

    /** @return bytes of a PRB in a block at what a CQI report of that efficiency allows */
    float RateOf(float efficiency) const
    {
        // The next step up: an efficiency that a CQI begins with is that CQI's.
        return m_rateOfEfficiency[static_cast<size_t>(efficiency / EFFICIENCY_STEP) + 1];
    }

    /** @return bit per resource element of a CQI */
    double EfficiencyOfCqi(uint8_t cqi) const;

    /** @return MCS for a CQI of at least 1 */
    uint8_t McsOfCqi(uint8_t cqi) const;

    /**
     * @param efficiency mean of what the CQIs of a block's groups promise [bit/RE]
     * @param offsetDb of outer-loop link adaptation; 0: MCS of the highest CQI of at most that
     * efficiency, otherwise the finest MCS at the SINR where that efficiency begins, plus offset
     */
    uint8_t McsOf(double efficiency, double offsetDb) const;

    /** @return transport block size [byte]; 0 for no PRB */
    uint32_t TbsBytes(uint8_t mcs, uint32_t prbs, Direction direction = Direction::DOWNLINK) const
    {
        return m_tbs[static_cast<size_t>(direction)][mcs][prbs];
    }

    /** @return the fewest PRBs whose block holds `bytes`, or `most` */
    uint32_t PrbsFor(uint8_t mcs, uint64_t bytes, uint32_t most, Direction direction) const;

    /** @return mutual information per coded bit, in [0, 1] */
    float MutualInformation(uint8_t mcs, float sinr) const
    {
        return m_information[m_modulation[mcs]][sinr];
    }

    /**
     * @param mutualInformation per coded bit of MCS 0, mean over the carrier
     * @return probability that a scheduling decision is not decoded
     */
    float ControlErrorRate(double mutualInformation) const
    {
        return m_controlError[SinrOf(0, mutualInformation)];
    }

    /** @return the SINR of that mutual information */
    float SinrOf(uint8_t mcs, double mutualInformation) const;

    /**
     * @param mcs of the block
     * @param prbs of its first transmission
     * @param mutualInformation per coded bit, mean over its transmissions
     * @param transmissions so far, in units of the first
     * @param direction of the block
     * @return block error rate
     */
    double Bler(uint8_t mcs,
                uint32_t prbs,
                double mutualInformation,
                double transmissions,
                Direction direction = Direction::DOWNLINK) const;

  protected:
    LinkAdaptation(uint8_t maxMcs, uint32_t maxPrbs);

    /** What a subclass knows. */
    virtual uint8_t CqiBySinr(double sinr) const = 0;
    virtual double InformationBySinr(uint8_t mcs, double sinr) const = 0;
    virtual uint8_t ModulationOf(uint8_t mcs) const = 0; //!< 0, 1, ... by order
    virtual uint32_t BlockBytes(uint8_t mcs, uint32_t prbs, Direction direction) const = 0;
    virtual double CqiEfficiency(uint8_t cqi) const = 0;
    virtual uint8_t MapCqiToMcs(uint8_t cqi) const = 0;
    virtual double ControlErrorBySinr(double sinr) const = 0;
    virtual double ErrorRate(uint8_t mcs,
                             uint32_t blockBytes,
                             double mutualInformation,
                             double transmissions) const = 0;

    /** To be called by a subclass's constructor once all of the above answer. */
    void Fill();

  private:
    static constexpr size_t POINTS = 1025; //!< of an error curve, evenly over [0, 1]
    static constexpr size_t MODULATIONS = 4;
    static constexpr double EFFICIENCY_STEP = 1.0 / 256;
    static constexpr size_t EFFICIENCIES = 2048; //!< up to 8 bit per resource element

    double BlerAt(uint8_t mcs, uint32_t prbs, size_t point, Direction direction) const;
    void FillOfEfficiency();

    uint8_t m_maxMcs;                                                 //!< highest
    uint32_t m_maxPrbs;                                               //!< of a block
    SinrTable<uint8_t> m_cqi;                                         //!< by SINR
    SinrTable<float> m_controlError;                                  //!< by SINR
    SinrTable<float> m_efficiency;                                    //!< by SINR
    std::array<SinrTable<float>, MODULATIONS> m_information;          //!< by modulation, SINR
    std::vector<uint8_t> m_modulation;                                //!< by MCS
    std::array<double, MAX_CQI + 1> m_cqiEfficiency{};                //!< by CQI
    std::array<uint8_t, MAX_CQI + 1> m_mcsOfCqi{};                    //!< by CQI
    std::array<float, EFFICIENCIES> m_rateOfEfficiency{};             //!< [byte/PRB]
    std::array<float, EFFICIENCIES> m_dbOfEfficiency{};               //!< where it begins
    std::vector<float> m_mcsThresholdDb;                              //!< by MCS
    std::array<std::vector<std::vector<uint32_t>>, DIRECTIONS> m_tbs; //!< [byte]
    /** By direction, MCS, PRBs, mutual information; NaN: not asked yet. */
    mutable std::array<std::vector<std::vector<std::vector<float>>>, DIRECTIONS> m_bler;
};

} // namespace ns3

#endif // SLICEBED_LINK_ADAPTATION_H
