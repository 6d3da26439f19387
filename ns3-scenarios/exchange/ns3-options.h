// SPDX-License-Identifier: GPL-2.0-only
// Options that ns-3 itself knows: global values, defaults of attributes, its own help.
#ifndef SLICEBED_NS3_OPTIONS_H
#define SLICEBED_NS3_OPTIONS_H

#include <string>

namespace slicebed
{

/** @return whether ns-3 takes an option of this name: --ns3::Class::Attribute, --RngRun, --Print...
 */
bool IsNs3Option(const std::string& name);

/**
 * Puts an option of ns-3 in force; --Print... prints and exits.
 * @throws UsageError if ns-3 knows no such attribute or cannot read the value
 */
void SetNs3Option(const std::string& name, const std::string& value);

} // namespace slicebed

#endif // SLICEBED_NS3_OPTIONS_H
