// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CQI_REPORTER_H
#define SLICEBED_CQI_REPORTER_H

#include "cell/link-adaptation.h"
#include "cell/radio-channel.h"
#include "cell/ue-context.h"

#include <vector>

namespace ns3
{

/** What interference a UE's CQI is measured among. */
enum class CqiInterference
{
    ALL,     //!< all cells on all PRBs, as on LTE's always-on reference and control region
    MEASURED //!< what the cells did of late, as on NR's CSI-IM resources
};

/**
 * CQI reports of the UEs: one value a resource block group for the scheduler, wideband samples for
 * the KPIs.
 *
 * A report is made when it is needed and is then as old as its period and its way say: it sees the
 * fading at the first slot of the period in which it is asked for, and before that by the delay;
 * measured interference is filtered over FILTER_S, because the last period alone would tell a UE of
 * silence before each burst of its neighbours. So an idle UE costs nothing.
 */
class CqiReporter
{
  public:
    static constexpr double FILTER_S = 0.05;

    /** What all reports have in common. */
    struct Settings
    {
        CqiInterference interference{CqiInterference::ALL};
        uint32_t periodSlots{5}; //!< between two reports of a UE
        uint32_t delaySlots{6};  //!< from measurement to use
        Time slot;               //!< length of a slot
    };

    CqiReporter(Ptr<RadioChannel> channel,
                Ptr<const LinkAdaptation> link,
                const Settings& settings);

    void AddCell();

    /** Moves on to a slot. */
    void Advance(uint64_t slot);

    /** Notes what a cell transmits on in the slot at hand. */
    void NoteUse(uint16_t cell, RbgMask mask);

    /** Brings a UE's downlink report up to the period at hand. */
    void Report(UeContext& ue) const;

    /** @return the wideband CQI of a UE now */
    uint8_t Wideband(uint32_t ue) const;

    /** @return probability that a UE misses a scheduling decision now; all cells' control regions
     * are always on */
    double ControlErrorRate(uint32_t ue) const;

    /** @return the period at hand */
    uint64_t GetPeriod() const;

    /** @return how old what a report tells is in the slot at hand */
    Time GetAge() const;

  private:
    void Measure(uint32_t ue, Time age, float* sinr) const;

    Ptr<RadioChannel> m_channel;              //!< to measure
    Ptr<const LinkAdaptation> m_link;         //!< tables
    Settings m_settings;                      //!< as given
    double m_keep;                            //!< of the filter from period to period
    uint64_t m_slot{0};                       //!< at hand
    uint64_t m_period{0};                     //!< at hand
    std::vector<std::vector<uint32_t>> m_use; //!< slots of use in this period, by [cell][group]
    std::vector<std::vector<float>> m_load;   //!< share used before, filtered, by [cell][group]
};

} // namespace ns3

#endif // SLICEBED_CQI_REPORTER_H
