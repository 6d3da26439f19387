// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_BUFFER_STATUS_H
#define SLICEBED_BUFFER_STATUS_H

#include <cstdint>
#include <deque>
#include <optional>

namespace ns3
{

/**
 * What a gNB knows of the data that a UE has to send, and since when.
 *
 * A UE whose data the gNB does not know of sends a scheduling request at its next occasion; the
 * first grant is a small one. Every block carries a buffer status report (TS 36.321 and 38.321,
 * 5.4.4 and 5.4.5), known a while after.
 */
class BufferStatus
{
  public:
    /** What all UEs of a network have in common, in slots. */
    struct Settings
    {
        uint32_t requestPeriodSlots{10}; //!< between two occasions of a UE (TS 36.213, 10.1.5)
        uint32_t requestDelaySlots{4};   //!< from a request to the first slot of a grant's block
        uint32_t reportDelaySlots{8};    //!< from a block to the next that its report may ask for
    };

    /** Bytes of the grant that answers a request: enough for a report and a small packet. */
    static constexpr uint32_t FIRST_GRANT_BYTES = 100;

    /** @param settings shared; outlive this @param ue whose occasions these are */
    BufferStatus(const Settings& settings, uint32_t ue);

    /**
     * Data came to be sent.
     * @param slot at hand
     * @return the slot in which a block may be granted for it, if that takes a request
     */
    std::optional<uint64_t> NoteArrival(uint64_t slot);

    /** @return bytes that the gNB may grant in a slot; slots do not go back */
    uint64_t GetKnownBytes(uint64_t slot);

    /** @return whether there were any in the last slot that was asked for */
    bool HasKnownBytes() const
    {
        return m_knownBytes > 0;
    }

    /**
     * A block was granted.
     * @param slot of the block
     * @param bytes it holds
     * @param leftBytes that the UE has left to send, as its report says
     */
    void NoteBlock(uint64_t slot, uint64_t bytes, uint64_t leftBytes);

    /** @return the slot at which the gNB will know more, if something is on its way */
    std::optional<uint64_t> GetNextReport() const;

    /** Forgets everything: the UE is new in its cell. */
    void Reset();

  private:
    /** A report, or a request, on its way. */
    struct Report
    {
        uint64_t dueSlot;      //!< when the gNB has it
        uint64_t bytes;        //!< that it tells of
        uint64_t grantedBytes; //!< m_grantedBytes when it was sent
    };

    const Settings* m_settings;   //!< shared
    uint32_t m_ue;                //!< shifts its occasions
    uint64_t m_knownBytes{0};     //!< by the gNB, not yet granted
    uint64_t m_toldBytes{0};      //!< that the newest report tells of
    uint64_t m_grantedBytes{0};   //!< since the start
    std::deque<Report> m_reports; //!< on their way, by due slot
};

} // namespace ns3

#endif // SLICEBED_BUFFER_STATUS_H
