// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-values.h"

#include "exchange/bounds.h"
#include "exchange/overloaded.h"

#include <cstring>
#include <stdexcept>

namespace slicebed
{

namespace
{

void
Require(bool right, const char* what)
{
    if (!right)
    {
        throw std::logic_error(std::string("the observation is no value of its space: ") + what);
    }
}

/** Copies bytes, of which there may be none: an empty array may have no address, either. */
void
Copy(void* to, const void* from, uint64_t bytes)
{
    if (bytes > 0)
    {
        std::memcpy(to, from, bytes);
    }
}

/** Goes through the leaves of a space in order. */
class Cursor
{
  public:
    Cursor(const std::vector<ShmLeaf>& leaves, const ShmSegment& segment)
        : m_leaf(leaves.begin())
        , m_segment(segment)
    {
    }

    void Store(const Value& value, const Space& space)
    {
        std::visit(
            Overloaded{[&](const BoxSpace& box) { StoreBox(Get<BoxValue>(value, "no Box"), box); },
                       [&](const DiscreteSpace&) {
                           const int32_t choice = Get<DiscreteValue>(value, "no Discrete").value;
                           std::memcpy(Next(), &choice, sizeof(choice));
                       },
                       [&](const TupleSpace& tuple) {
                           StoreEach(Get<TupleValue>(value, "no Tuple").elements, tuple.elements);
                       },
                       [&](const DictSpace& dict) {
                           const auto& fields = Get<DictValue>(value, "no Dict");
                           Require(fields.names == dict.names, "other names, or in another order");
                           StoreEach(fields.elements, dict.elements);
                       }},
            space.kind);
    }

    Value Load(const Space& space, const std::string& where)
    {
        return std::visit(
            Overloaded{[&](const BoxSpace& box) { return LoadBox(box, where); },
                       [&](const DiscreteSpace& discrete) {
                           DiscreteValue choice{};
                           std::memcpy(&choice.value, Next(), sizeof(choice.value));
                           std::atomic_signal_fence(std::memory_order_seq_cst);
                           RequireChoice(choice.value, discrete, where);
                           return Value{choice};
                       },
                       [&](const TupleSpace& tuple) {
                           TupleValue value;
                           for (const auto& element : tuple.elements)
                           {
                               const auto i = std::to_string(value.elements.size());
                               value.elements.push_back(Load(element, where + "." + i));
                           }
                           return Value{std::move(value)};
                       },
                       [&](const DictSpace& dict) {
                           DictValue value{dict.names, {}};
                           value.elements.reserve(dict.names.size());
                           for (size_t i = 0; i < dict.names.size(); ++i)
                           {
                               value.elements.push_back(Load(dict.elements[i], dict.names[i]));
                           }
                           return Value{std::move(value)};
                       }},
            space.kind);
    }

  private:
    std::byte* Next()
    {
        return m_segment.At(*m_leaf++);
    }

    template <typename T>
    static const T& Get(const Value& value, const char* what)
    {
        const auto* found = std::get_if<T>(&value.kind);
        Require(found != nullptr, what);
        return *found;
    }

    void StoreEach(const std::vector<Value>& values, const std::vector<Space>& spaces)
    {
        Require(values.size() == spaces.size(), "another number of elements");
        for (size_t i = 0; i < values.size(); ++i)
        {
            Store(values[i], spaces[i]);
        }
    }

    void StoreBox(const BoxValue& value, const BoxSpace& space)
    {
        const auto& leaf = *m_leaf;
        Require(value.data.index() == static_cast<size_t>(space.dtype), "another dtype");
        std::visit(
            [&](const auto& elements) {
                Require(elements.size() == leaf.count, "another number of elements in a Box");
                Copy(Next(), elements.data(), leaf.Bytes());
            },
            value.data);
    }

    Value LoadBox(const BoxSpace& space, const std::string& where)
    {
        switch (space.dtype)
        {
        case Dtype::INT32:
            return LoadElements<int32_t>(space, where);
        case Dtype::UINT32:
            return LoadElements<uint32_t>(space, where);
        case Dtype::FLOAT32:
            return LoadElements<float>(space, where);
        default:
            return LoadElements<double>(space, where);
        }
    }

    template <typename T>
    Value LoadElements(const BoxSpace& space, const std::string& where)
    {
        std::vector<T> elements(m_leaf->count);
        const auto bytes = m_leaf->Bytes();
        Copy(elements.data(), Next(), bytes);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        RequireBounds(elements, space, where);
        return {BoxValue{space.shape, std::move(elements)}};
    }

    std::vector<ShmLeaf>::const_iterator m_leaf; //!< the next
    const ShmSegment& m_segment;
};

// The alternatives of BoxData are in the order of Dtype.
static_assert(
    std::is_same_v<std::variant_alternative_t<static_cast<size_t>(Dtype::FLOAT64), BoxData>,
                   std::vector<double>>);
static_assert(
    std::is_same_v<std::variant_alternative_t<static_cast<size_t>(Dtype::UINT32), BoxData>,
                   std::vector<uint32_t>>);

} // namespace

void
Store(const Value& value,
      const Space& space,
      const std::vector<ShmLeaf>& leaves,
      const ShmSegment& segment)
{
    Cursor(leaves, segment).Store(value, space);
}

Value
Load(const Space& space, const std::vector<ShmLeaf>& leaves, const ShmSegment& segment)
{
    return Cursor(leaves, segment).Load(space, "action");
}

} // namespace slicebed
