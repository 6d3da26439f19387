// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/ns3-options.h"

#include "exchange/parse-number.h"

#include "ns3/command-line.h"
#include "ns3/config.h"
#include "ns3/global-value.h"
#include "ns3/string.h"
#include "ns3/type-id.h"

#include <algorithm>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace slicebed
{

namespace
{

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

/** Says more of a wrong number than ns-3 does. */
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

/** @return whether ns-3 took the value */
bool
Set(const std::string& name, const std::string& value)
{
    const ns3::StringValue text(value);
    if (name.rfind("ns3::", 0) == 0)
    {
        return ns3::Config::SetDefaultFailSafe(name, text);
    }
    ns3::TypeId type; // any text is taken; the first event would abort
    if (name == "SimulatorImplementationType" && !ns3::TypeId::LookupByNameFailSafe(value, &type))
    {
        return false;
    }
    return ns3::Config::SetGlobalFailSafe(name, text);
}

/** @return what a function returns in a copy of this process, in silence; false if that dies */
bool
Try(const std::function<bool()>& function)
{
    const pid_t copy = fork();
    if (copy < 0)
    {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (copy == 0)
    {
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        std::set_terminate([] { _exit(EXIT_FAILURE); }); // no core, and no handler's word of it
        _exit(function() ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    int status = 0;
    waitpid(copy, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

} // namespace

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

void
SetNs3Option(const std::string& name, const std::string& value)
{
    if (name.rfind("Print", 0) == 0)
    {
        // Prints and exits.
        ns3::CommandLine().Parse({"slicebed", "--" + name + (value.empty() ? "" : "=" + value)});
        return;
    }
    RequireNs3Number(name, value);
    // Many kinds of values abort on a text that they cannot read.
    if (!Try([&] { return Set(name, value); }) || !Set(name, value))
    {
        throw UsageError(name + " is '" + value + "'; ns-3 knows no such attribute or value");
    }
}

} // namespace slicebed
