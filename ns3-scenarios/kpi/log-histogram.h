// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_LOG_HISTOGRAM_H
#define SLICEBED_LOG_HISTOGRAM_H

#include <cstdint>
#include <vector>

namespace ns3
{

/** Where the bins of a LogHistogram are. */
struct LogBins
{
    double low;         //!< upper edge of the first bin, which begins at 0
    uint32_t decades;   //!< from there to the lower edge of the last bin
    uint32_t perDecade; //!< bins, each as many times as wide as the one before
    double high;        //!< upper edge of the last bin; larger values count in it, too
};

/**
 * Counts values in bins whose edges grow by a constant factor.
 *
 * A value on an edge counts in the bin above it. What is read from the counts is right within a
 * bin: a factor of 10^(1/perDecade).
 */
class LogHistogram
{
  public:
    /** @throws std::invalid_argument if a bin would be empty or the edges would not rise */
    explicit LogHistogram(const LogBins& bins);

    /** @param value not negative @throws std::invalid_argument if it is negative or no number */
    void Add(double value);

    void Clear();

    /** @return the bins' edges, one more than there are bins, from 0 to LogBins::high */
    const std::vector<double>& GetEdges() const;

    /** @return values by bin */
    const std::vector<uint64_t>& GetCounts() const;

  private:
    std::vector<double> m_edges;    //!< ascending
    std::vector<uint64_t> m_counts; //!< by bin
};

} // namespace ns3

#endif // SLICEBED_LOG_HISTOGRAM_H
