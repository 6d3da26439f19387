// SPDX-License-Identifier: GPL-2.0-only
// What lies where in a segment of shared memory (PROTOCOL.md, Shared memory). No system calls.
#ifndef SLICEBED_SHM_LAYOUT_H
#define SLICEBED_SHM_LAYOUT_H

#include "exchange/process-identity.h"
#include "exchange/space.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace slicebed
{

inline constexpr uint64_t SHM_MAGIC = 0x314d485344424c53; //!< "SLBDSHM1"
inline constexpr uint32_t SHM_VERSION = 1;

// What two processors write lies two cache lines apart: they fetch lines in pairs.
inline constexpr size_t SHM_LINE = 64;
inline constexpr size_t SHM_APART = 2 * SHM_LINE;

inline constexpr uint64_t SHM_HEADER_BYTES = 4096;
inline constexpr uint64_t SHM_HEAD_BYTES = 65536; //!< header and message area; pages of any size
inline constexpr uint64_t SHM_AREA_BYTES = SHM_HEAD_BYTES - SHM_HEADER_BYTES;
inline constexpr uint64_t SHM_MAX_BYTES = uint64_t{1} << 32; //!< of a whole segment
inline constexpr uint64_t SHM_MAX_MESSAGE_BYTES = uint64_t{1} << 28;

/** What one end says when it hands the turn over. */
enum class TurnKind : uint32_t
{
    HELLO = 1,   //!< simulation: SimInitMsg in the area
    STATE = 2,   //!< simulation: observation in its arena, info (JSON, may be empty) in the area
    GO = 3,      //!< agent: the segment has its final size, go on
    ACTION = 4,  //!< agent: action in its arena
    STOP = 5,    //!< agent: stop, in place of GO or ACTION
    BRANCH = 6,  //!< agent: EnvActMsg that asks for branches in the area
    MORE = 7,    //!< either: a part of a message in the area, there is more
    CONTINUE = 8 //!< either: the answer to MORE
};

/** How an episode stands, as numbers. */
enum class TurnEnd : uint32_t
{
    NONE = 0,
    SIMULATION_END = 1,
    GAME_OVER = 2
};

/** What goes with a turn. */
struct TurnRecord
{
    TurnKind kind{};            //!< what is said
    uint32_t step{0};           //!< number of the decision border
    uint64_t bytes{0};          //!< of the message area that are in use
    double tSimS{0};            //!< simulated time [s]
    float reward{0};            //!< of the interval before
    TurnEnd end{TurnEnd::NONE}; //!< set in the last state
    uint32_t hasBorder{0};      //!< 1 where step and tSimS are told, else 0
    uint32_t unused[7]{};       //!< to the end of the cache line
};

static_assert(sizeof(TurnRecord) == SHM_LINE);

/** What one end writes and the other reads. */
struct TurnSide
{
    alignas(SHM_APART) std::atomic<uint32_t> turn;   //!< turns it has taken; the other's futex
    alignas(SHM_LINE) TurnRecord record;             //!< of its last turn
    alignas(SHM_APART) std::atomic<uint32_t> sleeps; //!< 1: wake it
    std::atomic<uint32_t> closed;                    //!< 1: it has left
};

/** The first bytes of a segment. */
struct ShmHeader
{
    // By the agent, before anybody else knows of the segment.
    uint64_t magic;
    uint32_t version;
    uint32_t headerBytes;
    uint64_t areaBytes;
    ProcessIdentity agent;
    // By the simulation: 0, then its id, then its start time.
    alignas(SHM_APART) std::atomic<uint64_t> simulationPid;
    std::atomic<uint64_t> simulationStart;
    // By the agent, before GO.
    alignas(SHM_APART) uint64_t layoutHash;
    uint64_t totalBytes;
    TurnSide simulation;
    TurnSide agentSide;
};

static_assert(sizeof(ShmHeader) <= SHM_HEADER_BYTES);
static_assert(std::atomic<uint32_t>::is_always_lock_free);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

/** One array of an arena. A Discrete is an array of one int32. */
struct ShmLeaf
{
    Dtype dtype;     //!< of its elements
    uint64_t count;  //!< of elements
    uint64_t offset; //!< of the first byte, from the segment's start
    bool operator==(const ShmLeaf&) const = default;

    /** @return bytes of all elements */
    uint64_t Bytes() const;
};

/** Where the arrays lie: the leaves of the spaces in order, each at the start of a cache line. */
struct ShmLayout
{
    std::vector<ShmLeaf> observation;
    std::vector<ShmLeaf> action;
    uint64_t totalBytes; //!< of the segment
    uint64_t hash;       //!< both ends must come to the same
};

/**
 * @return the layout for an observation and an action space
 * @throws UsageError if a segment would be larger than SHM_MAX_BYTES
 */
ShmLayout MakeLayout(const Space& observation, const Space& action);

/** @return bytes of an element */
uint64_t BytesOf(Dtype dtype);

} // namespace slicebed

#endif // SLICEBED_SHM_LAYOUT_H
