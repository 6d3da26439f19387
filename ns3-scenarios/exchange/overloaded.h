// SPDX-License-Identifier: GPL-2.0-only
// One function object out of several, for std::visit.
#ifndef SLICEBED_OVERLOADED_H
#define SLICEBED_OVERLOADED_H

namespace slicebed
{

template <class... Ts>
struct Overloaded : Ts...
{
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

} // namespace slicebed

#endif // SLICEBED_OVERLOADED_H
