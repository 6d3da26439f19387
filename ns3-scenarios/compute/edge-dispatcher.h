// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_EDGE_DISPATCHER_H
#define SLICEBED_EDGE_DISPATCHER_H

#include "compute/compute-header.h"
#include "transport/message-socket.h"

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/random-variable-stream.h"

#include <map>
#include <vector>

namespace ns3
{

/**
 * An edge node's door: takes users' requests, has each processed at one of several nodes, and
 * relays the answer.
 *
 * Targets are ComputeApplications; each request is sent to one of them, drawn by shares that may
 * change while running. The request travels on as a message of the same size, and so does its
 * answer.
 */
class EdgeDispatcher : public Application
{
  public:
    static TypeId GetTypeId();

    /** @param targets where requests may be processed: InetSocketAddresses */
    void SetTargets(const std::vector<Address>& targets);

    /**
     * Sets how requests are shared out from now on.
     * @param shares by target
     * @throws std::invalid_argument if they are not as many as targets, one is below 0, or they do
     * not sum to 1
     */
    void SetShares(const std::vector<double>& shares);

    /** @return requests that came, by the target that they were sent to */
    const std::vector<uint64_t>& GetSent() const;

    int64_t AssignStreams(int64_t stream) override;

  protected:
    void DoDispose() override;

  private:
    /** A request on its way to a target. */
    struct Relayed
    {
        Address user;
        uint64_t id; //!< the user's
        EventId forget;
    };

    void StartApplication() override;
    void StopApplication() override;
    void TakeRequest(Ptr<Packet> message, const Address& user);
    void TakeAnswer(Ptr<Packet> message);
    size_t Draw();

    uint16_t m_port;                       //!< for users
    Time m_memory;                         //!< after which an unanswered request is forgotten
    std::vector<Address> m_targets;        //!< where requests may go
    std::vector<double> m_shares;          //!< by target
    std::vector<uint64_t> m_sent;          //!< by target
    Ptr<UniformRandomVariable> m_random;   //!< which target
    TypeId m_transport;                    //!< of the sockets
    Ptr<MessageSocket> m_users;            //!< made on start
    Ptr<MessageSocket> m_relay;            //!< made on start
    std::map<uint64_t, Relayed> m_relayed; //!< by id of ours
    uint64_t m_nextId{0};                  //!< of ours: users' ids may be the same
};

} // namespace ns3

#endif // SLICEBED_EDGE_DISPATCHER_H
