// SPDX-License-Identifier: GPL-2.0-only
// For tests of bad input: what an error says.
#ifndef SLICEBED_ERROR_TEXT_H
#define SLICEBED_ERROR_TEXT_H

#include <exception>
#include <string>

namespace slicebed
{

/** @return what the expected error says; another text if there is none or one of another class */
template <typename Error, typename Function>
std::string
ErrorText(Function&& function)
{
    try
    {
        function();
    }
    catch (const Error& error)
    {
        return error.what();
    }
    catch (const std::exception& error)
    {
        return std::string("another class of error: ") + error.what();
    }
    return "no error";
}

} // namespace slicebed

#endif // SLICEBED_ERROR_TEXT_H
