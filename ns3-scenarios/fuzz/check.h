// SPDX-License-Identifier: GPL-2.0-only
// What a fuzz target found to be wrong, without an error of a sanitizer.
#ifndef SLICEBED_FUZZ_CHECK_H
#define SLICEBED_FUZZ_CHECK_H

#include <cstdlib>
#include <iostream>

namespace slicebed
{

/** Ends the run, for libFuzzer to keep the input, if what has to hold does not. */
inline void
Check(bool holds, const char* what)
{
    if (!holds)
    {
        std::cerr << "found: not " << what << std::endl;
        std::abort();
    }
}

} // namespace slicebed

#endif // SLICEBED_FUZZ_CHECK_H
