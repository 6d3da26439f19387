// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_TRAFFIC_MASK_H
#define SLICEBED_TRAFFIC_MASK_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ns3
{

/** What the columns of a mask stand for. */
struct MaskColumns
{
    std::string prefix; //!< of their names; the id follows
    uint32_t firstId;   //!< that has the embedded profile's first class
};

inline const MaskColumns SLICE_COLUMNS{.prefix = "slice_", .firstId = 1};
inline const MaskColumns EDGE_COLUMNS{.prefix = "edge_", .firstId = 0};

/**
 * How busy each slice, or the users of each edge, are in each interval, between 0 and 1 (tau_s(t)
 * of paper 001, section V-A).
 *
 * From a CSV file (header `step,slice_<id>,...`, one row an interval, steps counted from 0) or from
 * the embedded daily profile.
 */
class TrafficMask
{
  public:
    /**
     * @param firstInterval of a week (0 = Monday 0:00) that the mask begins with
     * @param columns that it is for
     * @param intervalsPerQuarter of an hour: 1 where an interval stands for 15 minutes
     * @return the embedded profile
     */
    static TrafficMask FromProfile(uint32_t firstInterval,
                                   const MaskColumns& columns = SLICE_COLUMNS,
                                   double intervalsPerQuarter = 1);

    /** @return 1 in every interval, for all */
    static TrafficMask Constant();

    /**
     * Reads a CSV file.
     * @param path the file
     * @param columns of it
     * @return the mask
     * @throws std::invalid_argument naming file, line, column, value and what would be right
     */
    static TrafficMask FromCsv(const std::string& path, const MaskColumns& columns = SLICE_COLUMNS);

    /**
     * @param interval counted from 0
     * @param id of the slice, or of the edge
     * @return the mask, in [0, 1]
     * @throws std::out_of_range if the file has no such interval or id
     */
    double Get(uint32_t interval, uint32_t id) const;

    /** @throws std::invalid_argument unless there are `intervals` rows and all of `ids` */
    void Require(uint32_t intervals, const std::vector<uint32_t>& ids) const;

    /** @return "profile", "constant" or the file's path */
    const std::string& GetSource() const;

  private:
    std::string m_source;                             //!< where it comes from
    MaskColumns m_columns{SLICE_COLUMNS};             //!< what is in it
    uint32_t m_firstInterval{0};                      //!< of the week (profile only)
    double m_intervalsPerQuarter{1};                  //!< of an hour (profile only)
    std::map<uint32_t, std::vector<double>> m_series; //!< by id (file only)
};

} // namespace ns3

#endif // SLICEBED_TRAFFIC_MASK_H
