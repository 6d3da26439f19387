// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/decision-loop.h"

#include "exchange/errors.h"

#include "ns3/simulator.h"

#include <unistd.h>

namespace slicebed
{

DecisionLoop::DecisionLoop(Channel& channel,
                           Adaptor& adaptor,
                           const Settings& settings,
                           nlohmann::json description)
    : m_channel(channel)
    , m_adaptor(adaptor)
    , m_settings(settings)
    , m_description(std::move(description))
    , m_actionFields(adaptor.ActionFields())
{
    if (settings.controlLatency >= settings.interval)
    {
        throw UsageError("the control latency is " +
                         std::to_string(settings.controlLatency.GetMilliSeconds()) +
                         " ms; less than the decision interval of " +
                         std::to_string(settings.interval.GetMilliSeconds()) + " ms is required");
    }
}

void
DecisionLoop::Start()
{
    if (m_stage != Stage::IDLE)
    {
        throw std::logic_error("DecisionLoop::Start is called once");
    }
    m_stage = Stage::RUNNING;
    ns3::Simulator::ScheduleNow(&DecisionLoop::Border, this, 0);
}

void
DecisionLoop::Finish()
{
    if (m_stage == Stage::IDLE || m_stage == Stage::RUNNING)
    {
        throw std::logic_error("the simulation stopped before its last decision border");
    }
    if (m_stage == Stage::TIME_OVER)
    {
        m_channel.Exchange(MakeState(m_settings.steps, EndReason::SIMULATION_END));
        m_stage = Stage::FINISHED;
    }
}

DecisionLoop::Stage
DecisionLoop::GetStage() const
{
    return m_stage;
}

void
DecisionLoop::Border(uint32_t k)
{
    if (k == m_settings.steps)
    {
        End(Stage::TIME_OVER);
        return;
    }
    if (k == 0 && !m_channel.Open({static_cast<uint64_t>(getpid()),
                                   m_adaptor.ObservationSpace(),
                                   m_adaptor.ActionSpace()}))
    {
        End(Stage::STOPPED_BY_AGENT);
        return;
    }
    if (m_adaptor.IsGameOver())
    {
        m_channel.Exchange(MakeState(k, EndReason::GAME_OVER));
        End(Stage::GAME_OVER);
        return;
    }
    auto answer = m_channel.Exchange(MakeState(k, std::nullopt));
    if (std::holds_alternative<StopRequest>(answer))
    {
        End(Stage::STOPPED_BY_AGENT);
        return;
    }
    if (!std::holds_alternative<Value>(answer))
    {
        throw ProtocolError("the agent asks for branches; only a simulation that a server started "
                            "(--serve) can make them");
    }
    m_decision = std::move(std::get<Value>(answer));
    RequireValid(m_decision, m_actionFields);
    // It is in force before the next border: the latency is below the interval.
    ns3::Simulator::Schedule(m_settings.controlLatency, &DecisionLoop::Apply, this);
    ns3::Simulator::Schedule(m_settings.interval, &DecisionLoop::Border, this, k + 1);
}

void
DecisionLoop::Apply()
{
    m_adaptor.Apply(m_decision);
}

EnvState
DecisionLoop::MakeState(uint32_t k, std::optional<EndReason> end)
{
    EnvState state{.observation = m_adaptor.Observe(),
                   .reward = 0,
                   .end = end,
                   .info = {},
                   .border = BorderTime{k, (m_settings.interval * k).GetSeconds()}};
    state.reward = static_cast<float>(m_adaptor.Reward());
    state.info = m_adaptor.Info(end.has_value());
    if (k == 0)
    {
        state.info["description"] = m_description;
    }
    return state;
}

void
DecisionLoop::End(Stage stage)
{
    m_stage = stage;
    ns3::Simulator::Stop();
}

} // namespace slicebed
