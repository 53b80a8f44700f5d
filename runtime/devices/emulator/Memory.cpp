#include "Memory.h"

#include "Faults.h"
#include "Launch.h"
#include "Races.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace plimsoll::emulator {

Memory memory;
Running running;
uint64_t accesses = 0;

namespace {

/// Maps `bytes` bytes of which only touched pages take memory.
void *reserve(size_t bytes) {
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) {
    std::perror("emulator: cannot reserve memory for the arena and what is known of it");
    std::exit(1);
  }
  return pages;
}

size_t roundUp(size_t value, size_t to) {
  return (value + to - 1) / to * to;
}

bool inSlices(size_t offset, bool write) {
  for (const Access &slice : launchSlices())
    if (offset - slice.offset < slice.bytes && (!write || slice.written))
      return true;
  return false;
}

/// True if the launch may access these bytes. Accesses are aligned here, so that they lie within
/// one line of 64 bytes.
bool allowed(Kind kind, size_t offset, size_t bytes) {
  if (uint8_t rights = memory.rights[offset / 64]; !(rights & kEdge))
    return rights & (kind == Kind::read ? kRead : kWrite);
  for (size_t i = offset; i < offset + bytes; ++i)
    if (i >= memory.arena ? !inSlices(i - memory.arena, kind != Kind::read) : !inSharedArray(i))
      return false;
  return true;
}

bool hasValue(size_t offset, size_t bytes) {
  uint64_t wanted = (uint64_t(1) << bytes) - 1;
  return (memory.written[offset / 64] >> offset % 64 & wanted) == wanted;
}

std::string verb(Kind kind, size_t bytes) {
  const char *name = kind == Kind::read ? "reads " : kind == Kind::write ? "writes " : "updates ";
  return name + std::to_string(bytes) + " bytes at ";
}

void tellBounds(Kind kind, size_t offset, size_t bytes, const void *caller) {
  std::string place = placeOf(offset);
  addFault(FaultKind::bounds, place,
           verb(kind, bytes) + place + ", " + surroundings(offset, kind != Kind::read) +
               ": look at the last index, and at the operand's size and offset",
           caller);
}

void tellUnwritten(size_t offset, size_t bytes, const void *caller) {
  std::string place = placeOf(offset);
  addFault(FaultKind::unwritten, place,
           "reads " + std::to_string(bytes) + " bytes at " + place +
               ", which nothing has written: look for a store that is missing, or comes later",
           caller);
}

void tellRace(Kind kind, size_t offset, size_t bytes, Stamp other, bool otherWrote,
              const void *caller) {
  bool grid = blockOf(other) != running.block || (!otherWrote && (other & kManyBlocks));
  std::string place = placeOf(offset), who = nameOf(other);
  if (!otherWrote && (other & (kManyBlocks | kManyWarps | kManyThreads)))
    who += " and others";
  addFault(grid ? FaultKind::gridRace : FaultKind::blockRace, place,
           verb(kind, bytes) + place + ", which " + who + (otherWrote ? " wrote" : " read") +
               (grid ? " in the same launch: blocks have no order, so use a second launch, or "
                       "give each block bytes of its own"
                     : " with no barrier between: look for a missing __syncthreads or __syncwarp"),
           caller);
}

/// Records an access in a cell. True if it raced.
bool touchCell(Cell &cell, Kind kind, size_t offset, size_t bytes, const void *caller) {
  Stamp before = cell.write;
  uint32_t first = offset < memory.arena ? running.block : running.firstBlock;
  Stamp race = touch(cell, kind, first);
  if (race)
    tellRace(kind, offset, bytes, race, race == before, caller);
  return race;
}

/// Splits a word: copies its state to its four byte cells.
void splitWord(Cell &word, Cell *bytes, uint32_t first) {
  if ((word.write & kSplit) && blockOf(word.write) >= first)
    return;
  for (int i = 0; i < 4; ++i)
    bytes[i] = word;
  word = {0, Stamp(running.block) << 32 | kSplit};
}

void touchWord(Kind kind, size_t offset, size_t from, size_t bytes, const void *caller) {
  Cell &word = memory.words[offset / 4], *parts = memory.bytes + offset;
  uint32_t first = offset < memory.arena ? running.block : running.firstBlock;
  bool split = (word.write & kSplit) && blockOf(word.write) >= first;
  if (!split && bytes == 4) {
    touchCell(word, kind, offset, bytes, caller);
    return;
  }
  splitWord(word, parts, first);
  for (size_t i = from; i < from + bytes; ++i)
    if (touchCell(parts[i], kind, offset + i, bytes, caller))
      return;
}

} // namespace

void Memory::setRights(size_t offset, size_t count, uint8_t which) {
  if (count == 0)
    return;
  size_t first = roundUp(offset, 64) / 64, end = (offset + count) / 64;
  for (size_t line = first; line < end; ++line)
    rights[line] |= which;
  if (offset % 64)
    rights[offset / 64] |= kEdge;
  if ((offset + count) % 64)
    rights[(offset + count) / 64] |= kEdge;
}

void Memory::setWritten(size_t offset, size_t count, bool value) {
  size_t end = offset + count;
  for (; offset < end && offset % 64; ++offset)
    written[offset / 64] =
        (written[offset / 64] & ~(uint64_t(1) << offset % 64)) | uint64_t(value) << offset % 64;
  size_t whole = (end - offset) / 64;
  if (end > offset) {
    std::memset(written + offset / 64, value ? 0xff : 0, whole * 8);
    offset += whole * 64;
  }
  for (; offset < end; ++offset)
    written[offset / 64] =
        (written[offset / 64] & ~(uint64_t(1) << offset % 64)) | uint64_t(value) << offset % 64;
}

void access(Kind kind, size_t offset, size_t bytes, const void *caller) {
  if (bytes && offset % bytes) {
    std::string place = placeOf(offset);
    addFault(FaultKind::misaligned, place,
             verb(kind, bytes) + place + ", whose address is no multiple of " +
                 std::to_string(bytes) + ": look at the vector's offset and the row's length",
             caller);
    return;
  }
  if (!allowed(kind, offset, bytes))
    return tellBounds(kind, offset, bytes, caller);
  if (kind != Kind::write && !hasValue(offset, bytes))
    tellUnwritten(offset, bytes, caller);
  if (kind != Kind::read)
    memory.written[offset / 64] |= ((uint64_t(1) << bytes) - 1) << offset % 64;
  if (!running.stamp)
    return;
  if (bytes < 4)
    return touchWord(kind, offset / 4 * 4, offset % 4, bytes, caller);
  for (size_t i = 0; i < bytes; i += 4)
    touchWord(kind, offset + i, 0, 4, caller);
}

void accessRange(Kind kind, const void *address, size_t bytes, const void *caller) {
  size_t offset = static_cast<size_t>(static_cast<const std::byte *>(address) - memory.base);
  if (offset >= memory.span)
    return;
  ++accesses;
  for (size_t end = offset + bytes, size; offset < end; offset += size) {
    size = offset % 4 == 0 && offset + 4 <= end ? 4 : 1;
    access(kind, offset, size, caller);
  }
}

Arena::Arena(size_t bytes) {
  if (memory.span) {
    std::fprintf(stderr, "emulator: a second arena; a device has one\n");
    std::exit(1);
  }
  memory.shared = kRedZone;
  memory.arena = kRedZone + kSharedSpace + kRedZone;
  memory.arenaBytes = bytes;
  memory.span = memory.arena + roundUp(bytes, 64) + kRedZone;
  memory.base = static_cast<std::byte *>(reserve(memory.span));
  memory.rights = static_cast<uint8_t *>(reserve(memory.span / 64));
  memory.written = static_cast<uint64_t *>(reserve(memory.span / 8));
  memory.words = static_cast<Cell *>(reserve(memory.span / 4 * sizeof(Cell)));
  memory.bytes = static_cast<Cell *>(reserve(memory.span * sizeof(Cell)));
}

Arena::~Arena() {
  munmap(memory.base, memory.span);
  munmap(memory.rights, memory.span / 64);
  munmap(memory.written, memory.span / 8);
  munmap(memory.words, memory.span / 4 * sizeof(Cell));
  munmap(memory.bytes, memory.span * sizeof(Cell));
  memory = {};
  forgetSharedArrays();
}

std::byte *Arena::data() const {
  return memory.base + memory.arena;
}
size_t Arena::bytes() const {
  return memory.arenaBytes;
}

void markWritten(size_t offset, size_t bytes) {
  memory.setWritten(memory.arena + offset, bytes, true);
}
void markUnwritten(size_t offset, size_t bytes) {
  memory.setWritten(memory.arena + offset, bytes, false);
}

uint64_t checkedAccesses() {
  return accesses;
}

void checkAlignment(const void *address, int bytes) {
  size_t offset = static_cast<size_t>(static_cast<const std::byte *>(address) - memory.base);
  if (offset < memory.span && offset % bytes) {
    std::string place = placeOf(offset);
    addFault(FaultKind::misaligned, place,
             "a vector of " + std::to_string(bytes) + " bytes at " + place +
                 ", whose address is no multiple of that: look at the row's length and offset",
             __builtin_return_address(0));
  }
}

} // namespace plimsoll::emulator
