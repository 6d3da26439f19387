// SPDX-License-Identifier: GPL-2.0-only
#include "exchange/shm-segment.h"

#include "exchange/errors.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace slicebed
{

namespace
{

std::string
Size(uint64_t bytes)
{
    return std::to_string(bytes) + " bytes";
}

[[noreturn]] void
FailForMemory(uint64_t bytes)
{
    throw UsageError("no " + Size(bytes) + " of shared memory (" + std::strerror(errno) +
                     "); smaller spaces, more memory, or transport tcp or ipc is required");
}

} // namespace

Mapping::Mapping(int descriptor, uint64_t offset, uint64_t bytes)
{
    void* start = mmap(
        nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, static_cast<off_t>(offset));
    if (start == MAP_FAILED)
    {
        FailForMemory(bytes);
    }
    m_bytes = {static_cast<std::byte*>(start), bytes};
}

Mapping::~Mapping()
{
    munmap(m_bytes.data(), m_bytes.size());
}

std::span<std::byte>
Mapping::Bytes() const
{
    return m_bytes;
}

ShmSegment::ShmSegment(int descriptor, std::string name)
    : m_descriptor(descriptor)
    , m_name(std::move(name))
{
}

ShmSegment::ShmSegment(ShmSegment&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_name(std::move(other.m_name))
    , m_forkable(other.m_forkable)
    , m_head(std::move(other.m_head))
    , m_arenas(std::move(other.m_arenas))
{
}

ShmSegment::~ShmSegment()
{
    if (m_descriptor >= 0)
    {
        close(m_descriptor);
    }
}

ShmSegment
ShmSegment::Create()
{
    const int descriptor = memfd_create("slicebed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0)
    {
        FailForMemory(SHM_HEAD_BYTES);
    }
    ShmSegment segment(descriptor, "segment");
    segment.Reserve(SHM_HEAD_BYTES);
    if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
    {
        FailForMemory(SHM_HEAD_BYTES);
    }
    segment.m_head = std::make_shared<Mapping>(descriptor, 0, SHM_HEAD_BYTES);
    auto* header = new (segment.m_head->Bytes().data()) ShmHeader{};
    header->magic = SHM_MAGIC;
    header->version = SHM_VERSION;
    header->headerBytes = SHM_HEADER_BYTES;
    header->areaBytes = SHM_AREA_BYTES;
    header->agent = ThisProcess();
    return segment;
}

ShmSegment
ShmSegment::Open(const std::string& path)
{
    const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
    {
        throw UsageError("endpoint is 'shm:" + path + "' (" + std::strerror(errno) +
                         "); shm:/proc/PID/fd/N, the segment of an agent that lives, is required");
    }
    ShmSegment segment(descriptor, path);
    segment.RequireFile(SHM_HEAD_BYTES);
    segment.m_head = std::make_shared<Mapping>(descriptor, 0, SHM_HEAD_BYTES);
    // A copy of the simulation has a segment of its own: this one is not to live as long.
    segment.m_forkable = false;
    const auto head = segment.m_head->Bytes();
    madvise(head.data(), head.size(), MADV_DONTFORK);
    segment.RequireIdentity();
    return segment;
}

void
ShmSegment::Grow(uint64_t totalBytes)
{
    Reserve(totalBytes);
    if (fcntl(m_descriptor, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SEAL) != 0)
    {
        FailForMemory(totalBytes);
    }
    MapArenas(totalBytes);
}

void
ShmSegment::MapArenas(uint64_t totalBytes)
{
    RequireFile(totalBytes);
    if (totalBytes == SHM_HEAD_BYTES)
    {
        return; // spaces without a single element
    }
    m_arenas = std::make_shared<Mapping>(m_descriptor, SHM_HEAD_BYTES, totalBytes - SHM_HEAD_BYTES);
    if (!m_forkable)
    {
        const auto bytes = m_arenas->Bytes();
        madvise(bytes.data(), bytes.size(), MADV_DONTFORK);
    }
}

ShmHeader&
ShmSegment::Header() const
{
    return *std::launder(reinterpret_cast<ShmHeader*>(m_head->Bytes().data()));
}

std::byte*
ShmSegment::Area() const
{
    return m_head->Bytes().data() + SHM_HEADER_BYTES;
}

std::byte*
ShmSegment::At(const ShmLeaf& leaf) const
{
    return m_arenas ? m_arenas->Bytes().data() + (leaf.offset - SHM_HEAD_BYTES) : Area();
}

std::shared_ptr<Mapping>
ShmSegment::Arenas() const
{
    return m_arenas;
}

int
ShmSegment::Descriptor() const
{
    return m_descriptor;
}

void
ShmSegment::Reserve(uint64_t bytes) const
{
    int failed = 0;
    do
    {
        // Reserved now: memory that runs out later would end a writer by SIGBUS.
        failed = fallocate(m_descriptor, 0, 0, static_cast<off_t>(bytes));
    } while (failed != 0 && errno == EINTR);
    if (failed != 0)
    {
        FailForMemory(bytes);
    }
}

void
ShmSegment::RequireFile(uint64_t bytes) const
{
    struct stat status{};
    const int seals = fcntl(m_descriptor, F_GET_SEALS);
    if (seals < 0 || fstat(m_descriptor, &status) != 0)
    {
        throw ProtocolError(m_name + " is no memory file; one made by memfd_create is required");
    }
    if ((seals & F_SEAL_SHRINK) == 0)
    {
        throw ProtocolError(m_name + " may shrink; a memory file sealed by F_SEAL_SHRINK is "
                                     "required");
    }
    if (static_cast<uint64_t>(status.st_size) < bytes)
    {
        throw ProtocolError(m_name + " has " + Size(static_cast<uint64_t>(status.st_size)) +
                            "; at least " + std::to_string(bytes) + " are required");
    }
}

void
ShmSegment::RequireIdentity() const
{
    const auto& header = Header();
    if (header.magic != SHM_MAGIC)
    {
        throw ProtocolError(m_name + " does not begin as a segment of Slicebed does");
    }
    const uint32_t version = header.version;
    if (version != SHM_VERSION)
    {
        throw ProtocolError(m_name + " is a segment of version " + std::to_string(version) +
                            "; version " + std::to_string(SHM_VERSION) + " is required");
    }
    const uint64_t headerBytes = header.headerBytes;
    const uint64_t areaBytes = header.areaBytes;
    if (headerBytes != SHM_HEADER_BYTES || areaBytes != SHM_AREA_BYTES)
    {
        throw ProtocolError(m_name + " has a header of " + Size(headerBytes) + " and an area of " +
                            Size(areaBytes) + "; " + std::to_string(SHM_HEADER_BYTES) + " and " +
                            std::to_string(SHM_AREA_BYTES) + " are required");
    }
}

} // namespace slicebed
