// SPDX-License-Identifier: GPL-2.0-only
// The tables of link adaptation, which take longer to fill than a network of cells to build.
#ifndef SLICEBED_LINK_TABLES_H
#define SLICEBED_LINK_TABLES_H

#include "cell/carrier.h"
#include "cell/link-adaptation.h"
#include "cell/nr-tables.h"

namespace ns3
{

/**
 * @param carrier that they are for
 * @param mcsTable of NR; not looked at for LTE
 * @return its tables; filled once in a process, since they depend on nothing else
 */
Ptr<const LinkAdaptation> GetLinkTables(const Carrier& carrier, NrMcsTable mcsTable);

} // namespace ns3

#endif // SLICEBED_LINK_TABLES_H
