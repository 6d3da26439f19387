// SPDX-License-Identifier: GPL-2.0-only
#include "topology/cell-radio-access.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(CellRadioAccess);

TypeId
CellRadioAccess::GetTypeId()
{
    static TypeId tid = TypeId("ns3::CellRadioAccess")
                            .SetParent<RadioAccess>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<CellRadioAccess>();
    return tid;
}

CellRadioAccess::CellRadioAccess()
    : m_network(CreateObject<CellNetwork>())
    , m_core(CreateObject<CoreNetwork>())
{
    m_core->SetRouting([this](uint32_t ue) { return m_network->GetServingCell(ue); });
    m_core->TraceConnectWithoutContext(
        "Dropped", Callback<void, uint32_t, Direction>([this](uint32_t ue, Direction direction) {
            NoteCoreDrop(ue, direction);
        }));
}

uint16_t
CellRadioAccess::AddSite(const Vector& position)
{
    return m_network->AddSite(position);
}

uint16_t
CellRadioAccess::AddCell(uint16_t site, double bearingDeg)
{
    const auto cell = m_network->AddCell(CreateObject<Node>(), site, bearingDeg);
    m_core->AddCell(m_network->GetGnb(cell));
    return cell;
}

void
CellRadioAccess::AddSlice(uint16_t slice)
{
    m_network->AddSlice(slice);
}

void
CellRadioAccess::RemoveSlice(uint16_t slice)
{
    m_network->RemoveSlice(slice);
}

uint32_t
CellRadioAccess::AddUe(Ptr<Node> ue, uint16_t cell, uint16_t slice)
{
    auto device = m_network->AddUe(ue, cell, slice);
    m_core->AddUe(device);
    return device->GetUeId();
}

void
CellRadioAccess::Start()
{
    // UEs are attached as they are added: there is nothing to wait for.
}

void
CellRadioAccess::SetCeilings(uint16_t cell, const std::vector<double>& fractions)
{
    m_network->SetCeilings(cell, fractions);
}

double
CellRadioAccess::GetCeiling(uint16_t cell, uint16_t slice) const
{
    return m_network->GetCeiling(cell, slice);
}

uint16_t
CellRadioAccess::GetServingCell(uint32_t ue) const
{
    return m_network->GetServingCell(ue);
}

Ptr<Node>
CellRadioAccess::GetRemoteHost() const
{
    return m_core->GetRemoteHost();
}

Ipv4Address
CellRadioAccess::GetRemoteAddress() const
{
    return m_core->GetRemoteAddress();
}

Ipv4Address
CellRadioAccess::GetUeAddress(uint32_t ue) const
{
    return m_core->GetUeAddress(ue);
}

const SliceCounters&
CellRadioAccess::GetCounters(uint16_t cell, uint16_t slice, Direction direction)
{
    return m_network->GetCounters(cell, slice, direction);
}

uint64_t
CellRadioAccess::GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const
{
    return m_network->GetBufferBytes(cell, slice, direction);
}

uint64_t
CellRadioAccess::GetInFlight() const
{
    return m_network->GetSdusInFlight() + m_core->GetInFlight();
}

uint16_t
CellRadioAccess::GetCells() const
{
    return m_network->GetCells();
}

uint16_t
CellRadioAccess::GetSlices() const
{
    return m_network->GetSlices();
}

uint32_t
CellRadioAccess::GetPrbs() const
{
    return m_network->GetPrbs();
}

Time
CellRadioAccess::GetSlotDuration() const
{
    return m_network->GetSlotDuration();
}

uint32_t
CellRadioAccess::GetMaxBufferBytes() const
{
    return m_network->GetMaxBufferBytes();
}

double
CellRadioAccess::MaxRateBps() const
{
    return m_network->MaxRateBps();
}

Ptr<RadioChannel>
CellRadioAccess::GetChannel() const
{
    return m_network->GetChannel();
}

int64_t
CellRadioAccess::AssignStreams(int64_t stream)
{
    return m_network->AssignStreams(stream);
}

Ptr<CellNetwork>
CellRadioAccess::GetNetwork() const
{
    return m_network;
}

void
CellRadioAccess::DoDispose()
{
    m_core = nullptr;
    m_network = nullptr;
    RadioAccess::DoDispose();
}

} // namespace ns3
