// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CQI_REPORTER_H
#define SLICEBED_CQI_REPORTER_H

#include "cell/link-adaptation.h"
#include "cell/radio-channel.h"
#include "cell/ue-context.h"

#include <vector>

namespace ns3
{

/**
 * CQI reports of the UEs: sub-band reports for the scheduler, wideband samples for the KPIs.
 *
 * A report is made when it is needed and is then as old as its period says: it sees the fading at
 * the first slot of the period in which it is asked for, and the interference that the other cells
 * caused in the periods before, filtered. So an idle UE costs nothing.
 */
class CqiReporter
{
  public:
    /**
     * @param channel to measure
     * @param link tables
     * @param subBandMasks PRBs of each sub-band
     * @param periodSlots between reports
     */
    CqiReporter(Ptr<RadioChannel> channel,
                Ptr<const LinkAdaptation> link,
                const std::vector<PrbMask>& subBandMasks,
                uint32_t periodSlots);

    void AddCell();

    /** Moves on to a slot. */
    void Advance(uint64_t slot);

    /** Notes what a cell transmits on in the slot at hand. */
    void NoteUse(uint16_t cell, const PrbMask& mask);

    /** Brings a UE's report up to the period at hand. */
    void Report(UeContext& ue) const;

    /** @return the wideband CQI of a UE now */
    uint8_t Wideband(uint32_t ue) const;

  private:
    Ptr<RadioChannel> m_channel;              //!< to measure
    Ptr<const LinkAdaptation> m_link;         //!< tables
    std::vector<PrbMask> m_masks;             //!< by sub-band
    uint32_t m_periodSlots;                   //!< length of a period
    uint64_t m_period{0};                     //!< at hand
    size_t m_cells{0};                        //!< how many
    std::vector<std::vector<uint32_t>> m_use; //!< PRB slots in this period, by [sub-band][cell]
    std::vector<std::vector<float>> m_load;   //!< share used before, filtered, by [sub-band][cell]
};

} // namespace ns3

#endif // SLICEBED_CQI_REPORTER_H
