// SPDX-License-Identifier: GPL-2.0-only
// ScenarioParameters: an argument a line, over a parameter of each type; and ParseNumbers.
#include "exchange/errors.h"
#include "exchange/scenario-parameters.h"
#include "fuzz/check.h"

#include <cmath>
#include <sstream>

using namespace slicebed;

namespace
{

/** A parameter of each type. */
struct Options
{
    int64_t steps{3};
    int64_t any{0};
    double share{0.5};
    bool flag{false};
    std::string text;
    std::string choice{"one"};
    ScenarioParameters parameters;

    Options()
    {
        parameters.Add("steps", steps, "", "bounded", 1, 100);
        parameters.Add("any", any, "", "not bounded");
        parameters.Add("share", share, "1", "bounded", 0, 1);
        parameters.Add("flag", flag, "yes or no");
        parameters.Add("text", text, "", "anything");
        parameters.AddChoice("choice", choice, {"one", "two"}, "a word");
    }

    void CheckBounds() const
    {
        Check(steps >= 1 && steps <= 100, "steps within its bounds");
        Check(share >= 0 && share <= 1, "share within its bounds");
        Check(choice == "one" || choice == "two", "one of the choices");
    }
};

void
ParseList(const std::string& text)
{
    for (const double number : ParseNumbers("text", text, -1, 1))
    {
        Check(std::abs(number) <= 1, "a number within its bounds");
    }
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    Options options;
    std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
    std::vector<std::string> arguments;
    for (std::string line; std::getline(lines, line);)
    {
        if (line.rfind("--Print", 0) == 0)
        {
            return -1; // of ns-3: prints its help and exits
        }
        arguments.push_back(line);
    }
    try
    {
        options.parameters.Parse(arguments);
        options.parameters.ToJson().dump();
        options.parameters.Help();
        ParseList(options.text);
    }
    catch (const UsageError& error)
    {
        Check(*error.what() != '\0', "an error with a text");
    }
    options.CheckBounds();
    return 0;
}
