// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_POISSON_FLOW_SOURCE_H
#define SLICEBED_POISSON_FLOW_SOURCE_H

#include "traffic/load-source.h"

#include "ns3/data-rate.h"
#include "ns3/event-id.h"
#include "ns3/random-variable-stream.h"

#include <list>

namespace ns3
{

/**
 * UDP source of many users' flows: they come as a Poisson process, have heavy-tailed sizes, and
 * together offer exactly the bits that Offer() asks for.
 *
 * A flow sends at FlowRate until it has sent its size, which is Pareto distributed with shape
 * FlowShape between FlowMinBytes and FlowMaxBytes; flows add up. Given their number, the arrivals
 * of a Poisson process are independent and uniform: Offer() draws flows in that way until they and
 * those that still last from before carry, within its duration, at least the bits asked for. Then
 * the rates of all of them are lowered, for that time, by the one factor that makes the sum exact;
 * it is near 1, for the surplus is less than one flow, but where a much larger load came before.
 * Flows outlast the offer that they began in.
 *
 * Bits are of packets with UDP payload and HeaderBytes each. What is sent in the time of an offer
 * misses the bits asked for by what its flows have in packets not yet full, at its beginning and at
 * its end: less than a packet for each flow that is on.
 */
class PoissonFlowSource : public LoadSource
{
  public:
    static TypeId GetTypeId();
    PoissonFlowSource();

    void Cease() override;

    /** @return flows that are on now */
    size_t GetFlows() const;

    int64_t AssignStreams(int64_t stream) override;

    /** TraceSource signature. @param bytes size of the flow that begins */
    using FlowCallback = void (*)(double bytes);

  protected:
    void DoDispose() override;

  private:
    /** One flow, on or still to come. */
    struct Flow
    {
        Time start;             //!< when its first byte is sent
        Time end;               //!< when its last byte is sent
        double sizeBytes;       //!< at FlowRate, headers included
        double waitingBytes{0}; //!< due, but not yet in a packet
        Time counted;           //!< up to when
        EventId next;           //!< its beginning, its next packet or its end
    };

    using Flows = std::list<Flow>;

    void DoOffer(double bits, Time duration) override;
    void KeepOnly();
    double DrawFlows(double missingBytes, Time duration);
    double DrawSize();
    void CountUp(Flow& flow) const;
    void Begin(Flows::iterator flow);
    void ScheduleNext(Flows::iterator flow);
    void SendDue(Flows::iterator flow);
    void SendFull(Flow& flow);
    void SendRest(Flow& flow);
    double PacketBytes() const;

    DataRate m_flowRate;                   //!< of a flow
    double m_shape;                        //!< of the sizes
    double m_minBytes;                     //!< least size
    double m_maxBytes;                     //!< largest size
    uint32_t m_headerBytes;                //!< counted for each packet beside its payload
    Ptr<UniformRandomVariable> m_start;    //!< when flows begin
    Ptr<UniformRandomVariable> m_quantile; //!< of their sizes
    Flows m_flows;                         //!< on or to come within the offer
    double m_bytesPerS{0};                 //!< of each flow that is on
    double m_restBytes{0};                 //!< of flows that ended, too little for a packet
    TracedCallback<double> m_flowTrace;    //!< a flow begins
};

} // namespace ns3

#endif // SLICEBED_POISSON_FLOW_SOURCE_H
