// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/measuring-sink.h"

#include "ns3/inet-socket-address.h"
#include "ns3/packet.h"
#include "ns3/seq-ts-header.h"
#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(MeasuringSink);

TypeId
MeasuringSink::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::MeasuringSink")
            .SetParent<Application>()
            .SetGroupName("Slicebed")
            .AddConstructor<MeasuringSink>()
            .AddAttribute("Port",
                          "UDP port to listen on.",
                          UintegerValue(9),
                          MakeUintegerAccessor(&MeasuringSink::m_port),
                          MakeUintegerChecker<uint16_t>(1))
            .AddTraceSource("Received",
                            "A packet arrived: its payload [byte], one-way delay and sender.",
                            MakeTraceSourceAccessor(&MeasuringSink::m_receivedTrace),
                            "ns3::MeasuringSink::ReceivedCallback");
    return tid;
}

void
MeasuringSink::DoDispose()
{
    m_socket = nullptr;
    Application::DoDispose();
}

void
MeasuringSink::StartApplication()
{
    m_socket = Socket::CreateSocket(GetNode(), UdpSocketFactory::GetTypeId());
    const int bound = m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), m_port));
    NS_ABORT_MSG_IF(bound != 0, "UDP port " << m_port << " is taken on this node");
    m_socket->ShutdownSend();
    m_socket->SetRecvCallback(MakeCallback(&MeasuringSink::HandleRead, this));
}

void
MeasuringSink::StopApplication()
{
    if (m_socket)
    {
        m_socket->Close();
    }
}

void
MeasuringSink::HandleRead(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> packet = socket->RecvFrom(from))
    {
        const uint32_t bytes = packet->GetSize();
        SeqTsHeader header;
        packet->RemoveHeader(header);
        m_receivedTrace(bytes, Simulator::Now() - header.GetTs(), from);
    }
}

} // namespace ns3
