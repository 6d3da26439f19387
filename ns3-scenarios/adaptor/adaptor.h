// SPDX-License-Identifier: GPL-2.0-only
// What the exchange asks of a scenario family. An adaptor is the only code that sees both.
#ifndef SLICEBED_ADAPTOR_H
#define SLICEBED_ADAPTOR_H

#include "exchange/field-spec.h"

namespace slicebed
{

class Adaptor
{
  public:
    virtual ~Adaptor() = default;

    /** @return the fields of the observation; the same for the whole episode */
    virtual std::vector<FieldSpec> ObservationFields() const = 0;

    /** @return the fields of a decision; the same for the whole episode */
    virtual std::vector<FieldSpec> ActionFields() const = 0;

    /** @return the space of Observe(); a Dict of the observation fields unless overridden */
    virtual Space ObservationSpace() const
    {
        return ToSpace(ObservationFields());
    }

    /** @return the space of Apply(); a Dict of the action fields unless overridden */
    virtual Space ActionSpace() const
    {
        return ToSpace(ActionFields());
    }

    /** @return facts of the run that an agent may need: cells, slices, targets; none by default */
    virtual nlohmann::json Context() const
    {
        return nlohmann::json::object();
    }

    /** Called once at each border: ends an interval and begins the next. */
    virtual Value Observe() = 0;

    /** @return what the interval before this border was worth */
    virtual double Reward() = 0;

    /** @return whether the model ends the episode at this border; asked before Observe() */
    virtual bool IsGameOver()
    {
        return false;
    }

    /** @return more about this border, as a JSON object; `ended` at the last one */
    virtual nlohmann::json Info([[maybe_unused]] bool ended)
    {
        return nlohmann::json::object();
    }

    /** Puts a decision, checked against the action fields, in force. */
    virtual void Apply(const Value& decision) = 0;

    /** @return whether DrawAnew() is there */
    virtual bool CanDrawAnew() const
    {
        return false;
    }

    /**
     * Draws all that is random from this border on by the present RngRun: what was drawn before it
     * for times after it, too. What has happened stays: places, queues, what is on its way.
     */
    virtual void DrawAnew()
    {
    }

    /** @return the decision of a run without an agent */
    virtual Value DefaultDecision() const = 0;
};

} // namespace slicebed

#endif // SLICEBED_ADAPTOR_H
