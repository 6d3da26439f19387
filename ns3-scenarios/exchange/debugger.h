// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_DEBUGGER_H
#define SLICEBED_DEBUGGER_H

namespace slicebed
{

/** Waits, for as long as it takes, until a debugger of this user is attached to this process. */
void WaitForDebugger();

} // namespace slicebed

#endif // SLICEBED_DEBUGGER_H
