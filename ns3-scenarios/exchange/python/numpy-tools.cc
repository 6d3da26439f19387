// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/python/numpy-tools.h"

#include "exchange/errors.h"

#include <algorithm>

namespace nb = nanobind;

namespace slicebed
{

namespace
{

Dtype
DtypeOf(const std::string& name)
{
    const std::vector<std::string> names{"int32", "uint32", "float32", "float64"};
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
    {
        throw ProtocolError("elements of dtype " + name +
                            " cannot travel; int32, uint32, float32, float64 can");
    }
    return static_cast<Dtype>(found - names.begin());
}

std::vector<Space>
ToSpaces(nb::handle descriptions)
{
    std::vector<Space> spaces;
    for (const auto& description : descriptions)
    {
        spaces.push_back(ToSpace(description));
    }
    return spaces;
}

} // namespace

Space
ToSpace(nb::handle description)
{
    const auto kind = nb::cast<std::string>(nb::str(description[0]));
    if (kind == "box")
    {
        BoxSpace box{0, 0, DtypeOf(nb::cast<std::string>(nb::str(description[1]))), {}};
        for (const auto& length : description[2])
        {
            box.shape.push_back(nb::cast<uint32_t>(length));
        }
        return {box};
    }
    if (kind == "discrete")
    {
        return {DiscreteSpace{nb::cast<int32_t>(description[1])}};
    }
    if (kind == "tuple")
    {
        return {TupleSpace{ToSpaces(description[1])}};
    }
    DictSpace dict;
    for (const auto& name : description[1])
    {
        dict.names.push_back(nb::cast<std::string>(nb::str(name)));
    }
    dict.elements = ToSpaces(description[2]);
    return {dict};
}

nb::object
Steal(PyObject* object)
{
    if (object == nullptr)
    {
        throw nb::python_error();
    }
    return nb::steal(object);
}

nb::object
KeyOf(const std::string& name)
{
    PyObject* text = PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
    if (text != nullptr)
    {
        PyUnicode_InternInPlace(&text);
    }
    return Steal(text);
}

void
SetError(const char* name, const char* text)
{
    PyErr_SetString(nb::module_::import_("pyctl.errors").attr(name).ptr(), text);
}

} // namespace slicebed
