// SPDX-License-Identifier: GPL-2.0-only
// Runs the test suites linked into it: --list, --suite=NAME, --verbose, as ns-3's own runner.
#include "ns3/test.h"

int
main(int argc, char** argv)
{
    return ns3::TestRunner::Run(argc, argv);
}
