// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/scenario-parameters.h"

#include "exchange/errors.h"
#include "exchange/ns3-options.h"
#include "exchange/parse-number.h"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace slicebed
{

namespace
{

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

/** The description is JSON. */
void
RequireUtf8(const std::string& name, const std::string& text)
{
    try
    {
        (void)nlohmann::json(text).dump();
    }
    catch (const nlohmann::json::type_error&)
    {
        throw UsageError(name + " is '" + text + "'; text in UTF-8 is required");
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
    auto set = [=, &value](const std::string& text) {
        RequireUtf8(name, text);
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
        RequireUtf8(name, value);
        SetNs3Option(name, value);
        if (name != "RngRun")
        {
            m_ns3Options[name] = value;
        }
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

const std::map<std::string, std::string>&
ScenarioParameters::Ns3Options() const
{
    return m_ns3Options;
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
