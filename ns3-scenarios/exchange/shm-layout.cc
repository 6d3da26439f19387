// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-layout.h"

#include "exchange/errors.h"
#include "exchange/overloaded.h"

#include <string>

namespace slicebed
{

namespace
{

constexpr uint64_t FNV_BASIS = 0xcbf29ce484222325; // 64-bit FNV-1a
constexpr uint64_t FNV_PRIME = 0x100000001b3;

uint64_t
Hash(const std::string& text)
{
    uint64_t hash = FNV_BASIS;
    for (const char byte : text)
    {
        hash = (hash ^ static_cast<unsigned char>(byte)) * FNV_PRIME;
    }
    return hash;
}

/** Lays out the leaves of spaces one after the other, and writes down what it did. */
class Planner
{
  public:
    std::vector<ShmLeaf> Place(const Space& space)
    {
        m_leaves.clear();
        m_end = AlignUp(m_end, SHM_APART);
        Walk(space);
        return m_leaves;
    }

    uint64_t End() const
    {
        return AlignUp(m_end, SHM_LINE);
    }

    const std::string& Text() const
    {
        return m_text;
    }

  private:
    static uint64_t AlignUp(uint64_t value, uint64_t alignment)
    {
        return (value + alignment - 1) / alignment * alignment;
    }

    void Walk(const Space& space)
    {
        std::visit(Overloaded{[&](const BoxSpace& box) { WalkBox(box); },
                              [&](const DiscreteSpace& discrete) {
                                  m_text += "n" + std::to_string(discrete.n);
                                  Add(Dtype::INT32, 1);
                              },
                              [&](const TupleSpace& tuple) {
                                  m_text += "(";
                                  for (const auto& element : tuple.elements)
                                  {
                                      Walk(element);
                                  }
                                  m_text += ")";
                              },
                              [&](const DictSpace& dict) { WalkDict(dict); }},
                   space.kind);
    }

    void WalkBox(const BoxSpace& box)
    {
        uint64_t count = 1;
        m_text += "[";
        for (const auto length : box.shape)
        {
            m_text += std::to_string(length) + ",";
            count *= length;
            RequireRoom(count);
        }
        m_text += "]";
        Add(box.dtype, count);
    }

    void WalkDict(const DictSpace& dict)
    {
        m_text += "{";
        for (size_t i = 0; i < dict.names.size(); ++i)
        {
            m_text += std::to_string(dict.names[i].size()) + ":" + dict.names[i];
            Walk(dict.elements[i]);
        }
        m_text += "}";
    }

    void Add(Dtype dtype, uint64_t count)
    {
        const auto offset = AlignUp(m_end, SHM_LINE);
        m_leaves.push_back({dtype, count, offset});
        m_end = offset + count * BytesOf(dtype);
        RequireRoom(m_end);
        m_text += "t" + std::to_string(static_cast<int>(dtype)) + "@" + std::to_string(offset);
    }

    static void RequireRoom(uint64_t size)
    {
        if (size > SHM_MAX_BYTES)
        {
            throw UsageError("observation and action take more than " +
                             std::to_string(SHM_MAX_BYTES >> 20) +
                             " MiB; at most that fits in shared memory");
        }
    }

    std::vector<ShmLeaf> m_leaves;  //!< of the space at work
    uint64_t m_end{SHM_HEAD_BYTES}; //!< of what is placed
    std::string m_text{"v1"};       //!< what the hash is of
};

} // namespace

uint64_t
BytesOf(Dtype dtype)
{
    return dtype == Dtype::FLOAT64 ? 8 : 4;
}

uint64_t
ShmLeaf::Bytes() const
{
    return count * BytesOf(dtype);
}

ShmLayout
MakeLayout(const Space& observation, const Space& action)
{
    Planner planner;
    ShmLayout layout{};
    layout.observation = planner.Place(observation);
    layout.action = planner.Place(action);
    layout.totalBytes = planner.End();
    layout.hash = Hash(planner.Text() + "#" + std::to_string(layout.totalBytes));
    return layout;
}

} // namespace slicebed
