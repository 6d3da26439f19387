// SPDX-License-Identifier: GPL-2.0-only
/*
 * NR: TS 38.214's tables against the spectral efficiencies that it prints, block sizes against the
 * standard's procedure done by hand, mutual information against ns-3's, carriers, and a cell on NR.
 */
#include "cell/lte-link-adaptation.h"
#include "cell/nr-link-adaptation.h"
#include "studies/full-buffer.h"

#include "ns3/double.h"
#include "ns3/enum.h"
#include "ns3/test.h"
#include "ns3/uinteger.h"

#include <cmath>
#include <stdexcept>

using namespace ns3;

namespace
{

/** Spectral efficiencies as the standard prints them beside order and rate. */
class TableTestCase : public TestCase
{
  public:
    TableTestCase()
        : TestCase("MCS and CQI tables have the spectral efficiencies that the standard prints")
    {
    }

  private:
    void Check(NrMcsTable table, bool cqi, const std::vector<double>& printed)
    {
        for (size_t i = 0; i < printed.size(); ++i)
        {
            const auto index = static_cast<uint8_t>(i);
            const auto row = cqi ? GetNrCqi(table, index + 1) : GetNrMcs(table, index);
            // Printed with four decimals.
            NS_TEST_EXPECT_MSG_EQ_TOL(row.Efficiency(), printed[i], 0.00006, "row " << i);
        }
    }

    void DoRun() override
    {
        Check(NrMcsTable::QAM64,
              false,
              {0.2344, 0.3066, 0.3770, 0.4902, 0.6016, 0.7402, 0.8770, 1.0273, 1.1758, 1.3262,
               1.3281, 1.4766, 1.6953, 1.9141, 2.1602, 2.4063, 2.5703, 2.5664, 2.7305, 3.0293,
               3.3223, 3.6094, 3.9023, 4.2129, 4.5234, 4.8164, 5.1152, 5.3320, 5.5547});
        Check(NrMcsTable::QAM256, false, {0.2344, 0.3770, 0.6016, 0.8770, 1.1758, 1.4766, 1.6953,
                                          1.9141, 2.1602, 2.4063, 2.5703, 2.7305, 3.0293, 3.3223,
                                          3.6094, 3.9023, 4.2129, 4.5234, 4.8164, 5.1152, 5.3320,
                                          5.5547, 5.8906, 6.2266, 6.5703, 6.9141, 7.1602, 7.4063});
        Check(NrMcsTable::QAM64,
              true,
              {0.1523,
               0.2344,
               0.3770,
               0.6016,
               0.8770,
               1.1758,
               1.4766,
               1.9141,
               2.4063,
               2.7305,
               3.3223,
               3.9023,
               4.5234,
               5.1152,
               5.5547});
        Check(NrMcsTable::QAM256,
              true,
              {0.1523,
               0.3770,
               0.8770,
               1.4766,
               1.9141,
               2.4063,
               2.7305,
               3.3223,
               3.9023,
               4.5234,
               5.1152,
               5.5547,
               6.2266,
               6.9141,
               7.4063});
        NS_TEST_EXPECT_MSG_EQ(+GetNrMaxMcs(NrMcsTable::QAM64), 28, "MCSs of 64QAM's table");
        NS_TEST_EXPECT_MSG_EQ(+GetNrMaxMcs(NrMcsTable::QAM256), 27, "MCSs of 256QAM's table");
    }
};

/** Block sizes by the steps of TS 38.214, 5.1.3.2, with 132 resource elements a PRB. */
class BlockSizeTestCase : public TestCase
{
  public:
    BlockSizeTestCase()
        : TestCase("block sizes follow the standard's procedure")
    {
    }

  private:
    void DoRun() override
    {
        const auto bits = [](uint8_t mcs, uint32_t prbs) {
            return NrBlockBits(GetNrMcs(NrMcsTable::QAM64, mcs), prbs);
        };
        // MCS 0, 1 PRB: N = 132 x 0.1171875 x 2 = 30.9; n = 3, step 8: 24, in the table.
        NS_TEST_EXPECT_MSG_EQ(bits(0, 1), 24, "smallest");
        // MCS 9, 4 PRBs: N = 528 x 1.3262 = 700.2; n = floor(9.45) - 6 = 3, step 8: 696; next: 704.
        NS_TEST_EXPECT_MSG_EQ(bits(9, 4), 704, "by the table");
        // MCS 16, 10 PRBs: N = 1320 x 2.5703 = 3392.8; n = 11 - 6 = 5, step 32: 3392; next: 3496.
        NS_TEST_EXPECT_MSG_EQ(bits(16, 10), 3496, "still by the table");
        // MCS 0, 200 PRBs: N = 26400 x 0.234375 = 6187.5; n = 12 - 5 = 7, step 128: round(48.15) =
        // 48: 6144; rate below 1/4: C = ceil(6168 / 3816) = 2: 16 x ceil(6168 / 16) - 24 = 6152.
        NS_TEST_EXPECT_MSG_EQ(bits(0, 200), 6152, "low rate, two code blocks");
        // MCS 10, 40 PRBs: N = 5280 x 1.328125 = 7012.5; n = 7, step 128: round(54.6) = 55: 7040;
        // one code block: 8 x ceil(7064 / 8) - 24 = 7040.
        NS_TEST_EXPECT_MSG_EQ(bits(10, 40), 7040, "one code block");
        // MCS 28, 273 PRBs: N = 36036 x 5.5546875 = 200168.7; n = 17 - 5 = 12, step 4096:
        // round(48.86) = 49: 200704; C = ceil(200728 / 8424) = 24: 192 x ceil(200728 / 192) - 24.
        NS_TEST_EXPECT_MSG_EQ(bits(28, 273), 192 * 1046 - 24, "24 code blocks");
        for (uint32_t prbs = 2; prbs <= 273; ++prbs)
        {
            NS_TEST_ASSERT_MSG_EQ((bits(20, prbs) >= bits(20, prbs - 1)), true, prbs << " PRBs");
        }
    }
};

/** BICM mutual information against ns-3's, where that has it. */
class InformationTestCase : public TestCase
{
  public:
    InformationTestCase()
        : TestCase("mutual information agrees with ns-3's for QPSK, 16QAM and 64QAM")
    {
    }

  private:
    void DoRun() override
    {
        const auto lte = Create<LteLinkAdaptation>(4);
        for (double sinrDb = -6; sinrDb <= 24; sinrDb += 1)
        {
            const double sinr = std::pow(10, sinrDb / 10);
            const auto as = [&](uint8_t order, uint8_t mcs) {
                const double theirs = lte->MutualInformation(mcs, static_cast<float>(sinr));
                if (theirs < 1) // their tables end early, and say 1 from there on
                {
                    // They were made by simulation.
                    NS_TEST_EXPECT_MSG_EQ_TOL(BicmMutualInformation(order, sinr),
                                              theirs,
                                              0.03,
                                              +order << " bits at " << sinrDb << " dB");
                }
            };
            as(2, 0);
            as(4, 10);
            as(6, 17);
            NS_TEST_EXPECT_MSG_LT(BicmMutualInformation(8, sinr),
                                  BicmMutualInformation(6, sinr) + 1e-9,
                                  "256QAM has less a bit");
            // Never above the channel's capacity.
            NS_TEST_EXPECT_MSG_LT(8 * BicmMutualInformation(8, sinr),
                                  std::log2(1 + sinr) + 1e-6,
                                  "Shannon at " << sinrDb << " dB");
        }
    }
};

/** Carriers that are there, and those that are not. */
class CarrierTestCase : public TestCase
{
  public:
    CarrierTestCase()
        : TestCase("carriers have the standards' PRBs; others are refused with what there is")
    {
    }

  private:
    std::string Refusal(Technology technology, uint32_t numerology, double mhz)
    {
        try
        {
            MakeCarrier(technology, numerology, mhz);
        }
        catch (const std::invalid_argument& error)
        {
            return error.what();
        }
        return "";
    }

    void DoRun() override
    {
        const auto nr = MakeCarrier(Technology::NR, 1, 100);
        NS_TEST_EXPECT_MSG_EQ(nr.prbs, 273, "100 MHz of 30 kHz");
        NS_TEST_EXPECT_MSG_EQ(nr.rbgPrbs, 16, "in groups of 16");
        NS_TEST_EXPECT_MSG_EQ((nr.slot == MicroSeconds(500)), true, "half a millisecond");
        NS_TEST_EXPECT_MSG_EQ(MakeCarrier(Technology::NR, 0, 20).prbs, 106, "20 MHz of 15 kHz");
        NS_TEST_EXPECT_MSG_EQ(MakeCarrier(Technology::LTE, 0, 15).prbs, 75, "15 MHz of LTE");
        NS_TEST_EXPECT_MSG_EQ(Refusal(Technology::LTE, 0, 7),
                              "bandwidth_mhz is 7; LTE has 1.4, 3, 5, 10, 15, 20",
                              "no such bandwidth");
        NS_TEST_EXPECT_MSG_EQ(Refusal(Technology::NR, 0, 100),
                              "bandwidth_mhz is 100; NR with numerology 0 has 5, 10, 15, 20, 25, "
                              "30, 35, 40, 45, 50",
                              "too wide for 15 kHz");
        NS_TEST_EXPECT_MSG_EQ(Refusal(Technology::NR, 2, 100),
                              "numerology is 2; 0 or 1 is required",
                              "no such numerology");
        NS_TEST_EXPECT_MSG_EQ(Refusal(Technology::LTE, 1, 20),
                              "numerology is 1; LTE has one of 15 kHz only: 0 is required",
                              "not for LTE");
    }
};

/** A full buffer on NR: blocks of the standard's size in every slot, at the CQI's MCS. */
class CellTestCase : public TestCase
{
  public:
    CellTestCase()
        : TestCase("a cell on NR carries its block size in every slot")
    {
    }

  private:
    void Run(uint32_t numerology, double mhz, double sinrDb)
    {
        FullBuffer cell(0, 0);
        cell.network = CreateObjectWithAttributes<CellNetwork>("Technology",
                                                               EnumValue(Technology::NR),
                                                               "Numerology",
                                                               UintegerValue(numerology),
                                                               "BandwidthMhz",
                                                               DoubleValue(mhz),
                                                               "RlcBufferBytes",
                                                               UintegerValue(2'000'000),
                                                               "OuterLoop",
                                                               BooleanValue(false));
        auto& network = *cell.network;
        network.AssignStreams(1);
        network.AddCell(CreateObject<Node>(), network.AddSite({0, 0, 25}), 30);
        network.AddSlice(0);
        const auto ue = cell.AddUe(0, 0);
        network.GetChannel()->SetFixedSinrDb(ue, sinrDb);
        network.SetCeilings(0, {1.0});
        cell.Feed(ue, 1.2 * network.MaxRateBps());
        cell.Run(0.5);
        const uint64_t before = network.GetCounters(0, 0, Direction::DOWNLINK).deliveredBytes;
        cell.Run(0.5);
        const auto& counters = network.GetCounters(0, 0, Direction::DOWNLINK);
        const auto& link = *network.GetLink();
        const auto mcs = link.McsOfCqi(link.CqiOf(static_cast<float>(std::pow(10, sinrDb / 10))));
        const auto& carrier = network.GetCarrier();
        const double slots = 0.5 / carrier.slot.GetSeconds();
        const double failed =
            static_cast<double>(counters.tbFailed) / static_cast<double>(counters.tbSent);
        const double expected = NrBlockBits(GetNrMcs(NrMcsTable::QAM256, mcs), carrier.prbs) / 8.0 *
                                slots * (1 - failed);
        // Headers cost 5 bytes in 1000, and a few more where SDUs are cut.
        NS_TEST_EXPECT_MSG_EQ_TOL(static_cast<double>(counters.deliveredBytes - before),
                                  expected,
                                  0.02 * expected,
                                  "bytes at " << sinrDb << " dB on " << mhz << " MHz");
    }

    void DoRun() override
    {
        Run(0, 20, 8);
        Run(1, 40, 17);
        Run(1, 100, 33);
    }
};

/** The suite. */
class NrTestSuite : public TestSuite
{
  public:
    NrTestSuite()
        : TestSuite("slicebed-nr", Type::SYSTEM)
    {
        AddTestCase(new TableTestCase, Duration::QUICK);
        AddTestCase(new BlockSizeTestCase, Duration::QUICK);
        AddTestCase(new InformationTestCase, Duration::QUICK);
        AddTestCase(new CarrierTestCase, Duration::QUICK);
        AddTestCase(new CellTestCase, Duration::QUICK);
    }
};

const NrTestSuite g_nrTestSuite; //!< registers itself

} // namespace
