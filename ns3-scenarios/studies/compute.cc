// SPDX-License-Identifier: GPL-2.0-only
// Compute servers against queueing theory, and their energy: the program behind `slicebed validate
// compute`.
#include "compute/compute-server.h"
#include "compute/power-meter.h"
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/object-factory.h"
#include "ns3/random-variable-stream.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <numeric>

using namespace ns3;
using nlohmann::json;

namespace
{

constexpr double CAPACITY_HZ = 1e9;
constexpr double MEAN_CYCLES = 10e6; // a job alone on one of one core: 10 ms
constexpr uint32_t BATCHES = 40;
constexpr double T_39 = 2.0227; // Student's t, 97.5 %, BATCHES - 1 degrees of freedom

/** A queue of the textbooks. */
struct Queue
{
    const char* name;
    ServiceDiscipline discipline;
    uint32_t cores;
    bool constantWork;
};

const std::vector<Queue> QUEUES{{"M/M/1", ServiceDiscipline::FIFO, 1, false},
                                {"M/M/1-PS", ServiceDiscipline::PROCESSOR_SHARING, 1, false},
                                {"M/D/1", ServiceDiscipline::FIFO, 1, true},
                                {"M/M/4", ServiceDiscipline::FIFO, 4, false}};

/** @return probability of waiting in M/M/c: Erlang's C formula */
double
ErlangC(uint32_t servers, double load)
{
    const double offered = load * servers;
    double term = 1;
    double sum = 1;
    for (uint32_t k = 1; k < servers; ++k)
    {
        term *= offered / k;
        sum += term;
    }
    const double last = term * offered / servers / (1 - load);
    return last / (sum + last);
}

/** @return mean time in the system [s] */
double
TheoryS(const Queue& queue, double load)
{
    const double serviceS = MEAN_CYCLES / (CAPACITY_HZ / queue.cores);
    if (queue.constantWork)
    {
        return serviceS * (1 + load / (2 * (1 - load))); // Pollaczek and Khinchine
    }
    // M/M/1 and M/M/1-PS: the same mean; c = 1 in Erlang's formula gives the load itself.
    return serviceS * (1 + ErlangC(queue.cores, load) / (queue.cores * (1 - load)));
}

/** Submits Poisson arrivals and collects batch means. */
class Experiment
{
  public:
    Experiment(const Queue& queue, double load, uint64_t jobs, int64_t stream)
        : m_queue(queue)
        , m_jobs(jobs)
        , m_rate(load * CAPACITY_HZ / MEAN_CYCLES)
        , m_server(CreateObjectWithAttributes<ComputeServer>("Capacity",
                                                             DoubleValue(CAPACITY_HZ),
                                                             "Cores",
                                                             UintegerValue(queue.cores),
                                                             "Discipline",
                                                             EnumValue(queue.discipline),
                                                             "QueueLimit",
                                                             UintegerValue(1'000'000'000)))
        , m_random(CreateObject<ExponentialRandomVariable>())
        , m_batchSumS(BATCHES, 0)
        , m_batchJobs(BATCHES, 0)
    {
        m_random->SetStream(stream);
        m_server->TraceConnectWithoutContext("Completed", MakeCallback(&Experiment::Note, this));
    }

    json Run()
    {
        Simulator::ScheduleNow(&Experiment::Arrive, this);
        Simulator::Run();
        const auto& counters = m_server->GetCounters();
        const double elapsedS = Simulator::Now().GetSeconds();
        const auto completed = static_cast<double>(counters.completed);
        // L = lambda W, each measured on its own: L by integrating, W by jobs.
        const double meanJobs = counters.jobS / elapsedS;
        const double littles = completed / elapsedS * (counters.sojournS / completed);
        json result{{"jobs", counters.completed},
                    {"little_error", std::abs(meanJobs / littles - 1)},
                    {"utilisation", counters.busyCoreS / elapsedS / m_queue.cores},
                    {"missing",
                     static_cast<int64_t>(counters.arrived) -
                         static_cast<int64_t>(counters.completed + counters.dropped[0] +
                                              counters.dropped[1] + m_server->GetInService() +
                                              m_server->GetQueued())}};
        AddMeans(result);
        Simulator::Destroy();
        return result;
    }

  private:
    void Arrive()
    {
        const double cycles =
            m_queue.constantWork ? MEAN_CYCLES : m_random->GetValue(MEAN_CYCLES, 0);
        m_server->Submit(m_submitted++, cycles);
        if (m_submitted < m_jobs)
        {
            Simulator::Schedule(
                Seconds(m_random->GetValue(1 / m_rate, 0)), &Experiment::Arrive, this);
        }
    }

    void Note(uint64_t id, Time sojourn)
    {
        const uint64_t batch = id * BATCHES / m_jobs;
        m_batchSumS[batch] += sojourn.GetSeconds();
        ++m_batchJobs[batch];
    }

    void AddMeans(json& result) const
    {
        std::vector<double> means;
        for (uint32_t batch = 0; batch < BATCHES; ++batch)
        {
            means.push_back(m_batchSumS[batch] / m_batchJobs[batch]);
        }
        const double mean = std::accumulate(means.begin(), means.end(), 0.0) / BATCHES;
        const double squares =
            std::accumulate(means.begin(), means.end(), 0.0, [&](double sum, double x) {
                return sum + (x - mean) * (x - mean);
            });
        const double half = T_39 * std::sqrt(squares / (BATCHES - 1) / BATCHES);
        result["mean_s"] = mean;
        result["low_s"] = mean - half;
        result["high_s"] = mean + half;
    }

    Queue m_queue;
    uint64_t m_jobs;
    double m_rate;
    Ptr<ComputeServer> m_server;
    Ptr<ExponentialRandomVariable> m_random;
    uint64_t m_submitted{0};
    std::vector<double> m_batchSumS;
    std::vector<double> m_batchJobs;
};

/** @return energy of a load that is known second by second, and what it must be [J] */
json
Energy(const char* name, const std::function<void(Ptr<ComputeServer>)>& load, double expectedJ)
{
    auto server = CreateObjectWithAttributes<ComputeServer>(
        "Capacity", DoubleValue(CAPACITY_HZ), "Cores", UintegerValue(2));
    auto meter = CreateObject<PowerMeter>(); // 60 W idle, 180 W busy, 10 W after 2 s
    meter->Attach(server);
    load(server);
    Simulator::Stop(Seconds(100));
    Simulator::Run();
    const double joules = meter->GetJoules();
    Simulator::Destroy();
    return {{"name", name},
            {"measured_j", joules},
            {"theory_j", expectedJ},
            {"error", std::abs(joules / expectedJ - 1)}};
}

json
Energies()
{
    auto checks = json::array();
    const auto submit = [](Ptr<ComputeServer> server, double atS, double cycles) {
        Simulator::Schedule(Seconds(atS), [server, cycles] { server->Submit(0, cycles); });
    };
    checks.push_back(Energy("idle", [](Ptr<ComputeServer>) {}, 2 * 60 + 98 * 10));
    checks.push_back(Energy(
        "busy",
        [&](Ptr<ComputeServer> server) {
            submit(server, 0, 60e9);
            submit(server, 0, 60e9); // both cores for longer than is measured
        },
        100 * 180));
    checks.push_back(Energy(
        "half busy",
        [&](Ptr<ComputeServer> server) { submit(server, 0, 60e9); },
        100 * (60 + 0.5 * 120)));
    // 10 s of one core each 20 s: 10 s at 120 W, 2 s at 60 W, 8 s at 10 W.
    checks.push_back(Energy(
        "sleep between jobs",
        [&](Ptr<ComputeServer> server) {
            for (int i = 0; i < 5; ++i)
            {
                submit(server, 20.0 * i, 5e9);
            }
        },
        5 * (10 * 120 + 2 * 60 + 8 * 10)));
    checks.push_back(Energy(
        "down",
        [&](Ptr<ComputeServer> server) {
            submit(server, 0, 60e9);
            Simulator::Schedule(Seconds(40), &ComputeServer::Fail, server);
            Simulator::Schedule(Seconds(90), &ComputeServer::Recover, server);
        },
        40 * 120 + 2 * 60 + 8 * 10));
    return checks;
}

json
Queues(bool quick)
{
    auto results = json::array();
    int64_t stream = 1000;
    for (const auto& queue : QUEUES)
    {
        for (const double load : {0.3, 0.6, 0.9})
        {
            // The mean of a busy queue needs (1 - load)^-2 as many jobs.
            const double jobs = (quick ? 1e5 : 1e6) * (load > 0.8 ? 8 : 1);
            auto result = Experiment(queue, load, static_cast<uint64_t>(jobs), ++stream).Run();
            result["queue"] = queue.name;
            result["load"] = load;
            result["theory_s"] = TheoryS(queue, load);
            std::cerr << queue.name << " at " << load << "\n";
            results.push_back(result);
        }
    }
    return results;
}

} // namespace

int
main(int argc, char** argv)
{
    bool quick = false;
    int64_t seed = 1;
    slicebed::ScenarioParameters parameters;
    parameters.Add("quick", quick, "a tenth of the jobs");
    parameters.Add("seed", seed, "", "of all random draws", 0, 1e9);
    try
    {
        parameters.Parse({argv + 1, argv + argc});
        Simulator::SetScheduler(ObjectFactory("ns3::PriorityQueueScheduler"));
        RngSeedManager::SetRun(static_cast<uint64_t>(seed));
        std::cout << json{{"queues", Queues(quick)}, {"energy", Energies()}} << "\n";
        return 0;
    }
    catch (const slicebed::UsageError& error)
    {
        std::cerr << "slicebed-study-compute: error: " << error.what() << "\n";
        return 2;
    }
}
