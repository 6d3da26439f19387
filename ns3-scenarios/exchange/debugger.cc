// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/debugger.h"

#include <chrono>
#include <fstream>
#include <string>
#include <sys/prctl.h>
#include <thread>

namespace slicebed
{

namespace
{

constexpr std::chrono::milliseconds LOOK_PERIOD{100};

/** @return whether some process traces this one: proc(5), TracerPid */
bool
IsTraced()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
    {
        if (word == "TracerPid:")
        {
            int tracer = 0;
            status >> tracer;
            return tracer != 0;
        }
    }
    return false;
}

} // namespace

void
WaitForDebugger()
{
    // Where only a parent may trace (kernel.yama.ptrace_scope is 1), others are let in by this.
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    while (!IsTraced())
    {
        std::this_thread::sleep_for(LOOK_PERIOD);
    }
}

} // namespace slicebed
