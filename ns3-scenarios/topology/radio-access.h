// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_RADIO_ACCESS_H
#define SLICEBED_RADIO_ACCESS_H

#include "cell/cell-types.h"
#include "cell/radio-channel.h"

#include "ns3/ipv4-address.h"
#include "ns3/mobility-model.h"
#include "ns3/node.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <vector>

namespace ns3
{

/**
 * Sliced cells, their UEs and the way to a remote host, as scenarios see them: the cell model or
 * ns-3's LTE/EPC stack behind the same words.
 *
 * Built once, in this order: sites, cells, slices, UEs, Start(). All share one RadioChannel, so
 * equal streams give equal path loss, shadowing and fading whatever the stack above them.
 */
class RadioAccess : public Object
{
  public:
    static TypeId GetTypeId();

    /** @param position of the antennas, height in z [m] @return its id, from 0 */
    virtual uint16_t AddSite(const Vector& position) = 0;

    /** Adds a cell with its gNB. @param bearingDeg of its boresight, counter-clockwise from east;
     * not looked at where antennas are omnidirectional @return its id, from 0 */
    virtual uint16_t AddCell(uint16_t site, double bearingDeg) = 0;

    /** Makes a slice present; its ceilings are 0 until set. Slices are numbered from 0. */
    virtual void AddSlice(uint16_t slice) = 0;

    /** Drops what the slice has queued, and whatever comes for it until it is added again. */
    virtual void RemoveSlice(uint16_t slice) = 0;

    /** Gives a node that has a MobilityModel a radio, an IP stack and an address. @return its id */
    virtual uint32_t AddUe(Ptr<Node> ue, uint16_t cell, uint16_t slice) = 0;

    /** Ends building. Afterwards every UE can be sent to; the simulator may have run for that. */
    virtual void Start() = 0;

    /** Sets the ceilings of a cell, both directions. @param fractions by slice, together at most 1
     */
    virtual void SetCeilings(uint16_t cell, const std::vector<double>& fractions) = 0;

    virtual double GetCeiling(uint16_t cell, uint16_t slice) const = 0;

    /** @return the cell that serves a UE now */
    virtual uint16_t GetServingCell(uint32_t ue) const = 0;

    /** @return the host that UEs talk with */
    virtual Ptr<Node> GetRemoteHost() const = 0;
    virtual Ipv4Address GetRemoteAddress() const = 0;
    virtual Ipv4Address GetUeAddress(uint32_t ue) const = 0;

    /** @return what the slice did in the cell, brought up to now */
    virtual const SliceCounters&
    GetCounters(uint16_t cell, uint16_t slice, Direction direction) = 0;

    /** @return bytes that wait to be sent over the air */
    virtual uint64_t GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const = 0;

    /** @return packets between the hosts' IP stacks now: in links, queues, on the air */
    virtual uint64_t GetInFlight() const = 0;

    virtual uint32_t GetPrbs() const = 0;
    virtual Time GetSlotDuration() const = 0;

    /** @return most bytes that may wait for a UE */
    virtual uint32_t GetMaxBufferBytes() const = 0;

    /** @return a rate that no UE can exceed [bit/s] */
    virtual double MaxRateBps() const = 0;

    virtual Ptr<RadioChannel> GetChannel() const = 0;

    virtual int64_t AssignStreams(int64_t stream) = 0;

    virtual uint16_t GetCells() const = 0;
    virtual uint16_t GetSlices() const = 0;

    /** TraceSource signature. @param ue that the packet was for or from @param direction its way */
    using CoreDropCallback = void (*)(uint32_t ue, Direction direction);

  protected:
    /** To be called when a packet is lost between the hosts and the air. */
    void NoteCoreDrop(uint32_t ue, Direction direction);

  private:
    TracedCallback<uint32_t, Direction> m_coreDropTrace; //!< CoreDrop
};

} // namespace ns3

#endif // SLICEBED_RADIO_ACCESS_H
