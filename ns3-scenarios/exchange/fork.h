// SPDX-License-Identifier: GPL-2.0-only
// Copies of a running simulation: whose children they are, what they let go of, how they end.
#ifndef SLICEBED_FORK_H
#define SLICEBED_FORK_H

#include "exchange/channel.h"

#include <sys/types.h>

namespace slicebed
{

/**
 * Copies this process as a child of its own; the copy dies with its parent.
 * @return 0 in the copy, its process id in the caller
 * @throws std::system_error if there is no room for a copy
 */
pid_t ForkChild();

/**
 * Copies this process as a child of the server that it is a child of itself, so that the copy can
 * outlive it; the copy dies with the server.
 * @return 0 in the copy, its process id in the caller
 * @throws std::system_error if there is no room for a copy
 */
pid_t ForkSibling();

/**
 * Lets go of everything that the copy shares with the process it was made from (sockets above all:
 * they would hide that one's death), and sends its output to a file.
 * @param log empty: where it went before
 * @throws std::system_error if the log cannot be opened
 */
void BecomeIndependent(const std::string& log);

} // namespace slicebed

#endif // SLICEBED_FORK_H
