// SPDX-License-Identifier: GPL-2.0-only
// A model that computes nothing but what can be checked by hand: the exchange is tested on it
// alone.
#ifndef SLICEBED_LOOPBACK_ADAPTOR_H
#define SLICEBED_LOOPBACK_ADAPTOR_H

#include "adaptor/adaptor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace slicebed
{

/** Which spaces a loopback has. */
struct LoopbackSettings
{
    uint32_t cells{2};           //!< rows of its arrays
    uint32_t slices{3};          //!< columns of its arrays
    uint32_t elements{13};       //!< of the observation of `vector`
    std::string spaces{"named"}; //!< named, vector, dict, tuple, discrete or box
    uint32_t gameOverStep{0};    //!< border at which it says game over; 0: never
    uint32_t crashStep{0};       //!< border at which it aborts; 0: never
    uint32_t hangStep{0};        //!< border at which it stops answering; 0: never
    uint32_t exitStep{0};        //!< border at which it exits with exitStatus; 0: never
    int32_t exitStatus{7};       //!< see exitStep
};

/**
 * At border k, with a_i the decision at border i:
 * - `named`: fields echo = a_{k-1} (0 at first), accumulated = a_0 + ... + a_{k-1}, counter = k in
 *   every element, slice_active and slice_present = 1; action `prb_max` in [0, 1], sums of rows <=
 * 1; reward = sum of all elements of a_{k-1}; future.offered = (k + 1) (slice + 1).
 * - `vector`: field state = k in element 0, i in element i; action `move` of 2 in [-1, 1]; reward
 *   their sum. Says nothing more at most borders: what is left is the exchange.
 * - `box`: observation 1-D float64 [k, reward]; action 1-D float64 of 2 in [-1, 1]; reward their
 * sum.
 * - `discrete`: observation Discrete(1000) = k; action Discrete(5); reward the choice.
 * - `tuple`: observation Tuple(Discrete(1000) = k, Box int32 [2,2] = choice + {0,1,2,3});
 *   action Tuple(Discrete(5), Box float32 [2] in [-1, 1]); reward choice + sum of the box.
 * - `dict`: observation Dict(step: Discrete(1000) = k, nested: Tuple(Box uint32 [3] = k));
 *   action Dict(choice: Discrete(5), level: Box float64 [2] in [-1, 1]); reward choice + sum of
 * level.
 */
class LoopbackAdaptor : public Adaptor
{
  public:
    explicit LoopbackAdaptor(const LoopbackSettings& settings);

    std::vector<FieldSpec> ObservationFields() const override;
    std::vector<FieldSpec> ActionFields() const override;
    Space ObservationSpace() const override;
    Space ActionSpace() const override;
    nlohmann::json Context() const override;
    Value Observe() override;
    double Reward() override;
    bool IsGameOver() override;
    nlohmann::json Info(bool ended) override;
    void Apply(const Value& decision) override;
    Value DefaultDecision() const override;

  private:
    bool IsNamed() const;
    bool IsVector() const;
    void FailIfAsked() const;
    FieldSpec Field(const std::string& name, double high, const std::string& meaning) const;
    FieldSpec VectorField(const std::string& name, uint32_t size, double low, double high) const;
    Value ObserveNamed() const;

    LoopbackSettings m_settings;      //!< as given
    uint32_t m_step{0};               //!< borders passed
    double m_reward{0};               //!< of the last decision
    int32_t m_choice{0};              //!< last discrete choice
    std::vector<float> m_echo;        //!< last shares
    std::vector<float> m_accumulated; //!< sum of all shares
    std::vector<float> m_state;       //!< observation of `vector`
};

} // namespace slicebed

#endif // SLICEBED_LOOPBACK_ADAPTOR_H
