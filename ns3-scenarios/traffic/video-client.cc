// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/video-client.h"

#include "traffic/video-server.h"

#include "ns3/double.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(VideoClient);

namespace
{

const Time RECONNECT = Seconds(1); // after a connection was lost

} // namespace

TypeId
VideoClient::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::VideoClient")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddConstructor<VideoClient>()
            .AddAttribute("SegmentDuration",
                          "Video in a segment.",
                          TimeValue(Seconds(2)),
                          MakeTimeAccessor(&VideoClient::m_segmentDuration),
                          MakeTimeChecker(MilliSeconds(100)))
            .AddAttribute("BufferTarget",
                          "Video that the client holds before it waits.",
                          TimeValue(Seconds(10)),
                          MakeTimeAccessor(&VideoClient::m_bufferTarget),
                          MakeTimeChecker(MilliSeconds(100)))
            .AddAttribute("Safety",
                          "Share of the measured throughput that the next bitrate may take.",
                          DoubleValue(0.9),
                          MakeDoubleAccessor(&VideoClient::m_safety),
                          MakeDoubleChecker<double>(0.01, 10))
            .AddAttribute("Smoothing",
                          "Weight of the last segment's throughput in the measured one.",
                          DoubleValue(0.5),
                          MakeDoubleAccessor(&VideoClient::m_smoothing),
                          MakeDoubleChecker<double>(0.01, 1))
            .AddAttribute("SizeVariation",
                          "Relative standard deviation of segment sizes (variable bitrate).",
                          DoubleValue(0.12),
                          MakeDoubleAccessor(&VideoClient::m_variation),
                          MakeDoubleChecker<double>(0, 2))
            .AddAttribute("Dscp",
                          "Differentiated services code point of what it sends.",
                          UintegerValue(0),
                          MakeUintegerAccessor(&VideoClient::m_dscp),
                          MakeUintegerChecker<uint16_t>(0, 63))
            .AddTraceSource("Received",
                            "Video arrived: TCP payload [byte].",
                            MakeTraceSourceAccessor(&VideoClient::m_receivedTrace),
                            "ns3::VideoClient::ReceivedCallback")
            .AddTraceSource("Segment",
                            "A segment is complete: bitrate, size and the time it took.",
                            MakeTraceSourceAccessor(&VideoClient::m_segmentTrace),
                            "ns3::VideoClient::SegmentCallback");
    return tid;
}

VideoClient::VideoClient()
    : m_size(CreateObject<LogNormalRandomVariable>())
    , m_phase(CreateObject<UniformRandomVariable>())
{
}

void
VideoClient::SetRemote(const Address& remote)
{
    m_remote = remote;
}

void
VideoClient::SetLadder(const std::vector<double>& mbps)
{
    if (mbps.empty())
    {
        throw std::invalid_argument("ladder is empty; at least one bitrate is required");
    }
    for (size_t i = 0; i < mbps.size(); ++i)
    {
        if (!std::isfinite(mbps[i]) || mbps[i] <= (i > 0 ? mbps[i - 1] : 0))
        {
            throw std::invalid_argument("ladder has " + std::to_string(mbps[i]) +
                                        " Mbit/s; ascending bitrates above 0 are required");
        }
    }
    m_ladderMbps = mbps;
}

void
VideoClient::Watch()
{
    if (m_watching)
    {
        return;
    }
    m_watching = true;
    m_bufferS = 0;
    m_playedAt = Simulator::Now();
    m_throughputMbps = 0;
    // Sessions do not begin in step.
    m_next = Simulator::Schedule(m_phase->GetValue() * m_segmentDuration, &VideoClient::Open, this);
}

void
VideoClient::Open()
{
    m_socket = Socket::CreateSocket(GetNode(), TcpSocketFactory::GetTypeId());
    m_socket->SetIpTos(static_cast<uint8_t>(m_dscp << 2));
    m_socket->SetRecvCallback(MakeCallback(&VideoClient::Read, this));
    m_socket->SetConnectCallback(MakeNullCallback<void, Ptr<Socket>>(),
                                 MakeCallback(&VideoClient::Lose, this));
    m_socket->SetCloseCallbacks(MakeCallback(&VideoClient::Lose, this),
                                MakeCallback(&VideoClient::Lose, this));
    m_socket->Bind();
    m_socket->Connect(m_remote);
    RequestSegment(); // waits in TCP's buffer until there is a connection
}

void
VideoClient::Lose(Ptr<Socket>)
{
    Drop();
    m_next = Simulator::Schedule(RECONNECT, &VideoClient::Open, this);
}

void
VideoClient::Leave()
{
    if (!m_watching)
    {
        return;
    }
    Play();
    m_watching = false;
    Drop();
}

void
VideoClient::Drop()
{
    Simulator::Cancel(m_next);
    m_wantedBytes = 0;
    if (!m_socket)
    {
        return;
    }
    m_socket->SetRecvCallback(MakeNullCallback<void, Ptr<Socket>>());
    m_socket->SetCloseCallbacks(MakeNullCallback<void, Ptr<Socket>>(),
                                MakeNullCallback<void, Ptr<Socket>>());
    m_socket->Close();
    m_socket = nullptr;
}

bool
VideoClient::IsWatching() const
{
    return m_watching;
}

double
VideoClient::GetBufferS() const
{
    const double playedS = (Simulator::Now() - m_playedAt).GetSeconds();
    return m_watching ? std::max(m_bufferS - playedS, 0.0) : 0;
}

double
VideoClient::GetStalledS() const
{
    const double playedS = (Simulator::Now() - m_playedAt).GetSeconds();
    return m_stalledS + (m_watching ? std::max(playedS - m_bufferS, 0.0) : 0);
}

uint64_t
VideoClient::GetReceivedBytes() const
{
    return m_receivedBytes;
}

int64_t
VideoClient::AssignStreams(int64_t stream)
{
    m_size->SetStream(stream);
    m_phase->SetStream(stream + 1);
    return 2;
}

void
VideoClient::DoDispose()
{
    Simulator::Cancel(m_next);
    m_socket = nullptr;
    Application::DoDispose();
}

void
VideoClient::StartApplication()
{
    // Log-normal of mean 1: the sizes of segments vary, their mean bitrate does not.
    const double sigma = std::sqrt(std::log(1 + m_variation * m_variation));
    m_size->SetAttribute("Mu", DoubleValue(-sigma * sigma / 2));
    m_size->SetAttribute("Sigma", DoubleValue(sigma));
}

void
VideoClient::StopApplication()
{
    Leave();
}

double
VideoClient::ChooseMbps() const
{
    if (m_throughputMbps == 0)
    {
        return m_ladderMbps.front(); // nothing measured: begin low, to begin soon
    }
    const auto above =
        std::upper_bound(m_ladderMbps.begin(), m_ladderMbps.end(), m_safety * m_throughputMbps);
    return above == m_ladderMbps.begin() ? m_ladderMbps.front() : *(above - 1);
}

void
VideoClient::RequestSegment()
{
    m_mbps = ChooseMbps();
    const double bytes = m_mbps * 1e6 / 8 * m_segmentDuration.GetSeconds() * m_size->GetValue();
    m_wantedBytes = static_cast<uint64_t>(std::max(std::round(bytes), 1.0));
    m_gotBytes = 0;
    m_requested = Simulator::Now();
    const auto request = VideoServer::MakeRequest(m_wantedBytes);
    const int sent =
        m_socket->Send(Create<Packet>(request.data(), static_cast<uint32_t>(request.size())));
    NS_ABORT_MSG_IF(sent != static_cast<int>(request.size()), "a request did not fit into TCP");
}

void
VideoClient::Read(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv())
    {
        m_receivedBytes += packet->GetSize();
        m_gotBytes += packet->GetSize();
        m_receivedTrace(packet->GetSize());
    }
    if (m_wantedBytes > 0 && m_gotBytes >= m_wantedBytes)
    {
        FinishSegment();
    }
}

void
VideoClient::FinishSegment()
{
    const Time took = Simulator::Now() - m_requested;
    m_segmentTrace(m_mbps, m_wantedBytes, took);
    const double mbps = static_cast<double>(m_wantedBytes) * 8 / took.GetSeconds() / 1e6;
    m_throughputMbps =
        m_throughputMbps == 0 ? mbps : m_smoothing * mbps + (1 - m_smoothing) * m_throughputMbps;
    m_wantedBytes = 0;
    Play();
    m_bufferS += m_segmentDuration.GetSeconds();
    // OFF until there is room for another segment.
    const double waitS = m_bufferS + m_segmentDuration.GetSeconds() - m_bufferTarget.GetSeconds();
    m_next = Simulator::Schedule(Seconds(std::max(waitS, 0.0)), &VideoClient::RequestSegment, this);
}

void
VideoClient::Play()
{
    m_stalledS = GetStalledS();
    m_bufferS = GetBufferS();
    m_playedAt = Simulator::Now();
}

} // namespace ns3
