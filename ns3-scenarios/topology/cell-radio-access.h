// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_CELL_RADIO_ACCESS_H
#define SLICEBED_CELL_RADIO_ACCESS_H

#include "cell/cell-network.h"
#include "topology/core-network.h"
#include "topology/radio-access.h"

namespace ns3
{

/** RadioAccess by the cell model: a CellNetwork with one point-to-point link a cell behind it. */
class CellRadioAccess : public RadioAccess
{
  public:
    static TypeId GetTypeId();
    CellRadioAccess();

    uint16_t AddSite(const Vector& position) override;
    uint16_t AddCell(uint16_t site, double bearingDeg) override;
    void AddSlice(uint16_t slice) override;
    void RemoveSlice(uint16_t slice) override;
    uint32_t AddUe(Ptr<Node> ue, uint16_t cell, uint16_t slice) override;
    void Start() override;
    void SetCeilings(uint16_t cell, const std::vector<double>& fractions) override;
    double GetCeiling(uint16_t cell, uint16_t slice) const override;
    uint16_t GetServingCell(uint32_t ue) const override;
    Ptr<Node> GetRemoteHost() const override;
    Ipv4Address GetRemoteAddress() const override;
    Ipv4Address GetUeAddress(uint32_t ue) const override;
    const SliceCounters& GetCounters(uint16_t cell, uint16_t slice, Direction direction) override;
    uint64_t GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const override;
    uint64_t GetInFlight() const override;
    uint16_t GetCells() const override;
    uint16_t GetSlices() const override;
    uint32_t GetPrbs() const override;
    Time GetSlotDuration() const override;
    uint32_t GetMaxBufferBytes() const override;
    double MaxRateBps() const override;
    Ptr<RadioChannel> GetChannel() const override;
    int64_t AssignStreams(int64_t stream) override;

    /** @return the radio, for its traces */
    Ptr<CellNetwork> GetNetwork() const;

  protected:
    void DoDispose() override;

  private:
    Ptr<CellNetwork> m_network; //!< the radio
    Ptr<CoreNetwork> m_core;    //!< the way there
};

} // namespace ns3

#endif // SLICEBED_CELL_RADIO_ACCESS_H
