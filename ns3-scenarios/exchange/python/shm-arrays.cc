// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/python/shm-arrays.h"

#include "exchange/errors.h"
#include "exchange/overloaded.h"

#define NPY_NO_DEPRECATED_API NPY_1_23_API_VERSION
#include <algorithm>
#include <cstring>
#include <numpy/arrayobject.h>

namespace nb = nanobind;

namespace slicebed
{

namespace
{

int
NumpyType(Dtype dtype)
{
    switch (dtype)
    {
    case Dtype::INT32:
        return NPY_INT32;
    case Dtype::UINT32:
        return NPY_UINT32;
    case Dtype::FLOAT32:
        return NPY_FLOAT32;
    default:
        return NPY_FLOAT64;
    }
}

std::vector<npy_intp>
Dimensions(const std::vector<uint32_t>& shape)
{
    return {shape.begin(), shape.end()};
}

/** Calls a function with a null pointer to the element type. */
template <typename Function>
auto
WithType(Dtype dtype, Function&& function)
{
    switch (dtype)
    {
    case Dtype::INT32:
        return function(static_cast<int32_t*>(nullptr));
    case Dtype::UINT32:
        return function(static_cast<uint32_t*>(nullptr));
    case Dtype::FLOAT32:
        return function(static_cast<float*>(nullptr));
    default:
        return function(static_cast<double*>(nullptr));
    }
}

} // namespace

void
ImportNumpy()
{
    if (_import_array() < 0)
    {
        throw nb::python_error();
    }
}

LeafArray::LeafArray(const ShmLeaf& leaf, std::byte* memory, std::vector<uint32_t> shape)
    : m_leaf(leaf)
    , m_memory(memory)
    , m_shape(std::move(shape))
{
}

template <typename T>
BoxData
LeafArray::Parse(nb::bytes bytes) const
{
    std::vector<T> elements(bytes.size() / sizeof(T));
    if (elements.size() != 1 && elements.size() != m_leaf.count)
    {
        throw ProtocolError(std::to_string(elements.size()) + " bounds; 1 or " +
                            std::to_string(m_leaf.count) + " are required");
    }
    std::memcpy(elements.data(), bytes.c_str(), elements.size() * sizeof(T));
    return elements;
}

void
LeafArray::SetBounds(nb::bytes low, nb::bytes high)
{
    WithType(m_leaf.dtype, [&]<typename T>(T*) {
        m_low = Parse<T>(low);
        m_high = Parse<T>(high);
    });
}

void
LeafArray::LimitSums(size_t axis, double limit)
{
    SumLimit sum{1, m_shape.at(axis), 1, limit};
    for (size_t i = 0; i < m_shape.size(); ++i)
    {
        if (i != axis)
        {
            (i < axis ? sum.outer : sum.inner) *= m_shape[i];
        }
    }
    m_sums.push_back(sum);
}

bool
LeafArray::IsWithin(const std::byte* elements) const
{
    return WithType(m_leaf.dtype, [&]<typename T>(T*) { return IsWithinAs<T>(elements); });
}

template <typename T>
bool
LeafArray::IsWithinAs(const std::byte* bytes) const
{
    const auto* elements = reinterpret_cast<const T*>(bytes);
    const auto* low = std::get_if<std::vector<T>>(&m_low);
    const auto* high = std::get_if<std::vector<T>>(&m_high);
    if (low == nullptr || low->empty())
    {
        return true;
    }
    // Without a way out of the loops, so that they run in vectors. Not a number is in no bounds.
    unsigned within = 1;
    const size_t lowStride = low->size() == 1 ? 0 : 1;
    const size_t highStride = high->size() == 1 ? 0 : 1;
    if (lowStride == 0 && highStride == 0)
    {
        const T least = low->front();
        const T most = high->front();
        for (size_t i = 0; i < m_leaf.count; ++i)
        {
            within &= static_cast<unsigned>(elements[i] >= least) &
                      static_cast<unsigned>(elements[i] <= most);
        }
    }
    else
    {
        for (size_t i = 0; i < m_leaf.count; ++i)
        {
            within &= static_cast<unsigned>(elements[i] >= (*low)[i * lowStride]) &
                      static_cast<unsigned>(elements[i] <= (*high)[i * highStride]);
        }
    }
    return within != 0;
}

bool
LeafArray::KeepsSums() const
{
    return m_sums.empty() || WithType(m_leaf.dtype, [&]<typename T>(T*) {
               const auto* elements = reinterpret_cast<const T*>(m_memory);
               return std::all_of(m_sums.begin(), m_sums.end(), [&](const SumLimit& sum) {
                   return SumsKeep(sum, elements);
               });
           });
}

template <typename T>
bool
LeafArray::SumsKeep(const SumLimit& sum, const T* elements)
{
    for (size_t group = 0; group < sum.outer * sum.inner; ++group)
    {
        const T* addend = elements + group / sum.inner * sum.length * sum.inner + group % sum.inner;
        double total = 0;
        for (size_t i = 0; i < sum.length; ++i, addend += sum.inner)
        {
            total += static_cast<double>(*addend);
        }
        if (!(total <= sum.limit))
        {
            return false;
        }
    }
    return true;
}

nb::object
LeafArray::Copy() const
{
    auto dimensions = Dimensions(m_shape);
    auto array = Steal(PyArray_SimpleNew(
        static_cast<int>(dimensions.size()), dimensions.data(), NumpyType(m_leaf.dtype)));
    std::memcpy(
        PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.ptr())), m_memory, m_leaf.Bytes());
    // What is checked and used is this copy, whatever the simulation writes meanwhile.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return array;
}

nb::object
LeafArray::View(const std::shared_ptr<Mapping>& memory, bool writable) const
{
    auto dimensions = Dimensions(m_shape);
    auto array = Steal(PyArray_SimpleNewFromData(
        static_cast<int>(dimensions.size()), dimensions.data(), NumpyType(m_leaf.dtype), m_memory));
    auto* raw = reinterpret_cast<PyArrayObject*>(array.ptr());
    nb::capsule owner(new std::shared_ptr<Mapping>(memory), [](void* held) noexcept {
        delete static_cast<std::shared_ptr<Mapping>*>(held);
    });
    if (PyArray_SetBaseObject(raw, owner.release().ptr()) < 0)
    {
        throw nb::python_error();
    }
    if (!writable)
    {
        PyArray_CLEARFLAGS(raw, NPY_ARRAY_WRITEABLE);
    }
    return array;
}

bool
LeafArray::Assign(nb::handle value)
{
    if (!PyArray_Check(value.ptr()))
    {
        return false;
    }
    auto* array = reinterpret_cast<PyArrayObject*>(value.ptr());
    const auto* dimensions = PyArray_DIMS(array);
    if (static_cast<size_t>(PyArray_NDIM(array)) != m_shape.size() ||
        !std::equal(m_shape.begin(), m_shape.end(), dimensions) || !PyArray_ISCARRAY_RO(array))
    {
        return false;
    }
    const int type = PyArray_TYPE(array);
    const auto* data = static_cast<const std::byte*>(PyArray_DATA(array));
    if (type == NumpyType(m_leaf.dtype))
    {
        if (data != m_memory) // else it was written in place
        {
            std::memmove(m_memory, data, m_leaf.Bytes());
        }
        return true;
    }
    if (type == NPY_FLOAT64 && m_leaf.dtype == Dtype::FLOAT32)
    {
        const auto* wide = reinterpret_cast<const double*>(data);
        std::transform(wide, wide + m_leaf.count, reinterpret_cast<float*>(m_memory), [](double x) {
            return static_cast<float>(x);
        });
        return true;
    }
    return false;
}

std::byte*
LeafArray::Memory() const
{
    return m_memory;
}

ShmTree::ShmTree(const Space& space, const std::vector<ShmLeaf>& leaves, const ShmSegment& segment)
    : m_mapping(segment.Arenas())
    , m_root(Build(space, leaves, segment))
{
}

LeafArray&
ShmTree::Leaf(size_t i)
{
    return m_leaves.at(i);
}

ShmTree::Node
ShmTree::Build(const Space& space, const std::vector<ShmLeaf>& leaves, const ShmSegment& segment)
{
    Node node;
    const auto addLeaf = [&](const std::vector<uint32_t>& shape) {
        node.isLeaf = true;
        node.leaf = m_leaves.size();
        const auto& leaf = leaves.at(node.leaf);
        m_leaves.emplace_back(leaf, segment.At(leaf), shape);
    };
    const auto addAll = [&](const std::vector<Space>& elements) {
        for (const auto& element : elements)
        {
            node.elements.push_back(Build(element, leaves, segment));
        }
    };
    std::visit(Overloaded{[&](const BoxSpace& box) { addLeaf(box.shape); },
                          [&](const DiscreteSpace& discrete) {
                              addLeaf({});
                              node.choices = discrete.n;
                          },
                          [&](const TupleSpace& tuple) { addAll(tuple.elements); },
                          [&](const DictSpace& dict) {
                              addAll(dict.elements);
                              node.isDict = true;
                              for (const auto& name : dict.names)
                              {
                                  node.names.push_back(KeyOf(name));
                              }
                          }},
               space.kind);
    return node;
}

nb::object
ShmTree::Read(bool& within) const
{
    return Read(m_root, within);
}

nb::object
ShmTree::Read(const Node& node, bool& within) const
{
    if (node.choices)
    {
        return ReadChoice(node);
    }
    if (node.isLeaf)
    {
        const auto& leaf = m_leaves[node.leaf];
        auto array = leaf.Copy();
        within &= leaf.IsWithin(static_cast<const std::byte*>(
            PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.ptr()))));
        return array;
    }
    return Compose(node, [&](const Node& element) { return Read(element, within); });
}

nb::object
ShmTree::View(bool writable) const
{
    return View(m_root, writable);
}

nb::object
ShmTree::View(const Node& node, bool writable) const
{
    if (node.isLeaf)
    {
        return m_leaves[node.leaf].View(m_mapping, writable);
    }
    return Compose(node, [&](const Node& element) { return View(element, writable); });
}

template <typename Make>
nb::object
ShmTree::Compose(const Node& node, Make&& make) const
{
    if (node.isDict)
    {
        auto dict = Steal(PyDict_New());
        for (size_t i = 0; i < node.elements.size(); ++i)
        {
            if (PyDict_SetItem(dict.ptr(), node.names[i].ptr(), make(node.elements[i]).ptr()) < 0)
            {
                throw nb::python_error();
            }
        }
        return dict;
    }
    auto tuple = Steal(PyTuple_New(static_cast<Py_ssize_t>(node.elements.size())));
    for (size_t i = 0; i < node.elements.size(); ++i)
    {
        PyTuple_SET_ITEM(
            tuple.ptr(), static_cast<Py_ssize_t>(i), make(node.elements[i]).release().ptr());
    }
    return tuple;
}

nb::object
ShmTree::ReadChoice(const Node& node) const
{
    int32_t choice = 0;
    std::memcpy(&choice, m_leaves[node.leaf].Memory(), sizeof(choice));
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (choice < 0 || choice >= *node.choices)
    {
        throw ProtocolError("a Discrete of the observation is " + std::to_string(choice) +
                            "; 0 to " + std::to_string(*node.choices - 1) + " are declared");
    }
    int64_t wide = choice;
    auto descriptor = Steal(reinterpret_cast<PyObject*>(PyArray_DescrFromType(NPY_INT64)));
    return Steal(
        PyArray_Scalar(&wide, reinterpret_cast<PyArray_Descr*>(descriptor.ptr()), nullptr));
}

bool
ShmTree::Write(nb::handle value)
{
    return Write(m_root, value);
}

bool
ShmTree::KeepsSums() const
{
    return std::all_of(
        m_leaves.begin(), m_leaves.end(), [](const LeafArray& leaf) { return leaf.KeepsSums(); });
}

bool
ShmTree::Write(const Node& node, nb::handle value)
{
    if (node.choices)
    {
        return WriteChoice(node, value);
    }
    if (node.isLeaf)
    {
        auto& leaf = m_leaves[node.leaf];
        return leaf.Assign(value) && leaf.IsWithin(leaf.Memory());
    }
    const auto size = static_cast<Py_ssize_t>(node.elements.size());
    if (!node.isDict)
    {
        bool fits = PyTuple_Check(value.ptr()) && PyTuple_GET_SIZE(value.ptr()) == size;
        for (Py_ssize_t i = 0; fits && i < size; ++i)
        {
            fits = Write(node.elements[i], PyTuple_GET_ITEM(value.ptr(), i));
        }
        return fits;
    }
    bool fits = PyDict_Check(value.ptr()) && PyDict_GET_SIZE(value.ptr()) == size;
    for (Py_ssize_t i = 0; fits && i < size; ++i)
    {
        PyObject* element = PyDict_GetItemWithError(value.ptr(), node.names[i].ptr());
        if (element == nullptr && PyErr_Occurred() != nullptr)
        {
            throw nb::python_error();
        }
        fits = element != nullptr && Write(node.elements[i], element);
    }
    return fits;
}

bool
ShmTree::WriteChoice(const Node& node, nb::handle value)
{
    if (!PyLong_CheckExact(value.ptr()) && !PyArray_IsScalar(value.ptr(), Integer))
    {
        return false;
    }
    const auto number = Steal(PyNumber_Long(value.ptr()));
    int overflow = 0;
    const long long whole = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow != 0 || whole < 0 || whole >= *node.choices)
    {
        return false;
    }
    const auto choice = static_cast<int32_t>(whole);
    std::memcpy(m_leaves[node.leaf].Memory(), &choice, sizeof(choice));
    return true;
}

} // namespace slicebed
