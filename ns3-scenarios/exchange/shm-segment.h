// SPDX-License-Identifier: GPL-2.0-only
// A segment of shared memory that has no name: made by the agent, opened and checked by the
// simulation.
#ifndef SLICEBED_SHM_SEGMENT_H
#define SLICEBED_SHM_SEGMENT_H

#include "exchange/shm-layout.h"

#include <memory>
#include <span>
#include <string>

namespace slicebed
{

/** Memory that is mapped, as long as this lives. */
class Mapping
{
  public:
    /** @throws UsageError if there is no room for it */
    Mapping(int descriptor, uint64_t offset, uint64_t bytes);
    ~Mapping();
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    std::span<std::byte> Bytes() const;

  private:
    std::span<std::byte> m_bytes;
};

/**
 * A memory file (memfd): it is in no folder, so nothing can be left behind, and it cannot shrink
 * under a reader (F_SEAL_SHRINK), so no read of what is mapped can fault. Its memory is reserved
 * when it is made. It begins with the head; the arenas follow once the spaces are known.
 */
class ShmSegment
{
  public:
    /** Makes one, with its identity filled in. @throws UsageError if there is no memory */
    static ShmSegment Create();

    /**
     * Opens the one that an agent made.
     * @param path of its descriptor: /proc/PID/fd/N
     * @throws UsageError if it cannot be opened
     * @throws ProtocolError if it is no memory file, may shrink, is too short or of another version
     */
    static ShmSegment Open(const std::string& path);

    ~ShmSegment();
    ShmSegment(ShmSegment&& other) noexcept;
    ShmSegment(const ShmSegment&) = delete;
    ShmSegment& operator=(const ShmSegment&) = delete;

    /** Makes room for the arenas and seals the size for good. @throws UsageError without memory */
    void Grow(uint64_t totalBytes);

    /** Maps the arenas that the agent made room for. @throws ProtocolError if it did not */
    void MapArenas(uint64_t totalBytes);

    ShmHeader& Header() const;

    /** @return the message area */
    std::byte* Area() const;

    /** @return the memory of a leaf; the arenas are mapped */
    std::byte* At(const ShmLeaf& leaf) const;

    /** @return what keeps the arenas mapped */
    std::shared_ptr<Mapping> Arenas() const;

    int Descriptor() const;

  private:
    ShmSegment(int descriptor, std::string name);
    void Reserve(uint64_t bytes) const;
    void RequireFile(uint64_t bytes) const;
    void RequireIdentity() const;

    int m_descriptor;                  //!< of the memory file
    std::string m_name;                //!< for error texts
    bool m_forkable{true};             //!< whether copies of the process may see it
    std::shared_ptr<Mapping> m_head;   //!< header and message area
    std::shared_ptr<Mapping> m_arenas; //!< observation and action
};

} // namespace slicebed

#endif // SLICEBED_SHM_SEGMENT_H
