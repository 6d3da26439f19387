// SPDX-License-Identifier: GPL-2.0-only
// Which process is meant, and whether it still lives: ids are given again, start times are not.
#ifndef SLICEBED_PROCESS_IDENTITY_H
#define SLICEBED_PROCESS_IDENTITY_H

#include <cstdint>

namespace slicebed
{

/** A process of this machine. */
struct ProcessIdentity
{
    uint64_t pid;   //!< its id
    uint64_t start; //!< when it started [clock ticks since the machine's start]
    bool operator==(const ProcessIdentity&) const = default;
};

/** What a process does. */
enum class ProcessState
{
    ALIVE,   //!< it runs or can run
    STOPPED, //!< somebody stopped it (SIGSTOP, a debugger)
    GONE     //!< it has ended, or never was
};

/** @return the process of this id as it is now; start 0 if there is none */
ProcessIdentity IdentityOf(uint64_t pid);

/** @return the calling process */
ProcessIdentity ThisProcess();

/** @return what the process does now */
ProcessState StateOf(const ProcessIdentity& process);

} // namespace slicebed

#endif // SLICEBED_PROCESS_IDENTITY_H
