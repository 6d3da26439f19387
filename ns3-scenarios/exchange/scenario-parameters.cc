// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/scenario-parameters.h"

#include "exchange/errors.h"

#include "ns3/command-line.h"
#include "ns3/config.h"
#include "ns3/global-value.h"
#include "ns3/string.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <sstream>

namespace slicebed
{

namespace
{

template <typename T>
bool
ParseWhole(const std::string& text, T& value)
{
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end && !text.empty();
}

std::string
Range(const ScenarioParameters::Bound& low, const ScenarioParameters::Bound& high)
{
    std::ostringstream text;
    text.precision(15); // 1000000, not 1e+06
    if (low && high)
    {
        text << " from " << *low << " to " << *high;
    }
    else if (low)
    {
        text << " of at least " << *low;
    }
    return text.str();
}

/** Parses a number or says what would be right. */
template <typename T>
T
RequireNumber(const std::string& name,
              const std::string& text,
              const char* kind,
              ScenarioParameters::Bound low,
              ScenarioParameters::Bound high)
{
    T value{};
    const bool number = ParseWhole(text, value) && std::isfinite(static_cast<double>(value));
    if (!number || (low && static_cast<double>(value) < *low) ||
        (high && static_cast<double>(value) > *high))
    {
        throw UsageError(name + " is '" + text + "'; " + kind + Range(low, high) + " is required");
    }
    return value;
}

/** Levenshtein's distance. */
size_t
EditDistance(const std::string& a, const std::string& b)
{
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (size_t i = 1; i <= a.size(); ++i)
    {
        size_t diagonal = row[0]++;
        for (size_t j = 1; j <= b.size(); ++j)
        {
            const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row.back();
}

/** Whether ns-3 itself knows the option. */
bool
IsNs3Option(const std::string& name)
{
    if (name.rfind("ns3::", 0) == 0 || name.rfind("Print", 0) == 0)
    {
        return true;
    }
    return std::any_of(ns3::GlobalValue::Begin(), ns3::GlobalValue::End(), [&](const auto* global) {
        return global->GetName() == name;
    });
}

/** @return the checker of a global value or of ns3::Class::Attribute; null if there is no such */
ns3::Ptr<const ns3::AttributeChecker>
CheckerOf(const std::string& name)
{
    const auto colons = name.rfind("::");
    if (colons != std::string::npos)
    {
        ns3::TypeId type;
        ns3::TypeId::AttributeInformation attribute;
        const bool known = ns3::TypeId::LookupByNameFailSafe(name.substr(0, colons), &type) &&
                           type.LookupAttributeByName(name.substr(colons + 2), &attribute);
        return known ? attribute.checker : nullptr;
    }
    const auto found = std::find_if(ns3::GlobalValue::Begin(),
                                    ns3::GlobalValue::End(),
                                    [&](const auto* global) { return global->GetName() == name; });
    return found == ns3::GlobalValue::End() ? nullptr : (*found)->GetChecker();
}

/** ns-3 aborts on text that is no number where it wants one: refuse it first. */
void
RequireNs3Number(const std::string& name, const std::string& value)
{
    const auto checker = CheckerOf(name);
    const auto type = checker ? checker->GetValueTypeName() : "";
    if (type == "ns3::UintegerValue")
    {
        // Its generators abort on seed 0 too.
        RequireNumber<uint64_t>(name, value, "a whole number", name == "RngSeed" ? 1 : 0, {});
    }
    else if (type == "ns3::IntegerValue")
    {
        RequireNumber<int64_t>(name, value, "a whole number", {}, {});
    }
    else if (type == "ns3::DoubleValue")
    {
        RequireNumber<double>(name, value, "a number", {}, {});
    }
}

void
SetNs3Option(const std::string& name, const std::string& value, const std::string& argument)
{
    if (name.rfind("Print", 0) == 0)
    {
        ns3::CommandLine().Parse({"slicebed", argument}); // prints and exits
        return;
    }
    RequireNs3Number(name, value);
    const ns3::StringValue text(value);
    const bool accepted = name.rfind("ns3::", 0) == 0 ? ns3::Config::SetDefaultFailSafe(name, text)
                                                      : ns3::Config::SetGlobalFailSafe(name, text);
    if (!accepted)
    {
        throw UsageError(name + " is '" + value + "'; ns-3 knows no such attribute or value");
    }
}

} // namespace

void
ScenarioParameters::Add(const std::string& name,
                        int64_t& value,
                        const std::string& unit,
                        const std::string& help,
                        Bound low,
                        Bound high)
{
    auto set = [=, &value](const std::string& text) {
        value = RequireNumber<int64_t>(name, text, "a whole number", low, high);
    };
    m_parameters.push_back(
        {name, "int", unit, help, low, high, value, set, [&value] { return value; }});
}

void
ScenarioParameters::Add(const std::string& name,
                        double& value,
                        const std::string& unit,
                        const std::string& help,
                        Bound low,
                        Bound high)
{
    auto set = [=, &value](const std::string& text) {
        value = RequireNumber<double>(name, text, "a number", low, high);
    };
    m_parameters.push_back(
        {name, "float", unit, help, low, high, value, set, [&value] { return value; }});
}

void
ScenarioParameters::Add(const std::string& name, bool& value, const std::string& help)
{
    auto set = [=, &value](const std::string& text) {
        if (text != "true" && text != "false" && text != "1" && text != "0")
        {
            throw UsageError(name + " is '" + text + "'; true or false is required");
        }
        value = text == "true" || text == "1";
    };
    m_parameters.push_back(
        {name, "bool", "", help, {}, {}, value, set, [&value] { return value; }});
}

void
ScenarioParameters::Add(const std::string& name,
                        std::string& value,
                        const std::string& unit,
                        const std::string& help)
{
    auto set = [&value](const std::string& text) {
        value = text;
    };
    m_parameters.push_back(
        {name, "string", unit, help, {}, {}, value, set, [&value] { return value; }});
}

void
ScenarioParameters::AddChoice(const std::string& name,
                              std::string& value,
                              const std::vector<std::string>& choices,
                              const std::string& help)
{
    std::string words;
    for (const auto& choice : choices)
    {
        words += (words.empty() ? "" : ", ") + choice;
    }
    auto set = [=, &value](const std::string& text) {
        if (std::find(choices.begin(), choices.end(), text) == choices.end())
        {
            throw UsageError(name + " is '" + text + "'; one of " + words + " is required");
        }
        value = text;
    };
    m_parameters.push_back(
        {name, "string", "", help + " (" + words + ")", {}, {}, value, set, [&value] {
             return value;
         }});
}

void
ScenarioParameters::Parse(const std::vector<std::string>& arguments)
{
    for (const auto& argument : arguments)
    {
        if (argument.rfind("--", 0) != 0)
        {
            throw UsageError("argument is '" + argument + "'; --name=value is required");
        }
        SetFromArgument(argument);
    }
}

void
ScenarioParameters::SetFromArgument(const std::string& argument)
{
    const auto equals = argument.find('=');
    const auto name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    const auto found = std::find_if(m_parameters.begin(),
                                    m_parameters.end(),
                                    [&](const auto& parameter) { return parameter.name == name; });
    if (found != m_parameters.end())
    {
        found->set(equals == std::string::npos && found->type == "bool" ? "true" : value);
    }
    else if (IsNs3Option(name))
    {
        SetNs3Option(name, value, argument);
    }
    else
    {
        RefuseName(name);
    }
}

void
ScenarioParameters::RefuseName(const std::string& name) const
{
    const auto nearest = std::min_element(
        m_parameters.begin(), m_parameters.end(), [&](const auto& a, const auto& b) {
            return EditDistance(name, a.name) < EditDistance(name, b.name);
        });
    throw UsageError("parameter '" + name + "' is unknown; did you mean '" + nearest->name + "'?");
}

nlohmann::json
ScenarioParameters::ToJson() const
{
    auto list = nlohmann::json::array();
    auto bound = [](const Bound& value) {
        return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    };
    for (const auto& parameter : m_parameters)
    {
        list.push_back({{"name", parameter.name},
                        {"type", parameter.type},
                        {"default", parameter.standard},
                        {"value", parameter.get()},
                        {"unit", parameter.unit},
                        {"help", parameter.help},
                        {"low", bound(parameter.low)},
                        {"high", bound(parameter.high)}});
    }
    return list;
}

std::string
ScenarioParameters::Help() const
{
    std::ostringstream text;
    for (const auto& parameter : m_parameters)
    {
        text << "  --" << parameter.name << "=" << parameter.standard.dump() << "  "
             << parameter.help << (parameter.unit.empty() ? "" : " [" + parameter.unit + "]")
             << "\n";
    }
    return text.str();
}

std::vector<double>
ParseNumbers(const std::string& name, const std::string& text, double low, double high)
{
    std::vector<double> numbers;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');)
    {
        numbers.push_back(RequireNumber<double>(name, part, "a list of numbers", low, high));
    }
    return numbers;
}

} // namespace slicebed
