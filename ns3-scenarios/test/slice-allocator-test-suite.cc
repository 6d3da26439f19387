// SPDX-License-Identifier: GPL-2.0-only
/*
 * The allocator alone, without UEs or queues: ceilings, policies, what is sent again, what is left.
 */
#include "cell/lte-link-adaptation.h"
#include "cell/slice-allocator.h"

#include "ns3/test.h"

#include <algorithm>
#include <array>
#include <numeric>

using namespace ns3;

namespace
{

using Settings = SliceAllocator::Settings;

/** An allocator of 100 PRBs in groups of 4, with tables. */
struct Bench
{
    Ptr<const LinkAdaptation> link = Create<LteLinkAdaptation>(4);
    std::array<float, 32> good{};
    std::array<float, 32> bad{};
    SliceAllocator allocator;

    explicit Bench(const Settings& settings)
        : allocator(settings, link)
    {
        good.fill(static_cast<float>(link->EfficiencyOfCqi(12)));
        bad.fill(static_cast<float>(link->EfficiencyOfCqi(3)));
    }

    SliceRequest Ask(uint16_t slice, uint64_t bytes, const std::array<float, 32>& efficiency) const
    {
        SliceRequest request;
        request.slice = slice;
        request.demandBytes = bytes;
        request.efficiency = efficiency.data();
        return request;
    }

    SliceRequest AskAgain(uint16_t slice, uint16_t rbgs, uint64_t since) const
    {
        SliceRequest request;
        request.slice = slice;
        request.againRbgs = rbgs;
        request.since = since;
        return request;
    }
};

constexpr uint64_t ENDLESS = 1'000'000;

/** @return whether no group was given twice */
bool
Disjoint(const std::vector<SliceRequest>& requests)
{
    RbgMask all;
    uint32_t groups = 0;
    for (const auto& request : requests)
    {
        all |= request.mask;
        groups += request.mask.Count();
    }
    return all.Count() == groups;
}

/** Slices get what their ceilings say, to the fraction, and no more than they need. */
class CeilingTestCase : public TestCase
{
  public:
    CeilingTestCase()
        : TestCase("ceilings with fractions are exact over time; demand is met with least groups")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench({});
        const std::vector<double> ceilings{0.333, 0.25, 0.0, 0.417};
        for (uint16_t slice = 0; slice < 4; ++slice)
        {
            bench.allocator.GetQuota().SetCeiling(slice, ceilings[slice]);
        }
        std::vector<uint64_t> used(4, 0);
        for (uint64_t slot = 0; slot < 1000; ++slot)
        {
            std::vector<SliceRequest> requests;
            for (uint16_t slice = 0; slice < 4; ++slice)
            {
                requests.push_back(bench.Ask(slice, ENDLESS, bench.good));
            }
            bench.allocator.Allocate(slot, 4, requests);
            NS_TEST_ASSERT_MSG_EQ(Disjoint(requests), true, "slot " << slot);
            for (const auto& request : requests)
            {
                used[request.slice] += request.prbs;
            }
        }
        for (uint16_t slice = 0; slice < 4; ++slice)
        {
            const double ceiling = ceilings[slice] * 100'000;
            NS_TEST_EXPECT_MSG_LT(used[slice], ceiling + 1e-3, "never above, slice " << slice);
            NS_TEST_EXPECT_MSG_GT(used[slice], ceiling * 0.9995 - 1e-3, "nor below, " << slice);
        }
        // A small packet takes as few groups as hold it.
        std::vector<SliceRequest> requests{bench.Ask(1, 500, bench.good)};
        bench.allocator.Allocate(1000, 4, requests);
        const auto& got = requests.front();
        NS_TEST_EXPECT_MSG_GT(bench.link->TbsBytes(got.mcs, got.prbs), 499, "it fits");
        NS_TEST_EXPECT_MSG_LT(bench.link->TbsBytes(got.mcs, got.prbs - 4), 500, "in no less");
        NS_TEST_EXPECT_MSG_EQ(+got.mcs, +bench.link->McsOfCqi(12), "at the reported quality");
    }
};

/** Blocks to be sent again go first, the oldest first, and never starve. */
class AgainTestCase : public TestCase
{
  public:
    AgainTestCase()
        : TestCase("blocks to be sent again go first, the oldest with whatever there is")
    {
    }

  private:
    void DoRun() override
    {
        Bench bench({});
        bench.allocator.GetQuota().SetCeiling(0, 0.4); // ten groups
        std::vector<SliceRequest> requests{bench.Ask(0, ENDLESS, bench.good),
                                           bench.AskAgain(0, 5, 70),
                                           bench.AskAgain(0, 4, 60),
                                           bench.AskAgain(0, 3, 80)};
        bench.allocator.Allocate(0, 1, requests);
        NS_TEST_EXPECT_MSG_EQ(requests[2].mask.Count(), 4, "the oldest, whole");
        NS_TEST_EXPECT_MSG_EQ(requests[1].mask.Count(), 5, "the next, whole");
        NS_TEST_EXPECT_MSG_EQ(requests[3].mask.Count(), 0, "the youngest does not fit");
        NS_TEST_EXPECT_MSG_EQ(requests[0].mask.Count(), 1, "new data takes the rest");
        NS_TEST_EXPECT_MSG_EQ(Disjoint(requests), true, "no group twice");

        // A ceiling below the block's size: it goes all the same, with what there is.
        bench.allocator.GetQuota().SetCeiling(0, 0.08);
        std::vector<SliceRequest> squeezed{bench.AskAgain(0, 20, 0)};
        bench.allocator.Allocate(1, 1, squeezed);
        NS_TEST_EXPECT_MSG_EQ(squeezed.front().mask.Count(), 2, "two groups of twenty");
    }
};

/** Proportional fairness weighs rates by what was served; round robin gives equal parts. */
class PolicyTestCase : public TestCase
{
  public:
    PolicyTestCase()
        : TestCase("proportional fairness by ratio, round robin by turn")
    {
    }

  private:
    void DoRun() override
    {
        Bench fair({});
        fair.allocator.GetQuota().SetCeiling(0, 1);
        std::vector<SliceRequest> requests{fair.Ask(0, ENDLESS, fair.good),
                                           fair.Ask(0, ENDLESS, fair.bad)};
        const double ratio = fair.link->RateOf(fair.good[0]) / fair.link->RateOf(fair.bad[0]);
        requests[0].servedBytes = 1.01 * ratio; // served a little more than its due
        fair.allocator.Allocate(0, 1, requests);
        NS_TEST_EXPECT_MSG_EQ(requests[0].mask.Count(), 0, "the one behind");
        NS_TEST_EXPECT_MSG_EQ(requests[1].mask.Count(), 25, "gets all");

        Bench turns({.policy = IntraSlicePolicy::ROUND_ROBIN});
        turns.allocator.GetQuota().SetCeiling(0, 1);
        std::array<uint64_t, 3> groups{};
        std::array<uint64_t, 3> since{};
        for (uint64_t slot = 1; slot <= 300; ++slot)
        {
            std::vector<SliceRequest> three;
            for (uint32_t user = 0; user < 3; ++user)
            {
                three.push_back(turns.Ask(0, ENDLESS, user == 0 ? turns.good : turns.bad));
                three.back().user = user;
                three.back().since = since[user];
                three.back().servedBytes = user == 1 ? 1e9 : 1;
            }
            turns.allocator.Allocate(slot, 1, three);
            for (const auto& request : three)
            {
                groups[request.user] += request.mask.Count();
                since[request.user] = request.mask.Empty() ? since[request.user] : slot;
            }
        }
        NS_TEST_EXPECT_MSG_EQ(groups[0] + groups[1] + groups[2], 300 * 25, "all groups");
        // 25 groups among three: 9, 8, 8; who gets the ninth goes by index where all had their
        // turn.
        const auto [least, largest] = std::minmax_element(groups.begin(), groups.end());
        NS_TEST_EXPECT_MSG_LT(*largest - *least, 301, "parts differ by one group a slot at most");
    }
};

/** Work-conserving: what is left goes to those with data; without, it stays empty. */
class WorkConservingTestCase : public TestCase
{
  public:
    WorkConservingTestCase()
        : TestCase("what a slice leaves is used by others only if the cell is work-conserving")
    {
    }

  private:
    static std::vector<uint32_t> Groups(bool workConserving)
    {
        Bench bench({.workConserving = workConserving});
        for (uint16_t slice = 0; slice < 3; ++slice)
        {
            bench.allocator.GetQuota().SetCeiling(slice, 0.2);
        }
        std::vector<SliceRequest> requests{bench.Ask(0, ENDLESS, bench.good),
                                           bench.Ask(1, 100, bench.good),
                                           bench.Ask(2, ENDLESS, bench.bad)};
        bench.allocator.Allocate(0, 3, requests);
        std::vector<uint32_t> groups;
        for (const auto& request : requests)
        {
            groups.push_back(request.mask.Count());
        }
        return groups;
    }

    void DoRun() override
    {
        const auto strict = Groups(false);
        NS_TEST_EXPECT_MSG_EQ(strict[0], 5, "its ceiling");
        NS_TEST_EXPECT_MSG_EQ(strict[1], 1, "what it needs");
        NS_TEST_EXPECT_MSG_EQ(strict[2], 5, "its ceiling");
        const auto conserving = Groups(true);
        NS_TEST_EXPECT_MSG_EQ(conserving[1], 1, "what it needs");
        NS_TEST_EXPECT_MSG_EQ(conserving[0] + conserving[2], 24, "all that is left");
        NS_TEST_EXPECT_MSG_EQ(conserving[0], 12, "in equal parts");
    }
};

/** The suite. */
class SliceAllocatorTestSuite : public TestSuite
{
  public:
    SliceAllocatorTestSuite()
        : TestSuite("slicebed-slice-allocator", Type::UNIT)
    {
        AddTestCase(new CeilingTestCase, Duration::QUICK);
        AddTestCase(new AgainTestCase, Duration::QUICK);
        AddTestCase(new PolicyTestCase, Duration::QUICK);
        AddTestCase(new WorkConservingTestCase, Duration::QUICK);
    }
};

const SliceAllocatorTestSuite g_sliceAllocatorTestSuite; //!< registers itself

} // namespace
