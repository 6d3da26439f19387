// SPDX-License-Identifier: GPL-2.0-only
#include "cell/link-tables.h"

#include "cell/lte-link-adaptation.h"
#include "cell/nr-link-adaptation.h"

#include <map>
#include <tuple>

namespace ns3
{

Ptr<const LinkAdaptation>
GetLinkTables(const Carrier& carrier, NrMcsTable mcsTable)
{
    static std::map<std::tuple<Technology, NrMcsTable, uint32_t>, Ptr<const LinkAdaptation>> filled;
    auto& tables = filled[{carrier.technology, mcsTable, carrier.rbgPrbs}];
    if (!tables)
    {
        if (carrier.technology == Technology::LTE)
        {
            tables = Create<LteLinkAdaptation>(carrier.rbgPrbs);
        }
        else
        {
            tables = Create<NrLinkAdaptation>(mcsTable, carrier.rbgPrbs);
        }
    }
    return tables;
}

} // namespace ns3
