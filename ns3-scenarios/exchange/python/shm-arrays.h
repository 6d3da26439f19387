// SPDX-License-Identifier: GPL-2.0-only
// The arrays of a segment as numpy arrays, in the structure of their space.
#ifndef SLICEBED_SHM_ARRAYS_H
#define SLICEBED_SHM_ARRAYS_H

#include "exchange/python/numpy-tools.h"
#include "exchange/shm-segment.h"

#include <optional>

namespace slicebed
{

/** Makes numpy ready for use; to be called once, first. */
void ImportNumpy();

/** One leaf: its memory, and what its elements must keep. */
class LeafArray
{
  public:
    LeafArray(const ShmLeaf& leaf, std::byte* memory, std::vector<uint32_t> shape);

    /** Bounds of the elements, one for all or one each, as the bytes of arrays of their dtype. */
    void SetBounds(nanobind::bytes low, nanobind::bytes high);

    /** Adds a limit of the sums over an axis. */
    void LimitSums(size_t axis, double limit);

    /** @return whether the elements are within their bounds */
    bool IsWithin(const std::byte* elements) const;

    /** @return whether the sums of the memory's elements are within their limits */
    bool KeepsSums() const;

    /** @return a new array with a copy of the elements */
    nanobind::object Copy() const;

    /** @return an array that is the memory itself, and keeps it mapped */
    nanobind::object View(const std::shared_ptr<Mapping>& memory, bool writable) const;

    /**
     * Copies an array's elements to the memory.
     * @return false if it is no array of this shape, and of this dtype or of float64 for float32
     */
    bool Assign(nanobind::handle array);

    std::byte* Memory() const;

  private:
    struct SumLimit
    {
        size_t outer;  //!< groups of sums
        size_t length; //!< addends
        size_t inner;  //!< sums a group
        double limit;
    };

    template <typename T>
    bool IsWithinAs(const std::byte* elements) const;
    template <typename T>
    static bool SumsKeep(const SumLimit& sum, const T* elements);
    template <typename T>
    BoxData Parse(nanobind::bytes bytes) const;

    ShmLeaf m_leaf;                //!< dtype, number of elements
    std::byte* m_memory;           //!< its elements
    std::vector<uint32_t> m_shape; //!< of the array
    BoxData m_low;                 //!< empty: not bounded
    BoxData m_high;                //!< likewise
    std::vector<SumLimit> m_sums;  //!< limits
};

/** A space whose leaves lie in a segment. */
class ShmTree
{
  public:
    ShmTree(const Space& space, const std::vector<ShmLeaf>& leaves, const ShmSegment& segment);

    /** @return the i-th leaf */
    LeafArray& Leaf(size_t i);

    /**
     * @param within set to false if an element is not within its limits
     * @return a new value of the space
     * @throws ProtocolError if a Discrete has no such choice
     */
    nanobind::object Read(bool& within) const;

    /** @return the value as arrays that are the memory itself; a Discrete as an array, too */
    nanobind::object View(bool writable) const;

    /**
     * Writes a value.
     * @return false if it is not in the space, or in a form that only the slower checks understand;
     * then the memory may hold a part of it
     */
    bool Write(nanobind::handle value);

    /** @return whether all sums of what was written are within their limits */
    bool KeepsSums() const;

  private:
    /** The structure of a space above its leaves. */
    struct Node
    {
        bool isLeaf{false};                  //!< Box or Discrete
        bool isDict{false};                  //!< else, if no leaf, a Tuple
        size_t leaf{0};                      //!< of a Box or Discrete
        std::optional<int32_t> choices;      //!< of a Discrete
        std::vector<Node> elements;          //!< of a Tuple or Dict
        std::vector<nanobind::object> names; //!< of a Dict
    };

    Node Build(const Space& space, const std::vector<ShmLeaf>& leaves, const ShmSegment& segment);
    nanobind::object Read(const Node& node, bool& within) const;
    nanobind::object ReadChoice(const Node& node) const;
    template <typename Make>
    nanobind::object Compose(const Node& node, Make&& make) const;
    nanobind::object View(const Node& node, bool writable) const;
    bool Write(const Node& node, nanobind::handle value);
    bool WriteChoice(const Node& node, nanobind::handle value);

    std::vector<LeafArray> m_leaves;    //!< in order
    std::shared_ptr<Mapping> m_mapping; //!< that they lie in
    Node m_root;
};

} // namespace slicebed

#endif // SLICEBED_SHM_ARRAYS_H
