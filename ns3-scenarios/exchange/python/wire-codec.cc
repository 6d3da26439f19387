// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/python/wire-codec.h"

#include "exchange/errors.h"
#include "exchange/overloaded.h"
#include "exchange/python/wire-bytes.h"

#define NPY_NO_DEPRECATED_API NPY_1_23_API_VERSION
#include <algorithm>
#include <numpy/arrayobject.h>

namespace nb = nanobind;

namespace slicebed
{

namespace
{

// Numbers of fields and values, see messages.proto.
constexpr uint64_t FLOAT = 3;
constexpr uint64_t DOUBLE = 4;
constexpr int FLOAT_LIST = 5;
constexpr int DOUBLE_LIST = 6;

std::string
UrlOf(const char* message)
{
    return std::string("type.googleapis.com/ns3opengym.") + message + "DataContainer";
}

} // namespace

void
ImportNumpyForWire()
{
    if (_import_array() < 0)
    {
        throw nb::python_error();
    }
}

WireSpace::WireSpace(const Space& space, const std::string& name)
    : m_name(name)
{
    std::visit(Overloaded{[&](const BoxSpace& box) {
                              if (box.dtype != Dtype::FLOAT32 && box.dtype != Dtype::FLOAT64)
                              {
                                  throw ProtocolError("a Box of whole numbers is unusual");
                              }
                              m_url = UrlOf("Box");
                              m_isDouble = box.dtype == Dtype::FLOAT64;
                              m_shape = box.shape;
                              m_count = ElementCount(box.shape);
                              for (const auto length : box.shape)
                              {
                                  AppendVarint(length, m_packedShape);
                              }
                          },
                          [&](const DiscreteSpace& discrete) {
                              m_kind = Kind::DISCRETE;
                              m_url = UrlOf("Discrete");
                              m_choices = discrete.n;
                          },
                          [&](const TupleSpace& tuple) {
                              m_kind = Kind::TUPLE;
                              m_url = UrlOf("Tuple");
                              for (const auto& element : tuple.elements)
                              {
                                  m_elements.emplace_back(element);
                              }
                          },
                          [&](const DictSpace& dict) {
                              m_kind = Kind::DICT;
                              m_url = UrlOf("Dict");
                              for (size_t i = 0; i < dict.names.size(); ++i)
                              {
                                  m_elements.emplace_back(dict.elements[i], dict.names[i]);
                                  m_keys.push_back(KeyOf(dict.names[i]));
                              }
                          }},
               space.kind);
}

std::optional<nb::object>
WireSpace::Read(std::string_view bytes) const
{
    WireReader container(bytes);
    if (container.Varint(1) != static_cast<uint64_t>(m_kind))
    {
        return std::nullopt;
    }
    const auto any = container.Bytes(2);
    if (!any || container.Bytes(3) != m_name || !container.IsAtEnd())
    {
        return std::nullopt;
    }
    WireReader content(*any);
    if (content.Bytes(1) != m_url)
    {
        return std::nullopt;
    }
    const auto body = content.Bytes(2);
    if (!body || !content.IsAtEnd())
    {
        return std::nullopt;
    }
    switch (m_kind)
    {
    case Kind::BOX:
        return ReadBox(*body);
    case Kind::DISCRETE:
        return ReadChoice(*body);
    default:
        return ReadElements(*body);
    }
}

std::optional<nb::object>
WireSpace::ReadBox(std::string_view body) const
{
    WireReader box(body);
    if (box.Varint(1) != (m_isDouble ? DOUBLE : FLOAT) || box.Bytes(2) != m_packedShape)
    {
        return std::nullopt;
    }
    const auto elements = box.Bytes(m_isDouble ? DOUBLE_LIST : FLOAT_LIST);
    const size_t size = m_isDouble ? sizeof(double) : sizeof(float);
    if (!elements || elements->size() != m_count * size || !box.IsAtEnd())
    {
        return std::nullopt;
    }
    std::vector<npy_intp> dimensions(m_shape.begin(), m_shape.end());
    auto array = Steal(PyArray_SimpleNew(static_cast<int>(dimensions.size()),
                                         dimensions.data(),
                                         m_isDouble ? NPY_FLOAT64 : NPY_FLOAT32));
    auto* data = PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.ptr()));
    std::memcpy(data, elements->data(), elements->size());
    return array;
}

std::optional<nb::object>
WireSpace::ReadChoice(std::string_view body) const
{
    WireReader discrete(body);
    const auto choice = discrete.Varint(1);
    if (!choice || *choice >= static_cast<uint64_t>(m_choices) || !discrete.IsAtEnd())
    {
        return std::nullopt;
    }
    auto wide = static_cast<int64_t>(*choice);
    const auto descriptor = Steal(reinterpret_cast<PyObject*>(PyArray_DescrFromType(NPY_INT64)));
    return Steal(
        PyArray_Scalar(&wide, reinterpret_cast<PyArray_Descr*>(descriptor.ptr()), nullptr));
}

std::optional<nb::object>
WireSpace::ReadElements(std::string_view body) const
{
    WireReader list(body);
    const bool isDict = m_kind == Kind::DICT;
    auto result =
        Steal(isDict ? PyDict_New() : PyTuple_New(static_cast<Py_ssize_t>(m_elements.size())));
    for (size_t i = 0; i < m_elements.size(); ++i)
    {
        const auto bytes = list.HasBytes(1) ? list.Bytes(1) : std::nullopt;
        auto element = bytes ? m_elements[i].Read(*bytes) : std::nullopt;
        if (!element)
        {
            return std::nullopt;
        }
        if (!isDict)
        {
            PyTuple_SET_ITEM(result.ptr(), static_cast<Py_ssize_t>(i), element->release().ptr());
        }
        else if (PyDict_SetItem(result.ptr(), m_keys[i].ptr(), element->ptr()) < 0)
        {
            throw nb::python_error();
        }
    }
    return list.IsAtEnd() ? std::optional(result) : std::nullopt;
}

bool
WireSpace::Write(nb::handle value, std::string& out) const
{
    std::string body;
    const bool written = m_kind == Kind::BOX        ? WriteBox(value, body)
                         : m_kind == Kind::DISCRETE ? WriteChoice(value, body)
                                                    : WriteElements(value, body);
    if (!written)
    {
        return false;
    }
    std::string any;
    AppendBytes(1, m_url, any);
    AppendBytes(2, body, any);
    out.push_back(TagOf(1, VARINT));
    out.push_back(static_cast<char>(m_kind));
    AppendBytes(2, any, out);
    AppendBytes(3, m_name, out);
    return true;
}

bool
WireSpace::WriteBox(nb::handle value, std::string& body) const
{
    if (!PyArray_Check(value.ptr()))
    {
        return false;
    }
    auto* array = reinterpret_cast<PyArrayObject*>(value.ptr());
    if (PyArray_TYPE(array) != (m_isDouble ? NPY_FLOAT64 : NPY_FLOAT32) ||
        static_cast<size_t>(PyArray_NDIM(array)) != m_shape.size() ||
        !std::equal(m_shape.begin(), m_shape.end(), PyArray_DIMS(array)) ||
        !PyArray_ISCARRAY_RO(array))
    {
        return false;
    }
    std::vector<float> narrow(m_count);
    if (m_isDouble)
    {
        const auto* wide = static_cast<const double*>(PyArray_DATA(array));
        std::transform(
            wide, wide + m_count, narrow.begin(), [](double x) { return static_cast<float>(x); });
    }
    else
    {
        std::memcpy(narrow.data(), PyArray_DATA(array), m_count * sizeof(float));
    }
    body.push_back(TagOf(1, VARINT));
    body.push_back(static_cast<char>(FLOAT));
    AppendBytes(2, m_packedShape, body);
    AppendBytes(
        FLOAT_LIST, {reinterpret_cast<const char*>(narrow.data()), m_count * sizeof(float)}, body);
    return true;
}

bool
WireSpace::WriteChoice(nb::handle value, std::string& body) const
{
    if (!PyLong_CheckExact(value.ptr()) && !PyArray_IsScalar(value.ptr(), Integer))
    {
        return false;
    }
    const auto number = Steal(PyNumber_Long(value.ptr()));
    int overflow = 0;
    const long long whole = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow != 0 || whole < 0 || whole >= m_choices)
    {
        return false;
    }
    if (whole > 0)
    {
        body.push_back(TagOf(1, VARINT));
        AppendVarint(static_cast<uint64_t>(whole), body);
    }
    return true;
}

bool
WireSpace::WriteElements(nb::handle value, std::string& body) const
{
    const bool isDict = m_kind == Kind::DICT;
    const auto size = static_cast<Py_ssize_t>(m_elements.size());
    if (isDict ? !PyDict_Check(value.ptr()) || PyDict_GET_SIZE(value.ptr()) != size
               : !PyTuple_Check(value.ptr()) || PyTuple_GET_SIZE(value.ptr()) != size)
    {
        return false;
    }
    for (Py_ssize_t i = 0; i < size; ++i)
    {
        const auto& key = isDict ? m_keys[i] : nb::object();
        PyObject* element = isDict ? PyDict_GetItemWithError(value.ptr(), key.ptr())
                                   : PyTuple_GET_ITEM(value.ptr(), i);
        if (element == nullptr && PyErr_Occurred() != nullptr)
        {
            throw nb::python_error();
        }
        std::string container;
        if (element == nullptr || !m_elements[i].Write(element, container))
        {
            return false;
        }
        AppendBytes(1, container, body);
    }
    return true;
}

} // namespace slicebed
