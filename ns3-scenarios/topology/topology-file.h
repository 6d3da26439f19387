// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TOPOLOGY_FILE_H
#define SLICEBED_TOPOLOGY_FILE_H

#include "topology/topology-description.h"

#include <string>

namespace ns3
{

class SlicedCells;

/**
 * Writes nodes and links as one JSON object: for each node its name, kind, place in the drawing,
 * slice and real position [m], if it has them; for each link its ends, and rate [bit/s] and delay
 * [s] of a wire or bandwidth [Hz] of a radio.
 *
 * @param path the file; made whole or not at all
 * @throws std::invalid_argument if it cannot be written
 */
void WriteTopologyFile(const TopologyDescription& description, const std::string& path);

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
