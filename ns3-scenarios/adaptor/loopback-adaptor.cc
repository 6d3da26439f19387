// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/loopback-adaptor.h"

#include "exchange/errors.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <numeric>
#include <thread>

namespace slicebed
{

namespace
{

constexpr int32_t STEPS = 1000; // choices of the counting Discrete
constexpr int32_t CHOICES = 5;

BoxSpace
Level(Dtype dtype)
{
    return {-1, 1, dtype, {2}};
}

/** @return the sum of a box's elements, of any dtype */
double
Sum(const Value& box)
{
    return std::visit(
        [](const auto& elements) { return std::accumulate(elements.begin(), elements.end(), 0.0); },
        std::get<BoxValue>(box.kind).data);
}

int32_t
Choice(const Value& value)
{
    return std::get<DiscreteValue>(value.kind).value;
}

} // namespace

LoopbackAdaptor::LoopbackAdaptor(const LoopbackSettings& settings)
    : m_settings(settings)
    , m_echo(settings.cells * settings.slices)
    , m_accumulated(m_echo.size())
    , m_state(settings.elements)
{
    std::iota(m_state.begin(), m_state.end(), 0.0F);
    const std::vector<std::string> known{"named", "vector", "dict", "tuple", "discrete", "box"};
    if (std::find(known.begin(), known.end(), settings.spaces) == known.end())
    {
        throw UsageError("spaces is '" + settings.spaces +
                         "'; one of named, vector, dict, tuple, discrete, box is required");
    }
}

bool
LoopbackAdaptor::IsNamed() const
{
    return m_settings.spaces == "named";
}

bool
LoopbackAdaptor::IsVector() const
{
    return m_settings.spaces == "vector";
}

FieldSpec
LoopbackAdaptor::Field(const std::string& name, double high, const std::string& meaning) const
{
    return {.name = name,
            .shape = {m_settings.cells, m_settings.slices},
            .axes = {"cell", "slice"},
            .low = {0},
            .high = {high},
            .unit = "1",
            .meaning = meaning,
            .standard = "",
            .sumMax = {}};
}

FieldSpec
LoopbackAdaptor::VectorField(const std::string& name, uint32_t size, double low, double high) const
{
    return {.name = name,
            .shape = {size},
            .axes = {"element"},
            .low = {low},
            .high = {high},
            .unit = "1",
            .meaning = "numbers known by hand",
            .standard = "",
            .sumMax = {}};
}

std::vector<FieldSpec>
LoopbackAdaptor::ObservationFields() const
{
    if (IsVector())
    {
        return {VectorField("state", m_settings.elements, 0, 1e6)};
    }
    if (!IsNamed())
    {
        return {};
    }
    return {Field("echo", 1, "the last decision"),
            Field("accumulated", 1e6, "the sum of all decisions"),
            Field("counter", 1e6, "borders passed"),
            Field("slice_active", 1, "always 1"),
            Field("slice_present", 1, "always 1")};
}

std::vector<FieldSpec>
LoopbackAdaptor::ActionFields() const
{
    if (IsVector())
    {
        return {VectorField("move", 2, -1, 1)};
    }
    if (!IsNamed())
    {
        return {};
    }
    auto field = Field("prb_max", 1, "comes back as echo");
    field.sumMax = 1;
    return {field};
}

Space
LoopbackAdaptor::ObservationSpace() const
{
    const Space counter{DiscreteSpace{STEPS}};
    if (m_settings.spaces == "box")
    {
        return {BoxSpace{-2, 1e6, Dtype::FLOAT64, {2}}};
    }
    if (m_settings.spaces == "discrete")
    {
        return counter;
    }
    if (m_settings.spaces == "tuple")
    {
        return {TupleSpace{{counter, {BoxSpace{0, 100, Dtype::INT32, {2, 2}}}}}};
    }
    if (m_settings.spaces == "dict")
    {
        const Space inner{TupleSpace{{{BoxSpace{0, 1e6, Dtype::UINT32, {3}}}}}};
        return {DictSpace{{"step", "nested"}, {counter, inner}}};
    }
    return Adaptor::ObservationSpace();
}

Space
LoopbackAdaptor::ActionSpace() const
{
    const Space choice{DiscreteSpace{CHOICES}};
    if (m_settings.spaces == "box")
    {
        return {Level(Dtype::FLOAT64)};
    }
    if (m_settings.spaces == "discrete")
    {
        return choice;
    }
    if (m_settings.spaces == "tuple")
    {
        return {TupleSpace{{choice, {Level(Dtype::FLOAT32)}}}};
    }
    if (m_settings.spaces == "dict")
    {
        return {DictSpace{{"choice", "level"}, {choice, {Level(Dtype::FLOAT64)}}}};
    }
    return Adaptor::ActionSpace();
}

nlohmann::json
LoopbackAdaptor::Context() const
{
    auto cells = nlohmann::json::array();
    for (uint32_t cell = 0; cell < m_settings.cells; ++cell)
    {
        cells.push_back({{"id", cell}});
    }
    auto slices = nlohmann::json::array();
    for (uint32_t slice = 0; slice < m_settings.slices; ++slice)
    {
        slices.push_back({{"id", slice + 1}});
    }
    return {{"cells", cells}, {"slices", slices}};
}

void
LoopbackAdaptor::FailIfAsked() const
{
    if (m_settings.crashStep > 0 && m_step == m_settings.crashStep)
    {
        std::cerr << "loopback: crash as asked at step " << m_step << std::endl;
        std::abort();
    }
    if (m_settings.exitStep > 0 && m_step == m_settings.exitStep)
    {
        std::cerr << "loopback: exit as asked at step " << m_step << std::endl;
        std::exit(m_settings.exitStatus);
    }
    while (m_settings.hangStep > 0 && m_step == m_settings.hangStep)
    {
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}

Value
LoopbackAdaptor::ObserveNamed() const
{
    const std::vector<uint32_t> shape{m_settings.cells, m_settings.slices};
    const std::vector<float> ones(m_echo.size(), 1);
    const std::vector<float> counter(m_echo.size(), static_cast<float>(m_step));
    return {DictValue{{"echo", "accumulated", "counter", "slice_active", "slice_present"},
                      {FloatBox(shape, m_echo),
                       FloatBox(shape, m_accumulated),
                       FloatBox(shape, counter),
                       FloatBox(shape, ones),
                       FloatBox(shape, ones)}}};
}

Value
LoopbackAdaptor::Observe()
{
    FailIfAsked();
    const auto k = static_cast<int32_t>(m_step);
    const Value counter{DiscreteValue{k}};
    const auto value = [&]() -> Value {
        if (IsVector())
        {
            m_state[0] = static_cast<float>(k);
            DictValue state{{"state"}, {}};
            state.elements.push_back(FloatBox({m_settings.elements}, m_state));
            return {std::move(state)};
        }
        if (m_settings.spaces == "box")
        {
            return {BoxValue{{2}, std::vector<double>{static_cast<double>(k), m_reward}}};
        }
        if (m_settings.spaces == "discrete")
        {
            return counter;
        }
        if (m_settings.spaces == "tuple")
        {
            std::vector<int32_t> elements(4);
            std::iota(elements.begin(), elements.end(), m_choice);
            return {TupleValue{{counter, {BoxValue{{2, 2}, elements}}}}};
        }
        if (m_settings.spaces == "dict")
        {
            const Value inner{
                TupleValue{{{BoxValue{{3}, std::vector<uint32_t>(3, static_cast<uint32_t>(k))}}}}};
            return {DictValue{{"step", "nested"}, {counter, inner}}};
        }
        return ObserveNamed();
    }();
    ++m_step;
    return value;
}

double
LoopbackAdaptor::Reward()
{
    return m_reward;
}

bool
LoopbackAdaptor::IsGameOver()
{
    return m_settings.gameOverStep > 0 && m_step == m_settings.gameOverStep;
}

nlohmann::json
LoopbackAdaptor::Info(bool ended)
{
    if (ended)
    {
        return {{"conservation",
                 {{"sent", 0},
                  {"received", 0},
                  {"in_flight", 0},
                  {"dropped", nlohmann::json::object()}}}};
    }
    if (IsVector())
    {
        return {};
    }
    // Observe() has counted this border already: m_step is k + 1.
    std::vector<double> offered;
    for (uint32_t slice = 0; slice < m_settings.slices; ++slice)
    {
        offered.push_back(static_cast<double>(m_step) * (slice + 1));
    }
    return {{"future", {{"offered", std::vector(m_settings.cells, offered)}}}};
}

void
LoopbackAdaptor::Apply(const Value& decision)
{
    if (IsVector())
    {
        m_reward = Sum(std::get<DictValue>(decision.kind).elements[0]);
    }
    else if (m_settings.spaces == "box")
    {
        m_reward = Sum(decision);
    }
    else if (m_settings.spaces == "discrete")
    {
        m_choice = Choice(decision);
        m_reward = m_choice;
    }
    else if (!IsNamed())
    {
        const auto& parts = m_settings.spaces == "tuple"
                                ? std::get<TupleValue>(decision.kind).elements
                                : std::get<DictValue>(decision.kind).elements;
        m_choice = Choice(parts[0]);
        m_reward = m_choice + Sum(parts[1]);
    }
    else
    {
        m_echo = FloatsOf(decision, "prb_max");
        m_reward = std::accumulate(m_echo.begin(), m_echo.end(), 0.0);
        std::transform(m_echo.begin(),
                       m_echo.end(),
                       m_accumulated.begin(),
                       m_accumulated.begin(),
                       std::plus());
    }
}

Value
LoopbackAdaptor::DefaultDecision() const
{
    if (IsVector())
    {
        return {DictValue{{"move"}, {FloatBox({2}, {0, 0})}}};
    }
    const Value choice{DiscreteValue{0}};
    if (m_settings.spaces == "box")
    {
        return {BoxValue{{2}, std::vector<double>(2)}};
    }
    if (m_settings.spaces == "discrete")
    {
        return choice;
    }
    if (m_settings.spaces == "tuple")
    {
        return {TupleValue{{choice, {BoxValue{{2}, std::vector<float>(2)}}}}};
    }
    if (m_settings.spaces == "dict")
    {
        return {DictValue{{"choice", "level"}, {choice, {BoxValue{{2}, std::vector<double>(2)}}}}};
    }
    return {
        DictValue{{"prb_max"},
                  {FloatBox({m_settings.cells, m_settings.slices},
                            std::vector<float>(m_echo.size(),
                                               1.0F / static_cast<float>(m_settings.slices)))}}};
}

} // namespace slicebed
