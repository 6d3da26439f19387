// SPDX-License-Identifier: GPL-2.0-only
#ifndef SLICEBED_NR_TABLES_H
#define SLICEBED_NR_TABLES_H

#include <cstdint>

namespace ns3
{

/** Which of TS 38.214's tables of MCSs and CQIs are in use. */
enum class NrMcsTable : uint8_t
{
    QAM64, //!< Tables 5.1.3.1-1 and 5.2.2.1-2
    QAM256 //!< Tables 5.1.3.1-2 and 5.2.2.1-3
};

/** A modulation and code rate. */
struct NrMcs
{
    uint8_t order;   //!< bits a symbol
    double codeRate; //!< information bits a coded bit

    double Efficiency() const
    {
        return order * codeRate;
    }
};

uint8_t GetNrMaxMcs(NrMcsTable table);
NrMcs GetNrMcs(NrMcsTable table, uint8_t mcs);

/** @param cqi 1 to 15 */
NrMcs GetNrCqi(NrMcsTable table, uint8_t cqi);

/**
 * Transport block size, TS 38.214 5.1.3.2, one layer, 12 of a slot's 14 symbols for data, one of
 * them with demodulation reference signals (12 resource elements a PRB).
 * @return bits
 */
uint32_t NrBlockBits(const NrMcs& mcs, uint32_t prbs);

/** Mutual information per coded bit of Gray-mapped square QAM over AWGN. @param order 2, 4, 6 or 8
 */
double BicmMutualInformation(uint8_t order, double sinr);

} // namespace ns3

#endif // SLICEBED_NR_TABLES_H
