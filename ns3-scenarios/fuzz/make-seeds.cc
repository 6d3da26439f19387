// SPDX-License-Identifier: GPL-2.0-only
// Writes seeds for decode-action to a folder: messages of the encoder, each with its space.
//
//   make-seeds FOLDER
//
#include "exchange/codec.h"
#include "fuzz/random-space.h"

#include <fstream>
#include <iostream>
#include <random>

using namespace slicebed;

namespace
{

constexpr int SPACES = 150;
constexpr size_t CHOICES = 64; // more bytes than a space ever takes

/** Writes the message, then the bytes that choose its space. */
void
WriteSeed(const std::string& path, const std::string& choices, int element)
{
    const auto* data = reinterpret_cast<const uint8_t*>(choices.data());
    InputValues input(data, choices.size());
    const auto fields = input.ConsumeBool() ? RandomFields(input) : std::vector<FieldSpec>{};
    const auto space = fields.empty() ? RandomSpace(input) : ToSpace(fields);
    const auto message = EncodeState({ValueOf(space, element), 0, std::nullopt, {}, {}});
    std::ofstream file(path, std::ios::binary);
    file << message << choices.substr(input.RemainingBytes());
    if (!file)
    {
        throw std::runtime_error(path + ": cannot be written");
    }
}

} // namespace

int
main(int argc, char** argv)
{
    if (argc != 2)
    {
        std::cerr << "usage: make-seeds FOLDER" << std::endl;
        return 2;
    }
    std::mt19937 random(1);
    for (int i = 0; i < SPACES; ++i)
    {
        std::string choices(CHOICES, '\0');
        for (auto& byte : choices)
        {
            byte = static_cast<char>(random() & 0xff);
        }
        for (const int element : {0, 1})
        {
            WriteSeed(
                std::string(argv[1]) + "/" + std::to_string(2 * i + element), choices, element);
        }
    }
    return 0;
}
