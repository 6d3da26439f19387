// SPDX-License-Identifier: GPL-2.0-only
#include "transport/message-socket.h"

#include "ns3/object-factory.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(MessageSocket);

TypeId
MessageSocket::GetTypeId()
{
    static TypeId tid = TypeId("ns3::MessageSocket").SetParent<Object>().SetGroupName("Slicebed");
    return tid;
}

Ptr<MessageSocket>
MessageSocket::Make(TypeId type)
{
    ObjectFactory factory;
    factory.SetTypeId(type);
    return factory.Create<MessageSocket>();
}

void
MessageSocket::SetReceiver(Receiver receiver)
{
    m_receiver = std::move(receiver);
}

void
MessageSocket::DoDispose()
{
    m_receiver = nullptr;
    Object::DoDispose();
}

void
MessageSocket::Deliver(Ptr<Packet> message, const Address& from)
{
    m_receiver(message, from);
}

} // namespace ns3
