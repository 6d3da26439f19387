// SPDX-License-Identifier: GPL-2.0-only
// Messages to bytes and back: pure functions that know the wire and no socket.
#ifndef SLICEBED_CODEC_H
#define SLICEBED_CODEC_H

#include "exchange/channel.h"

#include <string>
#include <string_view>

namespace slicebed
{

/** Largest message that is decoded [byte]. */
inline constexpr size_t MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

std::string EncodeInit(const SimInit& init);
std::string EncodeState(const EnvState& state);

/**
 * @return whether the agent lets the simulation go on
 * @throws ProtocolError if the bytes are no SimInitAck, or the agent refuses to talk
 */
bool DecodeInitAck(std::string_view bytes);

/**
 * Reads an EnvActMsg against the action space: the value comes back in the space's own shape, dtype
 * and order of names, FLOAT data accepted where DOUBLE is declared and the other way round.
 * @throws ProtocolError if the bytes are no such message or do not fit the space
 * @throws UsageError if a Discrete choice or a Box element lies outside its bounds or is not finite
 */
Answer DecodeAction(std::string_view bytes, const Space& actionSpace);

} // namespace slicebed

#endif // SLICEBED_CODEC_H
