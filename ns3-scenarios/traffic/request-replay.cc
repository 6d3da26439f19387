// SPDX-License-Identifier: GPL-2.0-only
#include "traffic/request-replay.h"

#include "traffic/csv-row.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(RequestReplay);

namespace
{

const std::string HEADER = "time_s,edge,cycles";
constexpr double MOST_S = 1e9;
constexpr uint64_t MOST_CYCLES = 1'000'000'000'000'000;

/** Says where in the file something is wrong. */
[[noreturn]] void
Refuse(const std::string& path, size_t line, const std::string& what)
{
    throw std::invalid_argument("arrivals_file " + path + ", line " + std::to_string(line) + ": " +
                                what);
}

RequestArrival
ParseArrival(const std::string& path, size_t number, const std::string& line, uint32_t edges)
{
    const auto cells = SplitAtCommas(line);
    if (cells.size() != 3)
    {
        Refuse(path, number, std::to_string(cells.size()) + " columns; 3 are right");
    }
    double timeS = 0;
    RequestArrival arrival{};
    if (!ParseWhole(cells[0], timeS) || !(timeS >= 0 && timeS <= MOST_S))
    {
        Refuse(path, number, "time_s is '" + cells[0] + "'; a number from 0 to 1e9 is required");
    }
    if (!ParseWhole(cells[1], arrival.edge) || arrival.edge >= edges)
    {
        Refuse(path,
               number,
               "edge is '" + cells[1] + "'; 0 to " + std::to_string(edges - 1) + " is right");
    }
    if (!ParseWhole(cells[2], arrival.cycles) || arrival.cycles == 0 ||
        arrival.cycles > MOST_CYCLES)
    {
        Refuse(path,
               number,
               "cycles is '" + cells[2] + "'; a whole number from 1 to 1e15 is required");
    }
    arrival.at = Seconds(timeS);
    return arrival;
}

} // namespace

std::vector<RequestArrival>
ReadArrivals(const std::string& path, uint32_t edges)
{
    std::ifstream in(path);
    std::string line;
    if (!in || !std::getline(in, line))
    {
        throw std::invalid_argument("arrivals_file " + path + ": not a readable, non-empty file");
    }
    if (line != HEADER)
    {
        Refuse(path, 1, "the header is '" + HEADER + "', not '" + line + "'");
    }
    std::vector<RequestArrival> arrivals;
    for (size_t number = 2; std::getline(in, line); ++number)
    {
        const auto arrival = ParseArrival(path, number, line, edges);
        if (!arrivals.empty() && arrival.at < arrivals.back().at)
        {
            Refuse(
                path, number, "time_s is less than the line's before; ascending times are right");
        }
        arrivals.push_back(arrival);
    }
    if (arrivals.empty())
    {
        throw std::invalid_argument("arrivals_file " + path +
                                    ": no requests; at least one is "
                                    "required");
    }
    return arrivals;
}

TypeId
RequestReplay::GetTypeId()
{
    static TypeId tid = TypeId("ns3::RequestReplay")
                            .SetParent<Object>()
                            .SetGroupName("Slicebed")
                            .AddConstructor<RequestReplay>();
    return tid;
}

void
RequestReplay::SetArrivals(const std::vector<RequestArrival>& arrivals)
{
    m_arrivals = arrivals;
    m_place = 0;
}

void
RequestReplay::Start(std::function<void(const RequestArrival&)> request)
{
    m_started = Simulator::Now();
    m_request = std::move(request);
    ScheduleNext();
}

bool
RequestReplay::HasArrivals() const
{
    return !m_arrivals.empty();
}

uint64_t
RequestReplay::Count(uint32_t edge, Time from, Time to) const
{
    return static_cast<uint64_t>(
        std::count_if(m_arrivals.begin(), m_arrivals.end(), [&](const RequestArrival& arrival) {
            return arrival.edge == edge && arrival.at >= from && arrival.at < to;
        }));
}

void
RequestReplay::DoDispose()
{
    Simulator::Cancel(m_next);
    m_request = nullptr;
    Object::DoDispose();
}

void
RequestReplay::ScheduleNext()
{
    if (m_place < m_arrivals.size())
    {
        const Time at = m_started + m_arrivals[m_place].at;
        m_next = Simulator::Schedule(at - Simulator::Now(), &RequestReplay::Next, this);
    }
}

void
RequestReplay::Next()
{
    const auto& arrival = m_arrivals[m_place++];
    ScheduleNext();
    m_request(arrival);
}

} // namespace ns3
