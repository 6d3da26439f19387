// SPDX-License-Identifier: GPL-2.0-only
#include "adaptor/slice-list.h"

#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace slicebed
{

namespace
{

constexpr double MOST_MBPS = 1000;
constexpr double MOST_MS = 10'000;

/** A change as written, by service id. */
struct Change
{
    uint32_t id;
    uint32_t step;
    bool present;
};

void
RequireService(const std::string& parameter, uint32_t id, size_t services)
{
    if (id < 1 || id > services)
    {
        throw UsageError(parameter + " names slice " + std::to_string(id) +
                         "; a service from 1 to " + std::to_string(services) + " is required");
    }
}

std::set<uint32_t>
ParseSlices(const std::string& text, size_t services)
{
    std::set<uint32_t> ids;
    for (const auto number : ParseNumbers("slices", text, 1, static_cast<double>(services)))
    {
        const auto id = static_cast<uint32_t>(number);
        if (number != std::floor(number) || !ids.insert(id).second)
        {
            throw UsageError("slices is '" + text + "'; different whole numbers are required");
        }
    }
    if (ids.empty())
    {
        throw UsageError("slices is empty; at least one id is required");
    }
    return ids;
}

std::vector<Change>
ParseChanges(const std::string& text, size_t services, uint32_t steps)
{
    static const std::regex pattern(R"(([+-])(\d{1,6})@(\d{1,7}))");
    std::vector<Change> changes;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');)
    {
        std::smatch match;
        if (!std::regex_match(part, match, pattern))
        {
            throw UsageError("slice_events has '" + part + "'; +ID@STEP or -ID@STEP is required");
        }
        const Change change{static_cast<uint32_t>(std::stoul(match[2])),
                            static_cast<uint32_t>(std::stoul(match[3])),
                            match[1] == "+"};
        RequireService("slice_events", change.id, services);
        if (change.step < 1 || change.step >= steps)
        {
            throw UsageError("slice_events has '" + part + "'; a step from 1 to " +
                             std::to_string(steps - 1) + " is required");
        }
        changes.push_back(change);
    }
    return changes;
}

} // namespace

void
AddSlices(const SliceTexts& texts, ns3::SlicedCellsConfig& config)
{
    const auto targets = ParseNumbers("targets_mbps", texts.targetsMbps, 1e-3, MOST_MBPS);
    const auto bounds = ParseNumbers("delay_bounds_ms", texts.delayBoundsMs, 0.1, MOST_MS);
    if (targets.size() != bounds.size())
    {
        throw UsageError("delay_bounds_ms has " + std::to_string(bounds.size()) +
                         " numbers; as many as targets_mbps, " + std::to_string(targets.size()) +
                         ", are required");
    }
    const auto atStart = ParseSlices(texts.slices, targets.size());
    const auto changes = ParseChanges(texts.sliceEvents, targets.size(), texts.steps);
    auto ever = atStart;
    std::for_each(changes.begin(), changes.end(), [&](auto& change) { ever.insert(change.id); });
    for (const auto id : ever)
    {
        config.services.push_back({id, {targets[id - 1] * 1e6, bounds[id - 1] / 1e3}});
        config.presentAtStart.push_back(atStart.contains(id));
    }
    for (const auto& change : changes)
    {
        const auto index = static_cast<uint32_t>(std::distance(ever.begin(), ever.find(change.id)));
        config.events.push_back({change.step, index, change.present});
    }
}

std::vector<uint32_t>
IdsOf(const ns3::SlicedCellsConfig& config)
{
    std::vector<uint32_t> ids;
    std::transform(config.services.begin(),
                   config.services.end(),
                   std::back_inserter(ids),
                   [](const auto& service) { return service.id; });
    return ids;
}

} // namespace slicebed
