// SPDX-License-Identifier: GPL-2.0-only
// The main of fuzz targets that are built without libFuzzer: gives a target all inputs that a
// folder keeps, then inputs that it makes of them, the same for the same seed.
//
//   slicebed-fuzz-TARGET FOLDER MADE SEED
//
// The target runs in a copy of the process. If that ends otherwise than it should, the input that
// it had is written to the file `input` of the working folder.
#include "exchange/errors.h"
#include "exchange/parse-number.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

using namespace slicebed;

namespace
{

constexpr size_t MAX_BYTES = 1024; //!< of an input that is made

/** The input that the target has, for both processes to see. */
struct Current
{
    size_t bytes;
    std::array<char, 65536> data;
};

std::vector<std::string>
KeptInputs(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(folder), {});
    std::ranges::sort(files);
    std::vector<std::string> inputs;
    for (const auto& path : files)
    {
        std::ifstream file(path, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        if (inputs.back().size() > sizeof(Current::data))
        {
            throw UsageError(path.string() + " is too large; 65536 bytes at most are required");
        }
    }
    if (inputs.empty())
    {
        throw UsageError(folder.string() + " has no files; a folder of kept inputs is required");
    }
    return inputs;
}

/** Makes inputs of others, by up to four changes. */
class Mutator
{
  public:
    Mutator(const std::vector<std::string>& inputs, uint64_t seed)
        : m_inputs(inputs)
        , m_random(seed)
    {
    }

    std::string Next()
    {
        auto input = Any();
        for (auto changes = 1 + Below(4); changes > 0; --changes)
        {
            Change(input);
        }
        input.resize(std::min(input.size(), MAX_BYTES));
        return input;
    }

  private:
    size_t Below(size_t bound)
    {
        return m_random() % bound; // not a distribution of the library's: each has its own
    }

    char Byte()
    {
        return static_cast<char>(m_random());
    }

    const std::string& Any()
    {
        return m_inputs[Below(m_inputs.size())];
    }

    void Change(std::string& input)
    {
        const auto at = Below(input.size() + 1);
        switch (Below(5))
        {
        case 0:
            input.insert(at, 1 + Below(8), Byte());
            break;
        case 1:
            input.erase(at, 1 + Below(8));
            break;
        case 2:
        {
            const auto& other = Any();
            input.replace(at, std::string::npos, other, Below(other.size() + 1));
            break;
        }
        case 3:
            input.replace(at, 1, 1, Byte());
            break;
        default:
            if (at < input.size())
            {
                input[at] = static_cast<char>(input[at] ^ 1 << Below(8));
            }
        }
    }

    const std::vector<std::string>& m_inputs;
    std::mt19937_64 m_random;
};

struct Task
{
    std::vector<std::string> kept;
    uint64_t made;
    uint64_t seed;
};

Task
ParseTask(const std::vector<std::string>& arguments)
{
    if (arguments.size() != 3)
    {
        throw UsageError("FOLDER, MADE and SEED are required");
    }
    const auto number = [&](const char* name, size_t i) {
        return RequireNumber<uint64_t>(name, arguments[i], "a whole number", 0, {});
    };
    return {KeptInputs(arguments[0]), number("MADE", 1), number("SEED", 2)};
}

/** Gives the target all inputs. */
void
Feed(const Task& task, Current& current)
{
    const auto give = [&](const std::string& input) {
        current.bytes = input.copy(current.data.data(), current.data.size());
        LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
    };
    std::ranges::for_each(task.kept, give);
    Mutator mutator(task.kept, task.seed);
    for (uint64_t i = 0; i < task.made; ++i)
    {
        give(mutator.Next());
    }
    std::cout << R"({"kept": )" << task.kept.size() << R"(, "made": )" << task.made << "}"
              << std::endl;
}

} // namespace

int
main(int argc, char** argv)
{
    Task task{};
    try
    {
        task = ParseTask({argv + 1, argv + argc});
    }
    catch (const std::exception& error)
    {
        std::cerr << "slicebed-fuzz: " << error.what() << std::endl;
        return 2;
    }
    constexpr int SHARED = MAP_SHARED | MAP_ANONYMOUS;
    void* shared = mmap(nullptr, sizeof(Current), PROT_READ | PROT_WRITE, SHARED, -1, 0);
    auto& current = *new (shared) Current{};
    const pid_t copy = fork();
    if (copy == 0)
    {
        Feed(task, current);
        return 0;
    }
    int status = -1;
    waitpid(copy, &status, 0);
    if (status != 0)
    {
        std::ofstream("input", std::ios::binary)
            .write(current.data.data(), static_cast<std::streamsize>(current.bytes));
        std::cerr << "slicebed-fuzz: found: see the file input" << std::endl;
        return 1;
    }
    return 0;
}
