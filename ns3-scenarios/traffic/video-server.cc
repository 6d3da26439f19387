// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/video-server.h"

#include "ns3/inet-socket-address.h"
#include "ns3/packet.h"
#include "ns3/tcp-socket-factory.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(VideoServer);

namespace
{

constexpr uint32_t CHUNK_BYTES = 64 * 1024; // handed to TCP at a time

} // namespace

TypeId
VideoServer::GetTypeId()
{
    static TypeId tid = TypeId("ns3::VideoServer")
                            .SetParent<Application>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<VideoServer>()
                            .AddAttribute("Port",
                                          "TCP port to listen on.",
                                          UintegerValue(80),
                                          MakeUintegerAccessor(&VideoServer::m_port),
                                          MakeUintegerChecker<uint16_t>(1))
                            .AddAttribute("Dscp",
                                          "Differentiated services code point of what it sends: "
                                          "the mark of a slice.",
                                          UintegerValue(0),
                                          MakeUintegerAccessor(&VideoServer::m_dscp),
                                          MakeUintegerChecker<uint16_t>(0, 63));
    return tid;
}

std::vector<uint8_t>
VideoServer::MakeRequest(uint64_t segmentBytes)
{
    std::vector<uint8_t> request;
    for (int shift = 56; shift >= 0; shift -= 8)
    {
        request.push_back(static_cast<uint8_t>(segmentBytes >> shift));
    }
    return request;
}

size_t
VideoServer::GetConnections() const
{
    return m_connections.size();
}

void
VideoServer::DoDispose()
{
    m_connections.clear();
    m_listener = nullptr;
    Application::DoDispose();
}

void
VideoServer::StartApplication()
{
    m_listener = Socket::CreateSocket(GetNode(), TcpSocketFactory::GetTypeId());
    m_listener->SetIpTos(static_cast<uint8_t>(m_dscp << 2));
    const int bound = m_listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), m_port));
    NS_ABORT_MSG_IF(bound != 0, "TCP port " << m_port << " is taken on this node");
    m_listener->Listen();
    m_listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                  MakeCallback(&VideoServer::Accept, this));
}

void
VideoServer::StopApplication()
{
    m_listener->Close();
    while (!m_connections.empty())
    {
        Close(m_connections.begin()->first);
    }
}

void
VideoServer::Accept(Ptr<Socket> socket, const Address&)
{
    m_connections[socket];
    socket->SetRecvCallback(MakeCallback(&VideoServer::Read, this));
    socket->SetSendCallback(MakeCallback(&VideoServer::Fill, this));
    socket->SetCloseCallbacks(MakeCallback(&VideoServer::Close, this),
                              MakeCallback(&VideoServer::Close, this));
}

void
VideoServer::Read(Ptr<Socket> socket)
{
    auto connection = m_connections.find(socket);
    while (Ptr<Packet> packet = socket->Recv())
    {
        if (connection == m_connections.end())
        {
            continue;
        }
        if (!Take(connection->second, *packet))
        {
            Close(socket);
            return;
        }
    }
    if (connection != m_connections.end())
    {
        Fill(socket, socket->GetTxAvailable());
    }
}

bool
VideoServer::Take(Connection& connection, const Packet& packet)
{
    std::vector<uint8_t> bytes(packet.GetSize());
    packet.CopyData(bytes.data(), packet.GetSize());
    for (const auto byte : bytes)
    {
        connection.request.push_back(byte);
        if (connection.request.size() < REQUEST_BYTES)
        {
            continue;
        }
        uint64_t wanted = 0;
        for (const auto digit : connection.request)
        {
            wanted = (wanted << 8) | digit;
        }
        if (wanted > MAX_SEGMENT_BYTES)
        {
            return false;
        }
        connection.request.clear();
        connection.pendingBytes += wanted;
    }
    return true;
}

void
VideoServer::Fill(Ptr<Socket> socket, uint32_t)
{
    const auto found = m_connections.find(socket);
    if (found == m_connections.end())
    {
        return;
    }
    auto& pending = found->second.pendingBytes;
    while (pending > 0)
    {
        const auto bytes = static_cast<uint32_t>(
            std::min<uint64_t>({pending, CHUNK_BYTES, socket->GetTxAvailable()}));
        if (bytes == 0 || socket->Send(Create<Packet>(bytes)) < 0)
        {
            return; // the send callback comes when there is room
        }
        pending -= bytes;
    }
}

void
VideoServer::Close(Ptr<Socket> socket)
{
    if (m_connections.erase(socket) > 0)
    {
        socket->SetSendCallback(MakeNullCallback<void, Ptr<Socket>, uint32_t>());
        socket->Close();
    }
}

} // namespace ns3
