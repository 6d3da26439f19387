// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_VIDEO_SERVER_H
#define SLICEBED_VIDEO_SERVER_H

#include "ns3/application.h"
#include "ns3/socket.h"

#include <cstdint>
#include <map>
#include <vector>

namespace ns3
{

/**
 * Serves video segments over TCP to VideoClients.
 *
 * A request is REQUEST_BYTES long, the size of the segment wanted as a big-endian number; the
 * answer is so many bytes. Requests of a connection are answered one after the other.
 */
class VideoServer : public Application
{
  public:
    static constexpr uint32_t REQUEST_BYTES = 8;

    /** Larger segments than this are not made: the connection is closed. */
    static constexpr uint64_t MAX_SEGMENT_BYTES = uint64_t{1} << 32;

    static TypeId GetTypeId();

    /** @return the bytes that ask for a segment */
    static std::vector<uint8_t> MakeRequest(uint64_t segmentBytes);

    /** @return connections that are open */
    size_t GetConnections() const;

  protected:
    void DoDispose() override;

  private:
    /** A client's connection. */
    struct Connection
    {
        std::vector<uint8_t> request; //!< the part of the next one that has come
        uint64_t pendingBytes{0};     //!< asked for, not yet with TCP
    };

    void StartApplication() override;
    void StopApplication() override;
    void Accept(Ptr<Socket> socket, const Address& from);
    void Read(Ptr<Socket> socket);
    bool Take(Connection& connection, const Packet& bytes);
    void Fill(Ptr<Socket> socket, uint32_t);
    void Close(Ptr<Socket> socket);

    uint16_t m_port;                                 //!< TCP port
    uint16_t m_dscp;                                 //!< of what it sends
    Ptr<Socket> m_listener;                          //!< made on start
    std::map<Ptr<Socket>, Connection> m_connections; //!< that are open
};

} // namespace ns3

#endif // SLICEBED_VIDEO_SERVER_H
