// SPDX-License-Identifier: GPL-2.0-only
// What the compiled modules share: spaces from Python, numpy's types, owned objects.
#ifndef SLICEBED_NUMPY_TOOLS_H
#define SLICEBED_NUMPY_TOOLS_H

#include "exchange/space.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

namespace slicebed
{

/** Makes a Space of nested tuples: ("box", dtype, shape), ("discrete", n), ("tuple", elements),
 * ("dict", names, elements). @throws ProtocolError if a dtype cannot travel */
Space ToSpace(nanobind::handle description);

/** @return the object, which the caller owns. @throws python_error if there is an error in its
 * place */
nanobind::object Steal(PyObject* object);

/** @return a key of a Dict; all of one name are one object, which makes look-ups fast */
nanobind::object KeyOf(const std::string& name);

/** Sets the error of `pyctl.errors` of this name. */
void SetError(const char* name, const char* text);

} // namespace slicebed

#endif // SLICEBED_NUMPY_TOOLS_H
