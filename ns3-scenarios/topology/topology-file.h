// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TOPOLOGY_FILE_H
#define SLICEBED_TOPOLOGY_FILE_H

#include "topology/sliced-cells.h"

#include <string>

namespace ns3
{

/**
 * Writes where sites, cells and UEs are, and the SINR on a grid, as one JSON object.
 *
 * @param cells the network, built
 * @param path the file; made whole or not at all
 * @throws std::invalid_argument if it cannot be written
 */
void WriteTopologyFile(const SlicedCells& cells, const std::string& path);

} // namespace ns3

#endif // SLICEBED_TOPOLOGY_FILE_H
