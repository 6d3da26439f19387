// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compute servers by hand: each discipline job by job, changes of capacity, failures, limits, and
 * the energy of it. Queueing theory is held to by `slicebed validate compute`.
 */
#include "compute/compute-server.h"
#include "compute/power-meter.h"
#include "test/error-text.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

using namespace ns3;

namespace
{

/** A server of 1000 cycles/s a core, and when its jobs ended. */
class Watched
{
  public:
    Watched(ServiceDiscipline discipline, uint32_t cores, uint32_t queueLimit = 100)
        : server(CreateObjectWithAttributes<ComputeServer>("Capacity",
                                                           DoubleValue(1000.0 * cores),
                                                           "Cores",
                                                           UintegerValue(cores),
                                                           "Discipline",
                                                           EnumValue(discipline),
                                                           "QueueLimit",
                                                           UintegerValue(queueLimit)))
    {
        server->TraceConnectWithoutContext(
            "Completed", Callback<void, uint64_t, Time>([this](uint64_t id, Time) {
                endS[id] = Simulator::Now().GetSeconds();
            }));
    }

    void SubmitAt(double atS, uint64_t id, double cycles)
    {
        Simulator::Schedule(Seconds(atS), [this, id, cycles] { server->Submit(id, cycles); });
    }

    /** @return jobs that are nowhere */
    int64_t Missing()
    {
        const auto& counters = server->GetCounters();
        return static_cast<int64_t>(counters.arrived) -
               static_cast<int64_t>(counters.completed + counters.dropped[0] + counters.dropped[1] +
                                    server->GetInService() + server->GetQueued());
    }

    Ptr<ComputeServer> server;
    std::map<uint64_t, double> endS; //!< by job
};

/** Jobs whose ends are known. */
class DisciplineTestCase : public TestCase
{
  public:
    DisciplineTestCase()
        : TestCase("jobs end when each discipline lets them")
    {
    }

  private:
    void Check(Watched& watched, const std::map<uint64_t, double>& expectedS, const char* what)
    {
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(watched.endS.size(), expectedS.size(), what << ": jobs");
        for (const auto& [id, endS] : expectedS)
        {
            NS_TEST_EXPECT_MSG_EQ_TOL(watched.endS[id], endS, 1e-8, what << ": job " << id);
        }
        NS_TEST_EXPECT_MSG_EQ(watched.Missing(), 0, what << ": conservation");
        Simulator::Destroy();
    }

    void DoRun() override
    {
        {
            Watched fifo(ServiceDiscipline::FIFO, 1);
            fifo.SubmitAt(0, 1, 1000);
            fifo.SubmitAt(0.5, 2, 100);
            Check(fifo, {{1, 1}, {2, 1.1}}, "FIFO");
        }
        {
            // Alone 0.5 s, then two share: job 2 needs 0.2 s, job 1 is left with 400 cycles.
            Watched ps(ServiceDiscipline::PROCESSOR_SHARING, 1);
            ps.SubmitAt(0, 1, 1000);
            ps.SubmitAt(0.5, 2, 100);
            Check(ps, {{2, 0.7}, {1, 1.1}}, "PS");
        }
        {
            // Three jobs on two cores of 1000: 667 each until two are through.
            Watched ps(ServiceDiscipline::PROCESSOR_SHARING, 2);
            ps.SubmitAt(0, 1, 400);
            ps.SubmitAt(0, 2, 400);
            ps.SubmitAt(0, 3, 1000);
            Check(ps, {{1, 0.6}, {2, 0.6}, {3, 1.2}}, "PS on two cores");
        }
        {
            Watched fifo(ServiceDiscipline::FIFO, 2);
            fifo.SubmitAt(0, 1, 1000);
            fifo.SubmitAt(0, 2, 300);
            fifo.SubmitAt(0, 3, 500);
            Check(fifo, {{2, 0.3}, {3, 0.8}, {1, 1}}, "FIFO on two cores");
        }
        {
            // Half the capacity from 0.5 s, none from 1 to 2 s, all from then on.
            Watched fifo(ServiceDiscipline::FIFO, 1);
            fifo.SubmitAt(0, 1, 1000);
            Simulator::Schedule(Seconds(0.5), &ComputeServer::SetCapacity, fifo.server, 500.0);
            Simulator::Schedule(Seconds(1), &ComputeServer::SetCapacity, fifo.server, 0.0);
            Simulator::Schedule(Seconds(2), &ComputeServer::SetCapacity, fifo.server, 1000.0);
            Check(fifo, {{1, 2.25}}, "capacity changes");
        }
    }
};

/** What is lost, and counted. */
class LossTestCase : public TestCase
{
  public:
    LossTestCase()
        : TestCase("full queues and failures drop jobs, each counted once")
    {
    }

  private:
    void DoRun() override
    {
        Watched full(ServiceDiscipline::FIFO, 1, 1);
        for (uint64_t id = 1; id <= 4; ++id)
        {
            full.SubmitAt(0, id, 1000);
        }
        Simulator::Run();
        const auto& counters = full.server->GetCounters();
        NS_TEST_EXPECT_MSG_EQ(counters.completed, 2, "one in service, one queued");
        NS_TEST_EXPECT_MSG_EQ(counters.dropped[0], 2, "queue full");
        NS_TEST_EXPECT_MSG_EQ(full.Missing(), 0, "conservation");
        Simulator::Destroy();

        Watched failing(ServiceDiscipline::FIFO, 1);
        for (uint64_t id = 1; id <= 3; ++id)
        {
            failing.SubmitAt(0, id, 1000);
        }
        failing.SubmitAt(2, 4, 1000);
        failing.SubmitAt(3, 5, 1000);
        Simulator::Schedule(Seconds(1.5), &ComputeServer::Fail, failing.server);
        Simulator::Schedule(Seconds(2.5), &ComputeServer::Recover, failing.server);
        Simulator::Schedule(Seconds(1.6), [&] {
            NS_TEST_EXPECT_MSG_EQ(failing.server->IsFailed(), true, "down");
            NS_TEST_EXPECT_MSG_EQ(failing.Missing(), 0, "conservation while down");
        });
        Simulator::Run();
        NS_TEST_EXPECT_MSG_EQ(failing.server->GetCounters().dropped[1], 3, "two lost, one refused");
        NS_TEST_EXPECT_MSG_EQ_TOL(failing.endS[1], 1, 1e-9, "before");
        NS_TEST_EXPECT_MSG_EQ_TOL(failing.endS[5], 4, 1e-9, "after");
        NS_TEST_EXPECT_MSG_EQ(failing.Missing(), 0, "conservation");
        NS_TEST_EXPECT_MSG_EQ_TOL(
            failing.server->GetCounters().busyCoreS, 1.5 + 1, 1e-9, "core time");
        // In the system: 3 for 1 s, 2 for 0.5 s, 1 for 1 s.
        NS_TEST_EXPECT_MSG_EQ_TOL(failing.server->GetCounters().jobS, 5, 1e-9, "job time");
        Simulator::Destroy();
    }
};

/** Power over time. */
class PowerTestCase : public TestCase
{
  public:
    PowerTestCase()
        : TestCase("power follows the cores at work, sleep and failures")
    {
    }

  private:
    void DoRun() override
    {
        Watched watched(ServiceDiscipline::FIFO, 2);
        auto meter = CreateObject<PowerMeter>();
        meter->Attach(watched.server);
        watched.SubmitAt(0, 1, 1000); // both cores for 1 s, one for another
        watched.SubmitAt(0, 2, 2000);
        watched.SubmitAt(3, 3, 1000); // after 1 s of idling: no sleep yet
        Simulator::Schedule(Seconds(10), &ComputeServer::Fail, watched.server);
        Simulator::Stop(Seconds(12));
        Simulator::Run();
        // 180 + 120 + 60 + 120 W for a second each, 2 s at 60 W, 4 s asleep, 2 s down.
        NS_TEST_EXPECT_MSG_EQ_TOL(meter->GetJoules(), 480 + 120 + 40, 1e-9, "energy");
        NS_TEST_EXPECT_MSG_EQ_TOL(meter->GetPoweredOnS(), 6, 1e-9, "powered on");
        NS_TEST_EXPECT_MSG_EQ_TOL(meter->GetBusyS(), 1 + 0.5 + 0.5, 1e-9, "busy");
        Simulator::Destroy();
    }
};

/** Values that are refused. */
class BadComputeTestCase : public TestCase
{
  public:
    BadComputeTestCase()
        : TestCase("capacities and jobs that cannot be are refused")
    {
    }

  private:
    void DoRun() override
    {
        Watched watched(ServiceDiscipline::FIFO, 1);
        for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()})
        {
            NS_TEST_EXPECT_MSG_EQ(slicebed::ErrorText<std::invalid_argument>(
                                      [&] { watched.server->SetCapacity(bad); }),
                                  "capacity is " + std::to_string(bad) +
                                      " cycles/s; a number from 0 to 1e15 is required",
                                  "capacity");
        }
        NS_TEST_EXPECT_MSG_EQ(
            slicebed::ErrorText<std::invalid_argument>([&] { watched.server->Submit(7, 0); }),
            "work of job 7 is 0.000000 cycles; a number above 0 is required",
            "work");
        NS_TEST_EXPECT_MSG_EQ(watched.server->GetCounters().arrived, 0, "nothing came");
        Simulator::Destroy();
    }
};

/** The suite. */
class ComputeTestSuite : public TestSuite
{
  public:
    ComputeTestSuite()
        : TestSuite("slicebed-compute", Type::UNIT)
    {
        AddTestCase(new DisciplineTestCase, Duration::QUICK);
        AddTestCase(new LossTestCase, Duration::QUICK);
        AddTestCase(new PowerTestCase, Duration::QUICK);
        AddTestCase(new BadComputeTestCase, Duration::QUICK);
    }
};

ComputeTestSuite g_computeTestSuite;

} // namespace
