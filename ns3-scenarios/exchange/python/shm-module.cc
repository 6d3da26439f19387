// SPDX-License-Identifier: GPL-2.0-only
// pyctl.exchange._shm: the agent's end of a segment, for Python. See pyctl/exchange/shm.py.
#include "exchange/errors.h"
#include "exchange/python/shm-arrays.h"
#include "exchange/shm-agent.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <nanobind/stl/vector.h>
#include <sstream>
#include <unistd.h>

namespace nb = nanobind;
using namespace std::chrono_literals;

namespace slicebed
{

namespace
{

/** No turn came in time. */
struct ChannelTimeout : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/** The simulation is there no more. */
struct PeerDisconnected : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

nb::object
ErrorClass(const char* name)
{
    return nb::module_::import_("pyctl.errors").attr(name);
}

using Clock = std::chrono::steady_clock;

/** A turn of the simulation, and the message that came with it. */
struct Received
{
    TurnRecord record;
    std::string message;
};

/** The agent's end; Python's threads take turns in it. */
class Client
{
  public:
    Client()
        : m_agent(std::make_unique<ShmAgent>())
        , m_endpoint("shm:/proc/" + std::to_string(getpid()) + "/fd/" +
                     std::to_string(m_agent->Descriptor()))
    {
    }

    std::string Endpoint() const
    {
        return m_endpoint;
    }

    int Descriptor() const
    {
        return Agent().Descriptor();
    }

    bool IsOurTurn() const
    {
        return m_isOurTurn;
    }

    nb::bytes ReceiveHello(double timeoutS, nb::handle watch)
    {
        const auto [record, message] = Receive(timeoutS, watch);
        m_isOurTurn = true;
        if (record.kind != TurnKind::HELLO)
        {
            throw ProtocolError("the simulation began by a turn of kind " +
                                std::to_string(static_cast<uint32_t>(record.kind)) +
                                "; HELLO is required");
        }
        return nb::bytes(message.data(), message.size());
    }

    void Agree(nb::object observation, nb::object action)
    {
        const auto observationSpace = ToSpace(observation);
        const auto actionSpace = ToSpace(action);
        m_isOurTurn = false;
        Agent().Agree(observationSpace, actionSpace);
        const auto& layout = Agent().Layout();
        m_observation.emplace(observationSpace, layout.observation, Agent().Segment());
        m_action.emplace(actionSpace, layout.action, Agent().Segment());
    }

    void SetObservationBounds(size_t leaf, nb::bytes low, nb::bytes high)
    {
        m_observation.value().Leaf(leaf).SetBounds(low, high);
    }

    void SetActionBounds(size_t leaf, nb::bytes low, nb::bytes high)
    {
        m_action.value().Leaf(leaf).SetBounds(low, high);
    }

    void LimitActionSums(size_t leaf, size_t axis, double limit)
    {
        m_action.value().Leaf(leaf).LimitSums(axis, limit);
    }

    bool Put(nb::handle action)
    {
        return m_action.value().Write(action);
    }

    /** @return whether an action may be sent as it is; it is written, and not posted */
    bool Admits(nb::handle action)
    {
        return m_isOurTurn && m_action && m_action->Write(action) && m_action->KeepsSums();
    }

    void PostAction()
    {
        Post(TurnKind::ACTION);
    }

    void PostStop()
    {
        Post(TurnKind::STOP);
    }

    void SendBranch(nb::bytes message, double timeoutS, nb::handle watch)
    {
        m_isOurTurn = false;
        const Busy busy(*this);
        const auto idle = MakeIdle(timeoutS, watch);
        const std::string_view bytes(message.c_str(), message.size());
        nb::gil_scoped_release unlocked;
        Agent().Turns().Send({.kind = TurnKind::BRANCH}, bytes, idle);
    }

    /** @return observation, reward, end, step or None, simulated time, info, whether within bounds
     */
    nb::tuple ReceiveState(double timeoutS, nb::handle watch)
    {
        const auto [record, info] = Receive(timeoutS, watch);
        m_isOurTurn = true;
        if (record.kind != TurnKind::STATE || record.end > TurnEnd::GAME_OVER)
        {
            throw ProtocolError("a turn of kind " +
                                std::to_string(static_cast<uint32_t>(record.kind)) + ", end " +
                                std::to_string(static_cast<uint32_t>(record.end)) +
                                "; STATE, end 0 to 2, is required");
        }
        bool within = true;
        auto observation = m_observation.value().Read(within);
        auto step = record.hasBorder != 0 ? nb::int_(record.step) : nb::object(nb::none());
        return nb::make_tuple(observation,
                              record.reward,
                              static_cast<uint32_t>(record.end),
                              step,
                              record.tSimS,
                              nb::bytes(info.data(), info.size()),
                              within);
    }

    /** @return whether the simulation's turn is there, or was taken */
    bool IsTurnDue() const
    {
        return m_isOurTurn || m_taken || Agent().Turns().Awaited().HasChanged();
    }

    /** Waits until a turn of one of several simulations is there. */
    static void WaitForAny(const std::vector<Client*>& clients, double waitS)
    {
        thread_local AdaptiveWait wait; // which learns how its waits go
        std::deque<Busy> busy;
        std::vector<AwaitedWord> words;
        for (auto* client : clients)
        {
            if (client->IsTurnDue())
            {
                return;
            }
            busy.emplace_back(*client);
            words.push_back(client->Agent().Turns().Awaited());
        }
        const nb::gil_scoped_release unlocked;
        wait.WaitForAny(words,
                        std::chrono::milliseconds(static_cast<int64_t>(std::ceil(waitS * 1000))));
    }

    /**
     * A whole step, if there is nothing unusual about it.
     * @return observation, reward, False, False, info; or False where nothing was sent, or True
     * where the action was sent and ReceiveState() has to see to what comes of it
     */
    nb::object Step(nb::handle action)
    {
        if (!Admits(action))
        {
            return nb::bool_(false);
        }
        PostAction();
        if (!AwaitShortly() || !TakeUsualState())
        {
            return nb::bool_(true);
        }
        bool within = true;
        auto observation = m_observation->Read(within);
        if (!within)
        {
            return nb::bool_(true);
        }
        const auto record = *std::exchange(m_taken, std::nullopt);
        m_isOurTurn = true;
        nb::dict info;
        info[m_stepName] = record.step;
        info[m_timeName] = record.tSimS;
        return nb::make_tuple(observation, record.reward, false, false, info);
    }

    nb::object ObservationView() const
    {
        return m_observation.value().View(false);
    }

    nb::object ActionView() const
    {
        return m_action.value().View(true);
    }

    void Close()
    {
        const Busy busy(*this);
        m_isOurTurn = false;
        m_observation.reset();
        m_action.reset();
        m_agent.reset();
    }

  private:
    /** Marks the client as used by a thread that may let others run. */
    class Busy
    {
      public:
        explicit Busy(Client& client)
            : m_client(client)
        {
            if (client.m_busy)
            {
                throw UsageError("another thread waits on this session; one at a time is allowed");
            }
            client.m_busy = true;
        }

        ~Busy()
        {
            m_client.m_busy = false;
        }

        Busy(const Busy&) = delete;
        Busy& operator=(const Busy&) = delete;

      private:
        Client& m_client;
    };

    void Post(TurnKind kind)
    {
        const Busy busy(*this);
        m_isOurTurn = false;
        Agent().Turns().Post({.kind = kind});
    }

    Received Receive(double timeoutS, nb::handle watch)
    {
        const Busy busy(*this);
        const auto idle = MakeIdle(timeoutS, watch);
        const auto taken = std::exchange(m_taken, std::nullopt);
        auto& turns = Agent().Turns();
        Received received;
        nb::gil_scoped_release unlocked;
        received.record = taken ? turns.Read(*taken, received.message, idle)
                                : turns.Receive(received.message, idle);
        return received;
    }

    /** @return what a waiting agent does every now and then: signals, watch, life, time */
    Idle MakeIdle(double timeoutS, nb::handle watch)
    {
        const auto deadline =
            Clock::now() + std::chrono::duration_cast<Clock::duration>(
                               std::chrono::duration<double>(std::min(timeoutS, 1e9)));
        return [this, timeoutS, deadline, watch] {
            const nb::gil_scoped_acquire locked;
            if (PyErr_CheckSignals() != 0)
            {
                throw nb::python_error();
            }
            const auto trouble = LookAround(timeoutS, deadline, watch);
            // The simulation may have spoken just before.
            if (trouble && !Agent().Turns().Await(0ms))
            {
                std::rethrow_exception(trouble);
            }
        };
    }

    std::exception_ptr LookAround(double timeoutS, Clock::time_point deadline, nb::handle watch)
    {
        if (!watch.is_none())
        {
            try
            {
                watch();
            }
            catch (const nb::python_error& error)
            {
                if (!error.matches(ErrorClass("SlicebedError")))
                {
                    throw;
                }
                return std::current_exception();
            }
        }
        if (Agent().IsSimulationGone())
        {
            return std::make_exception_ptr(
                PeerDisconnected("the simulation left its connection to " + Endpoint()));
        }
        if (Clock::now() >= deadline)
        {
            std::ostringstream text;
            text << "no message at " << Endpoint() << " within " << timeoutS << " s";
            return std::make_exception_ptr(ChannelTimeout(text.str()));
        }
        return nullptr;
    }

    /** @return whether the simulation spoke before it was time to look around */
    bool AwaitShortly()
    {
        const Busy busy(*this);
        nb::gil_scoped_release unlocked;
        return Agent().Turns().Await(SHM_LOOK_PERIOD);
    }

    /** Takes the simulation's turn if it is a state like most: no info, not the last. */
    bool TakeUsualState()
    {
        try
        {
            m_taken = Agent().Turns().Take();
        }
        catch (const ProtocolError&)
        {
            return false; // ReceiveState() will meet the same, and tell
        }
        const auto& record = *m_taken;
        return record.kind == TurnKind::STATE && record.bytes == 0 && record.end == TurnEnd::NONE &&
               record.hasBorder != 0;
    }

    ShmAgent& Agent() const
    {
        if (!m_agent)
        {
            throw UsageError("the session is closed; a new one is required");
        }
        return *m_agent;
    }

    std::unique_ptr<ShmAgent> m_agent;    //!< none once it is closed
    std::string m_endpoint;               //!< for simulations
    std::optional<ShmTree> m_observation; //!< once the layout is agreed
    std::optional<ShmTree> m_action;      //!< likewise
    std::optional<TurnRecord> m_taken;    //!< the simulation's turn, if its state is not read yet
    bool m_isOurTurn{false};              //!< the simulation waits
    bool m_busy{false};                   //!< a thread is at work here
    nb::str m_stepName{"step"};
    nb::str m_timeName{"t_sim_s"};
};

void
Translate(const std::exception_ptr& thrown, void*)
{
    try
    {
        std::rethrow_exception(thrown);
    }
    catch (const ChannelTimeout& error)
    {
        SetError("ChannelTimeout", error.what());
    }
    catch (const PeerDisconnected& error)
    {
        SetError("PeerDisconnected", error.what());
    }
    catch (const ProtocolError& error)
    {
        SetError("ProtocolError", error.what());
    }
    catch (const UsageError& error)
    {
        SetError("UsageError", error.what());
    }
}

} // namespace

} // namespace slicebed

NB_MODULE(_shm, module)
{
    using slicebed::Client;
    slicebed::ImportNumpy();
    nb::register_exception_translator(slicebed::Translate);
    nb::class_<Client>(module, "Client")
        .def(nb::init<>())
        .def_prop_ro("endpoint", &Client::Endpoint)
        .def_prop_ro("descriptor", &Client::Descriptor)
        .def_prop_ro("is_our_turn", &Client::IsOurTurn)
        .def("receive_hello", &Client::ReceiveHello, nb::arg("timeout_s"), nb::arg("watch").none())
        .def("agree", &Client::Agree)
        .def("set_observation_bounds", &Client::SetObservationBounds)
        .def("set_action_bounds", &Client::SetActionBounds)
        .def("limit_action_sums", &Client::LimitActionSums)
        .def("is_turn_due", &Client::IsTurnDue)
        .def_static("wait_for_any", &Client::WaitForAny, nb::arg("clients"), nb::arg("wait_s"))
        .def("put", &Client::Put, nb::arg("action").none())
        .def("admits", &Client::Admits, nb::arg("action").none())
        .def("post_action", &Client::PostAction)
        .def("post_stop", &Client::PostStop)
        .def("send_branch",
             &Client::SendBranch,
             nb::arg("message"),
             nb::arg("timeout_s"),
             nb::arg("watch").none())
        .def("receive_state", &Client::ReceiveState, nb::arg("timeout_s"), nb::arg("watch").none())
        .def("step", &Client::Step, nb::arg("action").none())
        .def("observation_view", &Client::ObservationView)
        .def("action_view", &Client::ActionView)
        .def("close", &Client::Close);
}
