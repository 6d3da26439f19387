// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_POWER_METER_H
#define SLICEBED_POWER_METER_H

#include "compute/compute-server.h"

#include "ns3/nstime.h"
#include "ns3/object.h"

namespace ns3
{

/**
 * What a ComputeServer's node draws: IdlePower to MaxPower, linear in the share of cores at work;
 * SleepPower once it has been idle for SleepAfter, until the next job; nothing while it is down.
 *
 * Power is constant between changes of load, so its integral is exact.
 */
class PowerMeter : public Object
{
  public:
    static TypeId GetTypeId();

    /** Watches a server from now on; to be called once. */
    void Attach(Ptr<ComputeServer> server);

    /** @return energy since it was attached [J] */
    double GetJoules() const;

    /** @return time neither asleep nor down [s] */
    double GetPoweredOnS() const;

    /** @return cores at work, integral of their share [s] */
    double GetBusyS() const;

  private:
    /** Integrals over time. */
    struct Totals
    {
        double joules{0};
        double poweredOnS{0};
        double busyS{0};
    };

    Totals Now() const;
    void Change(double busyShare, bool up);

    double m_idleW;        //!< without work
    double m_maxW;         //!< with all cores at work
    double m_sleepW;       //!< asleep
    Time m_sleepAfter;     //!< idle time
    Totals m_totals;       //!< up to m_since
    Time m_since;          //!< the last change of load
    double m_busyShare{0}; //!< since then
    bool m_up{true};       //!< since then
};

} // namespace ns3

#endif // SLICEBED_POWER_METER_H
