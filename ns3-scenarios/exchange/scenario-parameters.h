// SPDX-License-Identifier: GPL-2.0-only
// The parameters of a scenario, each declared once: command line, checks, help and description.
#ifndef SLICEBED_SCENARIO_PARAMETERS_H
#define SLICEBED_SCENARIO_PARAMETERS_H

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace slicebed
{

/**
 * Parses `--name=value` strictly; what it does not know it hands to ns3::CommandLine if that knows
 * it (--PrintHelp, global values, --ns3::Class::Attribute), and refuses otherwise.
 */
class ScenarioParameters
{
  public:
    using Bound = std::optional<double>;

    /** Declares a parameter; the variable holds its default. Bounds are inclusive. */
    void Add(const std::string& name,
             int64_t& value,
             const std::string& unit,
             const std::string& help,
             Bound low = {},
             Bound high = {});
    void Add(const std::string& name,
             double& value,
             const std::string& unit,
             const std::string& help,
             Bound low = {},
             Bound high = {});
    void Add(const std::string& name, bool& value, const std::string& help);
    void Add(const std::string& name,
             std::string& value,
             const std::string& unit,
             const std::string& help);

    /** Declares a parameter that takes one of a few words. */
    void AddChoice(const std::string& name,
                   std::string& value,
                   const std::vector<std::string>& choices,
                   const std::string& help);

    /** @throws UsageError naming the parameter, its value and what would be right */
    void Parse(const std::vector<std::string>& arguments);

    /** @return the description's "parameters" */
    nlohmann::json ToJson() const;

    /** @return the options of ns-3 itself that were parsed, as texts by name, without RngRun */
    const std::map<std::string, std::string>& Ns3Options() const;

    /** @return a line a parameter, with unit and default */
    std::string Help() const;

  private:
    /** One parameter. */
    struct Parameter
    {
        std::string name;
        std::string type; //!< int, float, bool or string
        std::string unit;
        std::string help;
        Bound low;
        Bound high;
        nlohmann::json standard;                     //!< the default
        std::function<void(const std::string&)> set; //!< from text
        std::function<nlohmann::json()> get;         //!< the value
    };

    void SetFromArgument(const std::string& argument);
    [[noreturn]] void RefuseName(const std::string& name) const;

    std::vector<Parameter> m_parameters;             //!< in the order of declaration
    std::map<std::string, std::string> m_ns3Options; //!< values by name
};

/**
 * Splits a list such as "2,1,1.5".
 * @throws UsageError naming the parameter and the part that is no number in [low, high]
 */
std::vector<double>
ParseNumbers(const std::string& name, const std::string& text, double low, double high);

} // namespace slicebed

#endif // SLICEBED_SCENARIO_PARAMETERS_H
