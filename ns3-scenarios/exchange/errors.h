// SPDX-License-Identifier: GPL-2.0-only
// The ways in which a scenario fails for a reason outside itself, one class a kind.
#ifndef SLICEBED_ERRORS_H
#define SLICEBED_ERRORS_H

#include <stdexcept>

namespace slicebed
{

/** A parameter or a decision is wrong: exit status 2. The text says field, value and what is right.
 */
struct UsageError : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/** The peer sent what the protocol does not allow: exit status 3. */
struct ProtocolError : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/** The agent never came or went away: exit status 3. */
struct AgentLost : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

} // namespace slicebed

#endif // SLICEBED_ERRORS_H
