// SPDX-License-Identifier: GPL-2.0-only
#include "topology/lte-radio-access.h"

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/data-rate.h"
#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-address-helper.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/lte-amc.h"
#include "ns3/lte-enb-net-device.h"
#include "ns3/lte-enb-rrc.h"
#include "ns3/lte-ue-net-device.h"
#include "ns3/lte-ue-rrc.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(LteRadioAccess);

namespace
{

constexpr uint32_t PDCP_HEADER_BYTES = 2;
constexpr uint8_t HIGHEST_MCS = 28;
const Time REFRESH_PERIOD = MilliSeconds(100); // as the cell model's
const Time POLL_PERIOD = MilliSeconds(10);
const Time ATTACH_STEP = MilliSeconds(50);
constexpr uint32_t MAX_ATTACH_STEPS = 40;

/** @return the path of an object of a device, for Config */
std::string
PathOf(Ptr<NetDevice> device)
{
    return "/NodeList/" + std::to_string(device->GetNode()->GetId()) + "/DeviceList/" +
           std::to_string(device->GetIfIndex());
}

} // namespace

TypeId
LteRadioAccess::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::LteRadioAccess")
            .SetParent<RadioAccess>()
            .SetGroupName("Slicebed")
            .AddConstructor<LteRadioAccess>()
            .AddAttribute("BandwidthMhz",
                          "Bandwidth of the channel [MHz]: 1.4, 3, 5, 10, 15 or 20.",
                          DoubleValue(20),
                          MakeDoubleAccessor(&LteRadioAccess::m_bandwidthMhz),
                          MakeDoubleChecker<double>())
            .AddAttribute("CarrierFrequencyHz",
                          "Carrier frequency [Hz].",
                          DoubleValue(2.6e9),
                          MakeDoubleAccessor(&LteRadioAccess::m_frequencyHz),
                          MakeDoubleChecker<double>(0.5e9, 100e9))
            .AddAttribute("TxPowerDbm",
                          "Transmission power of a cell on all its PRBs [dBm].",
                          DoubleValue(46),
                          MakeDoubleAccessor(&LteRadioAccess::m_txPowerDbm),
                          MakeDoubleChecker<double>())
            .AddAttribute("RlcBufferBytes",
                          "Most bytes that may wait to be sent to or by a UE [byte].",
                          UintegerValue(50'000),
                          MakeUintegerAccessor(&LteRadioAccess::m_rlcBufferBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("IntraSlicePolicy",
                          "How a slice divides its PRBs among its UEs.",
                          EnumValue(IntraSlicePolicy::PROPORTIONAL_FAIR),
                          MakeEnumAccessor<IntraSlicePolicy>(&LteRadioAccess::m_policy),
                          MakeEnumChecker(IntraSlicePolicy::PROPORTIONAL_FAIR,
                                          "ProportionalFair",
                                          IntraSlicePolicy::ROUND_ROBIN,
                                          "RoundRobin"))
            .AddAttribute("WorkConserving",
                          "Whether PRBs that slices leave go to slices with data.",
                          BooleanValue(false),
                          MakeBooleanAccessor(&LteRadioAccess::m_workConserving),
                          MakeBooleanChecker());
    return tid;
}

LteRadioAccess::LteRadioAccess()
    : m_channel(CreateObject<RadioChannel>())
    , m_places(Create<RadioChannelPlaces>())
{
}

void
LteRadioAccess::NotifyConstructionCompleted()
{
    RadioAccess::NotifyConstructionCompleted();
    const auto carrier = MakeCarrier(Technology::LTE, 0, m_bandwidthMhz);
    m_prbs = carrier.prbs;
    m_rbgPrbs = carrier.rbgPrbs;
    m_channel->SetGrid({.prbs = m_prbs,
                        .rbgPrbs = m_rbgPrbs,
                        .prbHz = carrier.prbHz,
                        .frequencyHz = m_frequencyHz,
                        .txPowerDbm = m_txPowerDbm});
    Config::SetDefault("ns3::LteRlcUm::MaxTxBufferSize", UintegerValue(m_rlcBufferBytes));
    Config::SetDefault("ns3::LteEnbRrc::EpsBearerToRlcMapping",
                       EnumValue(LteEnbRrc::RLC_UM_ALWAYS));
    Config::SetDefault("ns3::LteEnbPhy::TxPower", DoubleValue(m_txPowerDbm));
    Config::SetDefault("ns3::LteUePhy::NoiseFigure", DoubleValue(9));
    // UEs stay with their cell, however bad it is: as in the cell model without handover.
    Config::SetDefault("ns3::LteUePhy::EnableRlfDetection", BooleanValue(false));
    Config::SetDefault("ns3::LteEnbRrc::SrsPeriodicity", UintegerValue(160)); // for many UEs
    Config::SetDefault("ns3::LteUePowerControl::ClosedLoop", BooleanValue(false));
    Config::SetDefault("ns3::LteUePowerControl::Alpha", DoubleValue(0.8));
    Config::SetDefault("ns3::SliceFfMacScheduler::IntraSlicePolicy", EnumValue(m_policy));
    Config::SetDefault("ns3::SliceFfMacScheduler::WorkConserving", BooleanValue(m_workConserving));
    SetUpCore();
    SetUpChannel();
    m_refreshEvent = Simulator::ScheduleNow(&LteRadioAccess::Refresh, this);
}

void
LteRadioAccess::SetUpCore()
{
    m_epc = CreateObject<PointToPointEpcHelper>();
    m_epc->SetAttribute("S1uLinkDataRate", DataRateValue(DataRate("1Gbps")));
    m_epc->SetAttribute("S1uLinkDelay", TimeValue(MilliSeconds(2)));
    Config::SetDefault("ns3::PointToPointNetDevice::Mtu", UintegerValue(2000));
    m_remoteHost = CreateObject<Node>();
    InternetStackHelper internet;
    internet.SetIpv6StackInstall(false);
    internet.Install(m_remoteHost);
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", DataRateValue(DataRate("100Gbps")));
    link.SetChannelAttribute("Delay", TimeValue(Time(0)));
    link.SetQueue("ns3::DropTailQueue", "MaxSize", StringValue("1000p"));
    const auto devices = link.Install(m_epc->GetPgwNode(), m_remoteHost);
    Ipv4AddressHelper addresses;
    addresses.SetBase("1.0.0.0", "255.0.0.0");
    addresses.Assign(devices);
    Ipv4StaticRoutingHelper()
        .GetStaticRouting(m_remoteHost->GetObject<Ipv4>())
        ->AddNetworkRouteTo("7.0.0.0", "255.0.0.0", 1);
    ListenToHosts(m_remoteHost);
}

void
LteRadioAccess::SetUpChannel()
{
    m_lte = CreateObject<LteHelper>();
    m_lte->SetEpcHelper(m_epc);
    m_lte->SetSchedulerType("ns3::SliceFfMacScheduler");
    m_lte->SetPathlossModelType(RadioChannelLossModel::GetTypeId());
    m_lte->SetFadingModel("ns3::RadioChannelFadingModel");
    m_lte->SetAttribute("UsePdschForCqiGeneration", BooleanValue(false));
    m_lte->SetEnbDeviceAttribute("DlBandwidth", UintegerValue(m_prbs));
    m_lte->SetEnbDeviceAttribute("UlBandwidth", UintegerValue(m_prbs));
    m_lte->Initialize();
    for (const auto& air : {m_lte->GetDownlinkSpectrumChannel(), m_lte->GetUplinkSpectrumChannel()})
    {
        DynamicCast<RadioChannelLossModel>(air->GetPropagationLossModel())
            ->SetChannel(m_channel, m_places);
        DynamicCast<RadioChannelFadingModel>(air->GetSpectrumPropagationLossModel())
            ->SetChannel(m_channel, m_places, m_rbgPrbs);
    }
}

void
LteRadioAccess::DoDispose()
{
    Simulator::Cancel(m_refreshEvent);
    Simulator::Cancel(m_pollEvent);
    m_cells.clear();
    m_ues.clear();
    m_lte = nullptr;
    m_epc = nullptr;
    m_channel->Dispose();
    RadioAccess::DoDispose();
}

uint16_t
LteRadioAccess::AddSite(const Vector& position)
{
    m_sites.push_back(position);
    return m_channel->AddSite(position);
}

uint16_t
LteRadioAccess::AddCell(uint16_t site, double bearingDeg)
{
    const auto id = m_channel->AddCell(site, bearingDeg);
    auto node = CreateObject<Node>();
    auto place = CreateObject<ConstantPositionMobilityModel>();
    place->SetPosition(m_sites.at(site));
    node->AggregateObject(place);
    m_places->AddCell(place, id);
    Cell cell;
    cell.device = m_lte->InstallEnbDevice(NodeContainer(node)).Get(0);
    m_cells.push_back(cell);
    return id;
}

void
LteRadioAccess::AddSlice(uint16_t slice)
{
    if (slice >= m_present.size())
    {
        m_present.resize(slice + 1, false);
        for (auto& cell : m_cells)
        {
            cell.ceilings.resize(slice + 1);
            cell.counters.resize(slice + 1);
        }
    }
    m_present[slice] = true;
}

void
LteRadioAccess::RemoveSlice(uint16_t slice)
{
    m_present.at(slice) = false;
    for (uint16_t cell = 0; cell < m_cells.size(); ++cell)
    {
        auto ceilings = m_cells[cell].ceilings;
        ceilings[slice] = 0;
        SetCeilings(cell, ceilings);
    }
}

uint32_t
LteRadioAccess::AddUe(Ptr<Node> node, uint16_t cell, uint16_t slice)
{
    auto place = node->GetObject<MobilityModel>();
    const auto id = m_channel->AddUe(place, cell);
    m_places->AddUe(place, id);
    const auto devices = m_lte->InstallUeDevice(NodeContainer(node));
    InternetStackHelper internet;
    internet.SetIpv6StackInstall(false);
    internet.Install(node);
    const auto addresses = m_epc->AssignUeIpv4Address(devices);
    Ipv4StaticRoutingHelper()
        .GetStaticRouting(node->GetObject<Ipv4>())
        ->SetDefaultRoute(m_epc->GetUeDefaultGatewayAddress(), 1);
    m_lte->Attach(devices.Get(0), m_cells.at(cell).device);
    m_ues.push_back({devices.Get(0), cell, slice, addresses.GetAddress(0)});
    ListenToHosts(node);
    return id;
}

void
LteRadioAccess::Start()
{
    for (uint16_t id = 0; id < m_cells.size(); ++id)
    {
        auto& cell = m_cells[id];
        auto enb = DynamicCast<LteEnbNetDevice>(cell.device);
        PointerValue pointer;
        enb->GetCcMap().at(0)->GetAttribute("FfMacScheduler", pointer);
        cell.scheduler = pointer.Get<SliceFfMacScheduler>();
        cell.scheduler->SetCellNumber(id);
        cell.scheduler->SetSliceCallback(
            Callback<int, uint16_t>([this, id](uint16_t rnti) { return SliceOf(id, rnti); }));
        // All have their part while they attach.
        cell.scheduler->SetCeilings(
            std::vector<double>(m_present.size(), 1.0 / static_cast<double>(m_present.size())));
        cell.scheduler->TraceConnectWithoutContext(
            "SlicePrbs",
            Callback<void, uint16_t, Direction, uint32_t>(
                [this, id](uint16_t slice, Direction direction, uint32_t prbs) {
                    m_cells[id].counters[slice][static_cast<size_t>(direction)].prbSlots += prbs;
                }));
    }
    for (uint32_t step = 0; step < MAX_ATTACH_STEPS && !AllConnected(); ++step)
    {
        Simulator::Stop(ATTACH_STEP);
        Simulator::Run();
    }
    NS_ABORT_MSG_UNLESS(AllConnected(), "not all UEs could connect to their LTE cells");
    for (uint32_t ue = 0; ue < m_ues.size(); ++ue)
    {
        Listen(ue);
    }
    for (auto& cell : m_cells)
    {
        cell.scheduler->SetCeilings(cell.ceilings);
        for (auto& ofSlice : cell.counters)
        {
            ofSlice = {};
        }
    }
    m_pollEvent = Simulator::Schedule(POLL_PERIOD, &LteRadioAccess::Poll, this);
}

bool
LteRadioAccess::AllConnected() const
{
    return std::all_of(m_ues.begin(), m_ues.end(), [](const auto& ue) {
        return DynamicCast<LteUeNetDevice>(ue.device)->GetRrc()->GetState() ==
               LteUeRrc::CONNECTED_NORMALLY;
    });
}

int
LteRadioAccess::SliceOf(uint16_t cell, uint16_t rnti) const
{
    auto rrc = DynamicCast<LteEnbNetDevice>(m_cells[cell].device)->GetRrc();
    const uint64_t imsi = rrc->HasUeManager(rnti) ? rrc->GetUeManager(rnti)->GetImsi() : 0;
    // The helper numbers UEs from 1 as they are installed; 0: not known yet.
    return imsi == 0 ? -1 : m_ues.at(imsi - 1).slice;
}

void
LteRadioAccess::Listen(uint32_t id)
{
    const auto& ue = m_ues[id];
    auto rrc = DynamicCast<LteUeNetDevice>(ue.device)->GetRrc();
    const std::string atUe = PathOf(ue.device) + "/$ns3::LteUeNetDevice/LteUeRrc/";
    const std::string atEnb = PathOf(m_cells[ue.cell].device) +
                              "/$ns3::LteEnbNetDevice/LteEnbRrc/UeMap/" +
                              std::to_string(rrc->GetRnti()) + "/";
    const auto connect =
        [&](const std::string& sender, const std::string& receiver, Direction way) {
            const std::string pdcp = "DataRadioBearerMap/*/LtePdcp/";
            Config::ConnectWithoutContext(sender + pdcp + "TxPDU",
                                          Callback<void, uint16_t, uint8_t, uint32_t>(
                                              [this, id, way](uint16_t, uint8_t, uint32_t bytes) {
                                                  NoteEnqueued(id, way, bytes - PDCP_HEADER_BYTES);
                                              }));
            Config::ConnectWithoutContext(
                receiver + pdcp + "RxPDU",
                Callback<void, uint16_t, uint8_t, uint32_t, uint64_t>(
                    [this, id, way](uint16_t, uint8_t, uint32_t bytes, uint64_t delayNs) {
                        NoteDelivered(id, way, bytes - PDCP_HEADER_BYTES, delayNs);
                    }));
            Config::ConnectWithoutContext(
                sender + "DataRadioBearerMap/*/LteRlc/TxDrop",
                Callback<void, Ptr<const Packet>>(
                    [this, id, way](Ptr<const Packet> packet) { NoteDropped(id, way, packet); }));
        };
    connect(atEnb, atUe, Direction::DOWNLINK);
    connect(atUe, atEnb, Direction::UPLINK);
    Config::ConnectWithoutContext(
        PathOf(ue.device) + "/$ns3::LteUeNetDevice/ComponentCarrierMapUe/0/LteUePhy/" +
            "DlSpectrumPhy/DlPhyReception",
        Callback<void, PhyReceptionStatParameters>([this, id](PhyReceptionStatParameters block) {
            auto& counters = CountersOf(id, Direction::DOWNLINK);
            ++counters.tbSent;
            counters.tbFailed += block.m_correctness == 0 ? 1 : 0;
        }));
}

void
LteRadioAccess::ListenToHosts(Ptr<Node> node)
{
    auto ipv4 = node->GetObject<Ipv4L3Protocol>();
    ipv4->TraceConnectWithoutContext(
        "SendOutgoing",
        Callback<void, const Ipv4Header&, Ptr<const Packet>, uint32_t>(
            [this](const Ipv4Header&, Ptr<const Packet>, uint32_t) { ++m_sentPackets; }));
    ipv4->TraceConnectWithoutContext(
        "LocalDeliver",
        Callback<void, const Ipv4Header&, Ptr<const Packet>, uint32_t>(
            [this](const Ipv4Header&, Ptr<const Packet>, uint32_t) { ++m_receivedPackets; }));
}

SliceCounters&
LteRadioAccess::CountersOf(uint32_t ue, Direction direction)
{
    return m_cells[m_ues[ue].cell].counters[m_ues[ue].slice][static_cast<size_t>(direction)];
}

void
LteRadioAccess::NoteEnqueued(uint32_t ue, Direction direction, uint32_t bytes)
{
    auto& counters = CountersOf(ue, direction);
    ++counters.enqueuedSdus;
    counters.enqueuedBytes += bytes;
}

void
LteRadioAccess::NoteDelivered(uint32_t ue, Direction direction, uint32_t bytes, uint64_t delayNs)
{
    auto& counters = CountersOf(ue, direction);
    ++counters.deliveredSdus;
    counters.deliveredBytes += bytes;
    counters.delaySumS += static_cast<double>(delayNs) * 1e-9;
}

void
LteRadioAccess::NoteDropped(uint32_t ue, Direction direction, Ptr<const Packet> packet)
{
    auto& counters = CountersOf(ue, direction);
    const auto cause = static_cast<size_t>(DropCause::BUFFER_FULL);
    ++counters.droppedSdus[cause];
    counters.droppedBytes[cause] += packet->GetSize() - PDCP_HEADER_BYTES;
    ++m_droppedPackets;
}

void
LteRadioAccess::Refresh()
{
    m_channel->Refresh();
    for (uint32_t id = 0; id < m_ues.size(); ++id)
    {
        const auto& ue = m_ues[id];
        const auto scheduler = m_cells[ue.cell].scheduler;
        if (m_pollEvent.IsPending() && m_present[ue.slice])
        {
            const auto rnti = DynamicCast<LteUeNetDevice>(ue.device)->GetRrc()->GetRnti();
            auto& counters = CountersOf(id, Direction::DOWNLINK);
            counters.cqiSum += scheduler->GetWidebandCqi(rnti);
            ++counters.cqiCount;
        }
    }
    m_refreshEvent = Simulator::Schedule(REFRESH_PERIOD, &LteRadioAccess::Refresh, this);
}

void
LteRadioAccess::Poll()
{
    for (auto& cell : m_cells)
    {
        for (uint16_t slice = 0; slice < m_present.size(); ++slice)
        {
            for (const auto direction : {Direction::DOWNLINK, Direction::UPLINK})
            {
                cell.counters[slice][static_cast<size_t>(direction)].activeUeSeconds +=
                    cell.scheduler->GetActiveUsers(slice, direction) * POLL_PERIOD.GetSeconds();
            }
        }
    }
    m_pollEvent = Simulator::Schedule(POLL_PERIOD, &LteRadioAccess::Poll, this);
}

void
LteRadioAccess::SetCeilings(uint16_t cell, const std::vector<double>& fractions)
{
    m_cells.at(cell).ceilings = fractions;
    if (m_cells[cell].scheduler)
    {
        m_cells[cell].scheduler->SetCeilings(fractions);
    }
}

double
LteRadioAccess::GetCeiling(uint16_t cell, uint16_t slice) const
{
    return m_cells.at(cell).ceilings.at(slice);
}

uint16_t
LteRadioAccess::GetServingCell(uint32_t ue) const
{
    return m_ues.at(ue).cell;
}

Ptr<Node>
LteRadioAccess::GetRemoteHost() const
{
    return m_remoteHost;
}

Ipv4Address
LteRadioAccess::GetRemoteAddress() const
{
    return m_remoteHost->GetObject<Ipv4>()->GetAddress(1, 0).GetLocal();
}

Ipv4Address
LteRadioAccess::GetUeAddress(uint32_t ue) const
{
    return m_ues.at(ue).address;
}

const SliceCounters&
LteRadioAccess::GetCounters(uint16_t cell, uint16_t slice, Direction direction)
{
    return m_cells.at(cell).counters.at(slice)[static_cast<size_t>(direction)];
}

uint64_t
LteRadioAccess::GetBufferBytes(uint16_t cell, uint16_t slice, Direction direction) const
{
    // RLC counts the headers that it will add, too.
    const auto users = std::count_if(m_ues.begin(), m_ues.end(), [&](const auto& ue) {
        return ue.cell == cell && ue.slice == slice;
    });
    return std::min(m_cells.at(cell).scheduler->GetBufferBytes(slice, direction),
                    static_cast<uint64_t>(users) * m_rlcBufferBytes);
}

uint64_t
LteRadioAccess::GetInFlight() const
{
    return m_sentPackets - m_receivedPackets - m_droppedPackets;
}

uint16_t
LteRadioAccess::GetCells() const
{
    return static_cast<uint16_t>(m_cells.size());
}

uint16_t
LteRadioAccess::GetSlices() const
{
    return static_cast<uint16_t>(m_present.size());
}

uint32_t
LteRadioAccess::GetPrbs() const
{
    return m_prbs;
}

Time
LteRadioAccess::GetSlotDuration() const
{
    return MilliSeconds(1);
}

uint32_t
LteRadioAccess::GetMaxBufferBytes() const
{
    return m_rlcBufferBytes;
}

double
LteRadioAccess::MaxRateBps() const
{
    return CreateObject<LteAmc>()->GetDlTbSizeFromMcs(HIGHEST_MCS, static_cast<int>(m_prbs)) /
           GetSlotDuration().GetSeconds();
}

Ptr<RadioChannel>
LteRadioAccess::GetChannel() const
{
    return m_channel;
}

int64_t
LteRadioAccess::AssignStreams(int64_t stream)
{
    return m_channel->AssignStreams(stream);
}

} // namespace ns3
