// SPDX-License-Identifier: GPL-2.0-only
#include "transport/tcp-message-socket.h"

#include "transport/tcp-cubic-forked.h"

#include "ns3/boolean.h"
#include "ns3/inet-socket-address.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/uinteger.h"

#include <algorithm>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(TcpMessageSocket);

TypeId
TcpMessageSocket::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::TcpMessageSocket")
            .SetParent<MessageSocket>()
            .SetGroupName("Slicebed")
            .AddConstructor<TcpMessageSocket>()
            .AddAttribute("SegmentBytes",
                          "TCP payload of a packet: what an MTU of 1500 leaves.",
                          UintegerValue(1460),
                          MakeUintegerAccessor(&TcpMessageSocket::m_segmentBytes),
                          MakeUintegerChecker<uint32_t>(1, 65'000))
            .AddAttribute("BufferBytes",
                          "Of a connection, each way; as today's systems grow to by themselves.",
                          UintegerValue(1024 * 1024),
                          MakeUintegerAccessor(&TcpMessageSocket::m_bufferBytes),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("BacklogBytes",
                          "That may wait for room in a connection's buffer, but for one message.",
                          UintegerValue(1024 * 1024),
                          MakeUintegerAccessor(&TcpMessageSocket::m_backlogBytes),
                          MakeUintegerChecker<uint32_t>());
    return tid;
}

void
TcpMessageSocket::Listen(Ptr<Node> node, uint16_t port)
{
    m_node = node;
    m_listener = MakeSocket();
    const int bound = m_listener->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    NS_ABORT_MSG_IF(bound != 0, "TCP port " << port << " is taken on this node");
    m_listener->Listen();
    m_listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                  MakeCallback(&TcpMessageSocket::Accept, this));
}

void
TcpMessageSocket::Open(Ptr<Node> node)
{
    m_node = node;
}

void
TcpMessageSocket::Send(Ptr<Packet> message, const Address& to)
{
    if (m_node && !m_listener && !m_connections.contains(to))
    {
        Connect(to);
    }
    const auto found = m_connections.find(to);
    const bool full = found != m_connections.end() && !found->second.waiting.empty() &&
                      found->second.waitingBytes + message->GetSize() > m_backlogBytes;
    if (found == m_connections.end() || full)
    {
        ++m_dropped;
        return;
    }
    AddLength(message);
    found->second.waitingBytes += message->GetSize();
    found->second.waiting.push_back(message);
    Write(to);
}

void
TcpMessageSocket::EndConnections()
{
    while (!m_connections.empty())
    {
        Forget(m_connections.begin()->first);
    }
}

void
TcpMessageSocket::Close()
{
    if (m_listener)
    {
        m_listener->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address&>(),
                                      MakeNullCallback<void, Ptr<Socket>, const Address&>());
        m_listener->Close();
        m_listener = nullptr;
    }
    EndConnections();
    m_node = nullptr;
}

uint32_t
TcpMessageSocket::GetMaxBytes() const
{
    return MAX_BYTES;
}

size_t
TcpMessageSocket::GetConnections() const
{
    return m_connections.size();
}

uint64_t
TcpMessageSocket::GetDropped() const
{
    return m_dropped;
}

void
TcpMessageSocket::DoDispose()
{
    m_connections.clear();
    m_listener = nullptr;
    m_node = nullptr;
    MessageSocket::DoDispose();
}

Ptr<Socket>
TcpMessageSocket::MakeSocket() const
{
    auto socket = m_node->GetObject<TcpL4Protocol>()->CreateSocket(TcpCubicForked::GetTypeId());
    // ns-3 3.44 discards a reset that carries no timestamp where they are in use, and its own carry
    // none: that the peer has forgotten a connection would not be noticed.
    socket->SetAttribute("Timestamp", BooleanValue(false));
    socket->SetAttribute("SegmentSize", UintegerValue(m_segmentBytes));
    socket->SetAttribute("SndBufSize", UintegerValue(m_bufferBytes));
    socket->SetAttribute("RcvBufSize", UintegerValue(m_bufferBytes));
    return socket;
}

void
TcpMessageSocket::Accept(Ptr<Socket> socket, const Address& from)
{
    Attend(socket, from);
}

void
TcpMessageSocket::Connect(const Address& to)
{
    auto socket = MakeSocket();
    socket->Bind();
    Attend(socket, to);
    socket->SetConnectCallback(
        MakeNullCallback<void, Ptr<Socket>>(),
        Callback<void, Ptr<Socket>>([this, to](Ptr<Socket>) { Forget(to); }));
    socket->Connect(to);
}

void
TcpMessageSocket::Attend(Ptr<Socket> socket, const Address& peer)
{
    // A peer that comes again from the same port has forgotten the connection before.
    Forget(peer);
    m_connections[peer].socket = socket;
    const auto forget = [this, peer](Ptr<Socket>) {
        Forget(peer);
    };
    socket->SetRecvCallback(Callback<void, Ptr<Socket>>([this, peer](Ptr<Socket>) { Read(peer); }));
    socket->SetSendCallback(Callback<void, Ptr<Socket>, uint32_t>(
        [this, peer](Ptr<Socket>, uint32_t) { Write(peer); }));
    socket->SetCloseCallbacks(Callback<void, Ptr<Socket>>(forget),
                              Callback<void, Ptr<Socket>>(forget));
}

void
TcpMessageSocket::Read(Address peer)
{
    // Who takes a message may close this socket: the connection is looked for anew each time.
    for (auto found = m_connections.find(peer); found != m_connections.end();
         found = m_connections.find(peer))
    {
        auto& connection = found->second;
        if (auto message = connection.reader.Next())
        {
            Deliver(message, peer);
        }
        else if (connection.reader.IsBroken())
        {
            Forget(peer);
        }
        else if (auto bytes = connection.socket->Recv())
        {
            connection.reader.Add(bytes);
        }
        else
        {
            return;
        }
    }
}

void
TcpMessageSocket::Write(Address peer)
{
    const auto found = m_connections.find(peer);
    if (found == m_connections.end())
    {
        return;
    }
    auto& [socket, reader, waiting, waitingBytes] = found->second;
    while (!waiting.empty())
    {
        auto& first = waiting.front();
        const auto bytes = std::min(first->GetSize(), socket->GetTxAvailable());
        if (bytes == 0 || socket->Send(first->CreateFragment(0, bytes)) < 0)
        {
            return; // the send callback comes when there is room
        }
        waitingBytes -= bytes;
        first->RemoveAtStart(bytes);
        if (first->GetSize() == 0)
        {
            waiting.pop_front();
        }
    }
}

void
TcpMessageSocket::Forget(Address peer)
{
    const auto found = m_connections.find(peer);
    if (found == m_connections.end())
    {
        return;
    }
    m_dropped += found->second.waiting.size();
    auto socket = found->second.socket;
    m_connections.erase(found);
    Leave(socket);
}

void
TcpMessageSocket::Leave(Ptr<Socket> socket)
{
    const auto nothing = MakeNullCallback<void, Ptr<Socket>>();
    socket->SetRecvCallback(nothing);
    socket->SetSendCallback(MakeNullCallback<void, Ptr<Socket>, uint32_t>());
    socket->SetConnectCallback(nothing, nothing);
    socket->SetCloseCallbacks(nothing, nothing);
    socket->Close();
}

} // namespace ns3
