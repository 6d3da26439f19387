// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_COMPUTE_SERVER_H
#define SLICEBED_COMPUTE_SERVER_H

#include "ns3/event-id.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/traced-callback.h"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

namespace ns3
{

/** How a ComputeServer divides its cores. */
enum class ServiceDiscipline
{
    FIFO,             //!< a job has a core of its own from its start to its end
    PROCESSOR_SHARING //!< all jobs at once; none faster than a core
};

/** Why a job was dropped. */
enum class JobDrop
{
    QUEUE_FULL, //!< no room when it came
    FAILED      //!< the server was down when it came, or went down before its end
};

constexpr size_t JOB_DROPS = 2;

/** What happened at a ComputeServer: arrived = completed + dropped + inService + queued, always. */
struct ComputeCounters
{
    uint64_t arrived{0};                       //!< jobs submitted
    uint64_t completed{0};                     //!< jobs
    std::array<uint64_t, JOB_DROPS> dropped{}; //!< jobs by JobDrop
    double sojournS{0};                        //!< of completed jobs, sum [s]
    double jobS{0};                            //!< jobs in the system, integral over time [s]
    double busyCoreS{0};                       //!< cores at work, integral over time [s]
};

/**
 * A processor without a network: jobs of so many cycles, served FIFO or by processor sharing.
 *
 * Its capacity may change, fail and come back while jobs are in work. This is a model of an
 * application's service times, not an emulation of a CPU. Jobs in service all progress at the same
 * rate, so each ends when their common clock of cycles reaches its mark: a change of rate costs one
 * event, whatever the number of jobs.
 */
class ComputeServer : public Object
{
  public:
    static constexpr double MAX_HZ = 1e15;

    static TypeId GetTypeId();

    /**
     * Submits a job.
     * @param id chosen by the caller
     * @param cycles of work
     * @return false if it was dropped at once
     * @throws std::invalid_argument if the cycles are not a number above 0
     */
    bool Submit(uint64_t id, double cycles);

    /**
     * Sets the capacity of all cores together, in force at once for jobs in work. 0 stops them.
     * @throws std::invalid_argument if it is not a number from 0 to MAX_HZ
     */
    void SetCapacity(double hz);

    double GetCapacity() const;

    /** Goes down: what is in work or queued is lost. */
    void Fail();

    /** Comes back, empty. */
    void Recover();

    bool IsFailed() const;

    /** @return counters, brought up to now */
    const ComputeCounters& GetCounters();

    uint64_t GetInService() const;
    uint64_t GetQueued() const;

    /** TraceSource signatures. */
    using CompletedCallback = void (*)(uint64_t id, Time sojourn);
    using DroppedCallback = void (*)(uint64_t id, JobDrop why);
    using LoadCallback = void (*)(double busyShare, bool up);

  protected:
    void DoDispose() override;

  private:
    /** A job. */
    struct Job
    {
        uint64_t id;
        double cycles;
        Time came;
    };

    /** A job in service. */
    struct Serving
    {
        double mark;    //!< of the common clock at which it ends [cycles]
        uint64_t order; //!< equal marks end in the order of their start
        Job job;

        bool operator>(const Serving& other) const
        {
            return mark != other.mark ? mark > other.mark : order > other.order;
        }
    };

    using Heap = std::priority_queue<Serving, std::vector<Serving>, std::greater<>>;

    double RateHz() const;
    double BusyShare() const;
    void Advance();
    void Serve();
    void TellLoad();
    void ScheduleEnd();
    void End();
    void Drop(const Job& job, JobDrop why);

    double m_capacityHz;            //!< of all cores
    uint32_t m_cores;               //!< how many
    ServiceDiscipline m_discipline; //!< how they are divided
    uint32_t m_queueLimit;          //!< jobs beyond the cores
    bool m_failed{false};           //!< it is down
    std::deque<Job> m_queue;        //!< FIFO: jobs that wait
    Heap m_serving;                 //!< jobs in service, next to end on top
    uint64_t m_started{0};          //!< jobs that entered service
    double m_clock{0};              //!< cycles that a job in service has got, since it was empty
    Time m_advanced;                //!< clock and integrals are up to here
    ComputeCounters m_counters;     //!< up to there
    EventId m_end;                  //!< of the next job
    double m_toldShare{0};          //!< of cores at work
    bool m_toldUp{true};            //!< told with it
    TracedCallback<uint64_t, Time> m_completedTrace;  //!< a job ended
    TracedCallback<uint64_t, JobDrop> m_droppedTrace; //!< a job was lost
    TracedCallback<double, bool> m_loadTrace;         //!< share of cores at work, and whether up
};

} // namespace ns3

#endif // SLICEBED_COMPUTE_SERVER_H
