// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-channel.h"

#include "exchange/codec.h"
#include "exchange/errors.h"
#include "exchange/shm-values.h"

#include <iostream>

namespace slicebed
{

namespace
{

using namespace std::chrono_literals;

TurnEnd
ToTurnEnd(std::optional<EndReason> end)
{
    if (!end)
    {
        return TurnEnd::NONE;
    }
    return *end == EndReason::GAME_OVER ? TurnEnd::GAME_OVER : TurnEnd::SIMULATION_END;
}

TurnRecord
RecordOf(const EnvState& state)
{
    TurnRecord record{.kind = TurnKind::STATE};
    record.reward = state.reward;
    record.end = ToTurnEnd(state.end);
    if (state.border)
    {
        record.hasBorder = 1;
        record.step = state.border->step;
        record.tSimS = state.border->tSimS;
    }
    return record;
}

} // namespace

ShmChannel::ShmChannel(const std::string& endpoint)
    : m_endpoint(endpoint)
    , m_segment(ShmSegment::Open(endpoint.substr(SHM_PREFIX.size())))
    , m_agent(m_segment.Header().agent)
    , m_turns(m_segment, ShmTurns::Role::SIMULATION)
    , m_init{}
    , m_layout{}
    , m_requireAgent([this] { RequireAgent(); })
{
    Claim();
}

ShmChannel::~ShmChannel()
{
    m_turns.Leave();
}

bool
ShmChannel::Open(const SimInit& init)
{
    m_init = init;
    m_turns.Send({.kind = TurnKind::HELLO}, EncodeInit(init), m_requireAgent);
    const auto record = m_turns.Receive(m_message, m_requireAgent);
    if (record.kind == TurnKind::STOP)
    {
        return false;
    }
    if (record.kind != TurnKind::GO)
    {
        throw ProtocolError("the agent answered the hello by a turn of kind " +
                            std::to_string(static_cast<uint32_t>(record.kind)) +
                            "; GO or STOP is required");
    }
    Agree(init);
    return true;
}

Answer
ShmChannel::Exchange(const EnvState& state)
{
    Store(state.observation, m_init.observationSpace, m_layout.observation, m_segment);
    const auto record = RecordOf(state);
    if (state.info.is_null())
    {
        m_turns.Post(record);
    }
    else
    {
        m_turns.Send(record, state.info.dump(), m_requireAgent);
    }
    const auto answer = m_turns.Receive(m_message, m_requireAgent);
    return state.end ? Answer{StopRequest{}} : ReadAnswer(answer, m_message);
}

Answer
ShmChannel::ReadAnswer(const TurnRecord& record, const std::string& message) const
{
    switch (record.kind)
    {
    case TurnKind::ACTION:
        return Load(m_init.actionSpace, m_layout.action, m_segment);
    case TurnKind::STOP:
        return StopRequest{};
    case TurnKind::BRANCH:
    {
        auto answer = DecodeAction(message, m_init.actionSpace);
        if (std::holds_alternative<BranchRequest>(answer))
        {
            return answer;
        }
        throw ProtocolError("a turn of kind BRANCH asks for no branches");
    }
    default:
        throw ProtocolError("the agent answered a state by a turn of kind " +
                            std::to_string(static_cast<uint32_t>(record.kind)) +
                            "; ACTION, STOP or BRANCH is required");
    }
}

void
ShmChannel::Claim()
{
    auto& header = m_segment.Header();
    const auto self = ThisProcess();
    uint64_t nobody = 0;
    if (!header.simulationPid.compare_exchange_strong(nobody, self.pid))
    {
        throw ProtocolError("process " + std::to_string(nobody) + " talks over " + m_endpoint +
                            "; each simulation needs a segment of its own");
    }
    header.simulationStart.store(self.start);
}

void
ShmChannel::Agree(const SimInit& init)
{
    m_layout = MakeLayout(init.observationSpace, init.actionSpace);
    const uint64_t hash = m_segment.Header().layoutHash;
    const uint64_t totalBytes = m_segment.Header().totalBytes;
    if (hash != m_layout.hash || totalBytes != m_layout.totalBytes)
    {
        throw ProtocolError("the agent laid the arrays out otherwise (" +
                            std::to_string(totalBytes) + " bytes, hash " + std::to_string(hash) +
                            "); " + std::to_string(m_layout.totalBytes) + " bytes, hash " +
                            std::to_string(m_layout.hash) +
                            " is required: both have to be of one "
                            "version");
    }
    m_segment.MapArenas(totalBytes);
}

void
ShmChannel::RequireAgent()
{
    const auto state = StateOf(m_agent);
    if (state == ProcessState::STOPPED && !m_toldThatItIsStopped)
    {
        m_toldThatItIsStopped = true;
        std::cerr << "the agent (process " << m_agent.pid
                  << ") is stopped; waiting until it goes on" << std::endl;
    }
    const bool lost = state == ProcessState::GONE || m_turns.HasPeerLeft();
    // It may have answered just before.
    if (lost && !m_turns.Await(0ms))
    {
        throw AgentLost("the agent at " + m_endpoint + " went away");
    }
}

} // namespace slicebed
