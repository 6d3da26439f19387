// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_VIDEO_CLIENT_H
#define SLICEBED_VIDEO_CLIENT_H

#include "ns3/address.h"
#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/random-variable-stream.h"
#include "ns3/socket.h"
#include "ns3/traced-callback.h"

#include <vector>

namespace ns3
{

/**
 * A viewer: fetches the segments of a video from a VideoServer over one TCP connection and plays
 * them (ISO/IEC 23009-1, DASH, as far as packets see it).
 *
 * It fetches one segment after the other until BufferTarget of video is in its buffer (ON), then
 * waits until a segment has been played (OFF). The bitrate of the next segment is the highest of
 * the ladder that Safety times the smoothed throughput of past segments allows; a ladder of one
 * rate makes a player that insists on its quality and stalls instead. Segments of variable bitrate
 * have sizes around their mean. A connection that TCP gives up is opened anew; what was under way
 * on it is fetched again.
 */
class VideoClient : public Application
{
  public:
    static TypeId GetTypeId();
    VideoClient();

    /** @param remote the server: an InetSocketAddress */
    void SetRemote(const Address& remote);

    /**
     * Sets the bitrates that there are.
     * @param mbps ascending [Mbit/s]
     * @throws std::invalid_argument if it is empty, not ascending or not above 0
     */
    void SetLadder(const std::vector<double>& mbps);

    /** Begins a session, if none runs; any time after the application has started. */
    void Watch();

    /** Ends the session. */
    void Leave();

    bool IsWatching() const;

    /** @return video in the buffer that has not been played [s] */
    double GetBufferS() const;

    /** @return time spent waiting for video, the beginning of a session included [s] */
    double GetStalledS() const;

    /** @return bytes received since the start */
    uint64_t GetReceivedBytes() const;

    int64_t AssignStreams(int64_t stream) override;

    /** TraceSource signature. @param bytes of TCP payload that arrived */
    using ReceivedCallback = void (*)(uint32_t bytes);

    /** TraceSource signature. @param mbps bitrate @param bytes size @param took fetching it */
    using SegmentCallback = void (*)(double mbps, uint64_t bytes, Time took);

  protected:
    void DoDispose() override;

  private:
    void StartApplication() override;
    void StopApplication() override;
    void Open();
    void Lose(Ptr<Socket> socket);
    void Drop();
    void RequestSegment();
    void Read(Ptr<Socket> socket);
    void FinishSegment();
    void Play();
    double ChooseMbps() const;

    Address m_remote;                         //!< the server
    Time m_segmentDuration;                   //!< of video
    Time m_bufferTarget;                      //!< of video, to be held
    double m_safety;                          //!< share of the throughput to be used
    double m_smoothing;                       //!< weight of the last segment's throughput
    double m_variation;                       //!< of segment sizes, relative standard deviation
    uint16_t m_dscp;                          //!< of what it sends
    std::vector<double> m_ladderMbps{13};     //!< bitrates, ascending
    Ptr<LogNormalRandomVariable> m_size;      //!< relative size of a segment
    Ptr<UniformRandomVariable> m_phase;       //!< part of a segment by which a session begins late
    Ptr<Socket> m_socket;                     //!< of the session
    bool m_watching{false};                   //!< a session runs
    EventId m_next;                           //!< the next request
    double m_mbps{0};                         //!< of the segment under way
    uint64_t m_wantedBytes{0};                //!< of it
    uint64_t m_gotBytes{0};                   //!< of it
    Time m_requested;                         //!< when
    double m_throughputMbps{0};               //!< smoothed; 0: not measured
    double m_bufferS{0};                      //!< at m_playedAt
    Time m_playedAt;                          //!< up to when playing has been counted
    double m_stalledS{0};                     //!< up to then
    uint64_t m_receivedBytes{0};              //!< in all sessions
    TracedCallback<uint32_t> m_receivedTrace; //!< bytes came
    TracedCallback<double, uint64_t, Time> m_segmentTrace; //!< a segment is complete
};

} // namespace ns3

#endif // SLICEBED_VIDEO_CLIENT_H
