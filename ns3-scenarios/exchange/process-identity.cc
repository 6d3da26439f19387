// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/process-identity.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>

namespace slicebed
{

namespace
{

constexpr int START_FIELD = 22; // of /proc/PID/stat, proc(5)
constexpr int STATE_FIELD = 3;

struct Stat
{
    char state;
    uint64_t start;
};

std::optional<Stat>
ReadStat(uint64_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    // The name of the program, in parentheses, may hold anything, parentheses too.
    const auto name = line.rfind(')');
    if (name == std::string::npos)
    {
        return std::nullopt;
    }
    std::istringstream fields(line.substr(name + 1));
    Stat stat{};
    fields >> stat.state;
    std::string other;
    for (int field = STATE_FIELD + 1; field < START_FIELD; ++field)
    {
        fields >> other;
    }
    fields >> stat.start;
    return fields ? std::optional(stat) : std::nullopt;
}

} // namespace

ProcessIdentity
IdentityOf(uint64_t pid)
{
    const auto stat = ReadStat(pid);
    return {pid, stat ? stat->start : 0};
}

ProcessIdentity
ThisProcess()
{
    return IdentityOf(static_cast<uint64_t>(getpid()));
}

ProcessState
StateOf(const ProcessIdentity& process)
{
    const auto stat = ReadStat(process.pid);
    if (!stat || stat->start != process.start || stat->state == 'Z' || stat->state == 'X')
    {
        return ProcessState::GONE;
    }
    return stat->state == 'T' || stat->state == 't' ? ProcessState::STOPPED : ProcessState::ALIVE;
}

} // namespace slicebed
