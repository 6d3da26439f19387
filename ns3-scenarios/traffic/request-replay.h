// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_REQUEST_REPLAY_H
#define SLICEBED_REQUEST_REPLAY_H

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/object.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ns3
{

/** A request of a log. */
struct RequestArrival
{
    Time at;         //!< since the log's beginning
    uint32_t edge;   //!< whose user asks
    uint64_t cycles; //!< of work
};

/**
 * Reads a log of requests: CSV with the header `time_s,edge,cycles`, in the order of time.
 * @param path the file
 * @param edges how many there are; edge 0 is the first
 * @throws std::invalid_argument naming file, line, column, value and what would be right
 */
std::vector<RequestArrival> ReadArrivals(const std::string& path, uint32_t edges);

/** Repeats a log of requests: each comes once, at its time. */
class RequestReplay : public Object
{
  public:
    static TypeId GetTypeId();

    /** @param arrivals in the order of time */
    void SetArrivals(const std::vector<RequestArrival>& arrivals);

    /** Begins, now. @param request called for each */
    void Start(std::function<void(const RequestArrival&)> request);

    /** @return whether there is anything to repeat */
    bool HasArrivals() const;

    /** @return requests of an edge between two times since the start: from <= time < to */
    uint64_t Count(uint32_t edge, Time from, Time to) const;

  protected:
    void DoDispose() override;

  private:
    void ScheduleNext();
    void Next();

    std::vector<RequestArrival> m_arrivals;               //!< by time
    size_t m_place{0};                                    //!< of the next
    Time m_started;                                       //!< when the log's time was 0
    EventId m_next;                                       //!< the next request
    std::function<void(const RequestArrival&)> m_request; //!< called for each
};

} // namespace ns3

#endif // SLICEBED_REQUEST_REPLAY_H
