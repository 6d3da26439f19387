// SPDX-License-Identifier: GPL-2.0-only
// Lock-step: at each decision border the simulation stops, tells its state and applies the answer.
#ifndef SLICEBED_DECISION_LOOP_H
#define SLICEBED_DECISION_LOOP_H

#include "adaptor/adaptor.h"
#include "exchange/channel.h"

#include "ns3/nstime.h"

namespace slicebed
{

/**
 * Drives one episode over a channel.
 *
 * Border k lies at k intervals. At border 0 the simulation introduces itself and sends its first
 * state; at each border but the last it gets a decision, which is in force from the border plus the
 * control latency. The last border stops the simulator; Finish() then sends the last state.
 */
class DecisionLoop
{
  public:
    struct Settings
    {
        ns3::Time interval;       //!< between two borders
        uint32_t steps;           //!< intervals of the episode
        ns3::Time controlLatency; //!< from a border to its decision in force; below the interval
    };

    /** Where an episode is. */
    enum class Stage
    {
        IDLE,             //!< not started
        RUNNING,          //!< between the first and the last border
        TIME_OVER,        //!< at the last border: the last state is still to be sent
        GAME_OVER,        //!< ended by the model; its last state was sent
        STOPPED_BY_AGENT, //!< ended by the agent; nothing more is sent
        FINISHED          //!< the last state was sent
    };

    /**
     * @param channel to the agent
     * @param adaptor to the model
     * @param settings of the episode
     * @param description sent with the first state
     * @throws UsageError if the control latency is not below the interval
     */
    DecisionLoop(Channel& channel,
                 Adaptor& adaptor,
                 const Settings& settings,
                 nlohmann::json description);

    /** Schedules the borders; to be called before Simulator::Run. @throws std::logic_error if twice
     */
    void Start();

    /**
     * Sends the last state if it is still to be sent; to be called after Simulator::Run.
     * @throws std::logic_error if the episode did not come to its end
     */
    void Finish();

    Stage GetStage() const;

  private:
    void Border(uint32_t k);
    void Apply();
    EnvState MakeState(uint32_t k, std::optional<EndReason> end);
    void End(Stage stage);

    Channel& m_channel;                    //!< to the agent
    Adaptor& m_adaptor;                    //!< to the model
    Settings m_settings;                   //!< of the episode
    nlohmann::json m_description;          //!< for the first state
    std::vector<FieldSpec> m_actionFields; //!< what decisions are checked against
    Value m_decision;                      //!< the last one
    Stage m_stage{Stage::IDLE};            //!< where the episode is
};

} // namespace slicebed

#endif // SLICEBED_DECISION_LOOP_H
