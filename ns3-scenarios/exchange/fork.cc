// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/fork.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace slicebed
{

namespace
{

[[noreturn]] void
Fail(const std::string& what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

pid_t
Fork()
{
    std::fflush(nullptr); // what waits in a buffer would be written twice
    const pid_t pid = fork();
    if (pid < 0)
    {
        Fail("the simulation cannot be copied");
    }
    return pid;
}

/** Has the kernel end this process when its parent ends, which must not have happened before. */
void
DieWith(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
    {
        _exit(EXIT_FAILURE);
    }
}

void
PointAt(int descriptor, const std::string& path, int flags)
{
    const int opened = open(path.c_str(), flags | O_CLOEXEC);
    if (opened < 0)
    {
        Fail(path);
    }
    dup2(opened, descriptor);
    close(opened);
}

} // namespace

pid_t
ForkChild()
{
    const pid_t parent = getpid();
    const pid_t child = Fork();
    if (child == 0)
    {
        DieWith(parent);
    }
    return child;
}

pid_t
ForkSibling()
{
    // The kernel gives the orphans of the server's children to the server, a subreaper: so the copy
    // is made an orphan, by a child that ends at once. It tells the copy's id through a pipe.
    const pid_t server = getppid();
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
    {
        Fail("the simulation cannot be copied");
    }
    const pid_t between = Fork();
    if (between == 0)
    {
        const pid_t self = getpid();
        const pid_t copy = fork();
        if (copy != 0)
        {
            const bool told = write(ends[1], &copy, sizeof(copy)) == sizeof(copy);
            _exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        while (getppid() == self)
        {
            sched_yield();
        }
        DieWith(server);
        return 0;
    }
    close(ends[1]);
    pid_t copy = -1;
    const bool told = read(ends[0], &copy, sizeof(copy)) == sizeof(copy);
    close(ends[0]);
    waitpid(between, nullptr, 0);
    if (!told || copy < 0)
    {
        errno = told ? EAGAIN : ECHILD;
        Fail("the simulation cannot be copied");
    }
    return copy;
}

void
BecomeIndependent(const std::string& log)
{
    if (!log.empty())
    {
        PointAt(STDOUT_FILENO, log, O_WRONLY | O_APPEND);
        PointAt(STDERR_FILENO, log, O_WRONLY | O_APPEND);
    }
    PointAt(STDIN_FILENO, "/dev/null", O_RDONLY);
    close_range(STDERR_FILENO + 1, ~0U, 0);
}

} // namespace slicebed
