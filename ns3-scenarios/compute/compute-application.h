// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_COMPUTE_APPLICATION_H
#define SLICEBED_COMPUTE_APPLICATION_H

#include "compute/compute-header.h"
#include "compute/compute-server.h"
#include "transport/message-socket.h"

#include "ns3/address.h"
#include "ns3/application.h"

#include <map>

namespace ns3
{

/**
 * Puts a ComputeServer behind a port: a request becomes a job, its end an answer of as many bytes
 * as the request asks for.
 *
 * A request that finds no room is answered by a rejection. When a server goes down its connections
 * end, with requests that have not come whole; while it is down it answers nothing.
 */
class ComputeApplication : public Application
{
  public:
    static TypeId GetTypeId();

    /** @param server that does the work; its jobs come from here alone */
    void SetServer(Ptr<ComputeServer> server);

    /** @return messages that were no request */
    uint64_t GetMalformed() const;

  protected:
    void DoDispose() override;

  private:
    /** A request in work. */
    struct Pending
    {
        ComputeHeader header;
        Address from;
    };

    void StartApplication() override;
    void StopApplication() override;
    void Follow(double busyShare, bool up);
    void Take(const Packet& message, const Address& from);
    void Complete(uint64_t job, Time sojourn);
    void Lose(uint64_t job, JobDrop why);
    void Answer(uint64_t job, ComputeHeader::Kind kind);

    uint16_t m_port;                       //!< to listen on
    TypeId m_transport;                    //!< of the socket
    Ptr<MessageSocket> m_socket;           //!< made on start
    Ptr<ComputeServer> m_server;           //!< does the work
    std::map<uint64_t, Pending> m_pending; //!< by job
    uint64_t m_nextJob{0};                 //!< its number: clients' ids may be the same
    uint64_t m_malformed{0};               //!< messages
};

} // namespace ns3

#endif // SLICEBED_COMPUTE_APPLICATION_H
