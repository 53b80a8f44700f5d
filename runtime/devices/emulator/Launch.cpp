#include "Launch.h"

#include "Faults.h"

#include <algorithm>
#include <cstring>

namespace plimsoll::emulator {
namespace {

constexpr size_t kGuard = 64;             // bytes at least between two shared arrays
constexpr size_t kMostShared = 48 * 1024; // of static shared memory, every architecture

struct Open {
  std::string name = "kernel";
  std::vector<Access> slices;
  bool open = false;
};
Open current;

std::vector<SharedArray *> arrays;
uint64_t grids = 0; // SharedArray::launch counts them

size_t offsetOf(const SharedArray &array) {
  return static_cast<size_t>(static_cast<std::byte *>(array.address) - memory.base);
}
size_t bytesOf(const SharedArray &array) {
  return array.elementBytes * array.count;
}

size_t distance(const SharedArray &array, size_t offset) {
  size_t begin = offsetOf(array), end = begin + bytesOf(array);
  return offset < begin ? begin - offset : offset < end ? 0 : offset - end + 1;
}

const SharedArray *nearestArray(size_t offset) {
  auto nearer = [&](const SharedArray *a, const SharedArray *b) {
    return distance(*a, offset) < distance(*b, offset);
  };
  auto found = std::min_element(arrays.begin(), arrays.end(), nearer);
  return found == arrays.end() ? nullptr : *found;
}

std::string sliceName(const Access &slice) {
  return std::string("[") + hexadecimal(slice.offset) + ", " +
         hexadecimal(slice.offset + slice.bytes) + (slice.written ? ") (written)" : ") (read)");
}

std::string sliceSurroundings(size_t offset, bool write) {
  const Access *nearest = nullptr;
  size_t least = ~size_t(0);
  for (const Access &slice : current.slices) {
    size_t end = slice.offset + slice.bytes;
    size_t away = offset < slice.offset ? slice.offset - offset
                  : offset < end        ? 0
                                        : offset - end + 1;
    if (away < least)
      nearest = &slice, least = away;
  }
  if (!nearest)
    return "where this launch has no slice";
  if (least == 0)
    return write ? "in the slice " + sliceName(*nearest) + ", which this launch only reads"
                 : "in the slice " + sliceName(*nearest);
  bool before = offset < nearest->offset;
  return std::to_string(before ? least : least - 1) + " bytes " +
         (before ? "before" : "behind the end of") + " the nearest slice " + sliceName(*nearest);
}

void openWhole() {
  current.slices = {{0, memory.arenaBytes, true}};
}

} // namespace

const std::string &launchName() {
  return current.name;
}
bool launchIsOpen() {
  return current.open;
}
std::span<const Access> launchSlices() {
  return current.slices;
}

void beginLaunch(const char *name, std::span<const Access> accesses) {
  std::memset(memory.rights + memory.arena / 64, 0, memory.arenaBytes / 64 + 1);
  current = {name, {accesses.begin(), accesses.end()}, true};
  if (accesses.empty())
    openWhole();
  for (const Access &slice : current.slices) {
    memory.setRights(memory.arena + slice.offset, slice.bytes,
                     slice.written ? kRead | kWrite : kRead);
    if (slice.fresh)
      markUnwritten(slice.offset, slice.bytes);
  }
}

void endLaunch() {
  current.open = false;
  running.stamp = 0;
  settleFaults();
}

void notePlainRead(const void *address, size_t bytes) {
  accessRange(Kind::read, address, bytes, nullptr);
}
void noteWrite(const void *address, size_t bytes) {
  accessRange(Kind::write, address, bytes, nullptr);
}

void *sharedArray(SharedArray &array) {
  if (array.launch == grids)
    return array.address;
  size_t offset = memory.shared + kGuard, bytes = 0;
  if (!arrays.empty())
    offset = (offsetOf(*arrays.back()) + bytesOf(*arrays.back()) + kGuard + 63) / 64 * 64;
  array.address = memory.base + offset;
  array.launch = grids;
  arrays.push_back(&array);
  for (const SharedArray *each : arrays)
    bytes += (bytesOf(*each) + 15) / 16 * 16;
  if (bytes > kMostShared)
    addFault(FaultKind::launch, array.name,
             "shared arrays of " + std::to_string(bytes) + " bytes up to " + array.name +
                 "; a block has " + std::to_string(kMostShared) + ": use smaller tiles");
  memory.setRights(offset, bytesOf(array), kRead | kWrite);
  memory.setWritten(offset, bytesOf(array), false);
  return array.address;
}

void forgetSharedArrays() {
  ++grids;
  arrays.clear();
  if (memory.span)
    std::memset(memory.rights + memory.shared / 64, 0, kSharedSpace / 64);
}

void emptySharedArrays() {
  for (const SharedArray *array : arrays)
    memory.setWritten(offsetOf(*array), bytesOf(*array), false);
}

bool inSharedArray(size_t offset) {
  const SharedArray *array = nearestArray(offset);
  return array && distance(*array, offset) == 0;
}

std::string placeOf(size_t offset) {
  if (offset >= memory.shared + kSharedSpace + kRedZone / 2)
    return offset >= memory.arena ? "arena + " + hexadecimal(offset - memory.arena)
                                  : "arena - " + hexadecimal(memory.arena - offset);
  const SharedArray *array = nearestArray(offset);
  if (!array)
    return "shared memory";
  int64_t bytes = int64_t(offset) - int64_t(offsetOf(*array));
  int64_t element = int64_t(array->elementBytes);
  int64_t index = bytes >= 0 ? bytes / element : -((-bytes + element - 1) / element);
  return std::string(array->name) + "[" + std::to_string(index) + "]";
}

std::string surroundings(size_t offset, bool write) {
  if (offset >= memory.shared + kSharedSpace + kRedZone / 2)
    return sliceSurroundings(offset - memory.arena, write);
  const SharedArray *array = nearestArray(offset);
  return array ? "of " + std::to_string(array->count) + " elements" : "outside all arrays";
}

} // namespace plimsoll::emulator
