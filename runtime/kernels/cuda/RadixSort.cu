//===- RadixSort.cu - a stable sort of keys with their numbers ---------------===//
//
// Sorts int32 keys by their digits of 8 bits, the least significant first, and only as
// many as the largest key has. For each digit
//
//   countDigits    counts the keys with each digit; a block has 2,048 neighbouring keys, a warp 256
//   placeDigits    computes the place of each block's first key with each digit: sums over the
//                  digits before it, and over the same digit in the blocks before
//   moveKeys       moves each key to the place after those of its digit that come before it
//
// Lanes with equal digits find each other by votes, and the leader of each group counts for all of
// them: no atomics, and every place is exact. 8 KiB of shared memory, at most 32 registers: 8
// blocks of 256 threads, all per multiprocessor.
//===----------------------------------------------------------------------===//
#include "RadixSort.h"

#include "plimsoll/Inline.h"

namespace plimsoll::cuda::radix {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32, kDigitBits = 8, kDigits = 256;
constexpr int kWarpKeys = 256, kTileKeys = kWarps * kWarpKeys;
static_assert(kThreads == kDigits, "a thread for each digit");

/// The lanes whose keys have the same digit as this one's: all of them, and those before this lane.
struct Peers {
  unsigned all, before;

  __device__ Peers(bool exists, int digit) : all(__ballot_sync(0xffffffffu, exists)) {
    PLIMSOLL_UNROLL
    for (int bit = 0; bit < kDigitBits; ++bit) {
      const bool set = digit >> bit & 1;
      const unsigned those = __ballot_sync(0xffffffffu, set);
      all &= set ? those : ~those;
    }
    before = all & ((1u << threadIdx.x % 32) - 1);
  }
};

/// Calls body(number of the key, its digit, its peers) for the keys of this warp, 32 at a time, in
/// order. Lanes after the last key call it with the digit -1.
template <typename Body>
__device__ __forceinline__ void forEachKey(const int *keys, int count, int shift, Body body) {
  const int first = int(blockIdx.x) * kTileKeys + int(threadIdx.x) / 32 * kWarpKeys;
  for (int at = first; at < first + kWarpKeys && at < count; at += 32) {
    const int own = at + int(threadIdx.x) % 32;
    const bool exists = own < count;
    const int digit = exists ? keys[own] >> shift & (kDigits - 1) : 0;
    const Peers peers(exists, digit);
    body(own, exists ? digit : -1, peers);
    __syncwarp();
  }
}

/// Computes counts[warp][digit] of the block's keys.
__device__ __forceinline__ void countTile(const int *keys, int count, int shift, int *counts) {
  for (int i = int(threadIdx.x); i < kWarps * kDigits; i += kThreads)
    counts[i] = 0;
  __syncthreads();
  int *own = counts + int(threadIdx.x) / 32 * kDigits;
  forEachKey(keys, count, shift, [&](int, int digit, const Peers &peers) {
    if (digit >= 0 && peers.before == 0)
      own[digit] += __popc(peers.all);
  });
  __syncthreads();
}

/// Computes the counts tiles[block][digit].
__global__ void __launch_bounds__(kThreads)
    countDigits(const int *keys, int *tiles, int count, int shift) {
  PLIMSOLL_SHARED(int, counts, kWarps *kDigits);
  countTile(keys, count, shift, counts);
  int sum = 0;
  PLIMSOLL_UNROLL
  for (int warp = 0; warp < kWarps; ++warp)
    sum += counts[warp * kDigits + int(threadIdx.x)];
  tiles[blockIdx.x * kDigits + threadIdx.x] = sum;
}

/// Turns counts into places; runs as one block.
__global__ void __launch_bounds__(kThreads) placeDigits(int *tiles, int blocks) {
  PLIMSOLL_SHARED(int, sums, kDigits);
  int total = 0;
  for (int block = 0; block < blocks; ++block)
    total += tiles[block * kDigits + int(threadIdx.x)];
  sums[threadIdx.x] = total;
  __syncthreads();
  int place = 0;
  for (int digit = 0; digit < int(threadIdx.x); ++digit)
    place += sums[digit];
  for (int block = 0; block < blocks; ++block) {
    int &tile = tiles[block * kDigits + int(threadIdx.x)];
    const int here = tile;
    tile = place;
    place += here;
  }
}

__global__ void __launch_bounds__(kThreads)
    moveKeys(Pairs from, Pairs to, const int *tiles, int count, int shift) {
  PLIMSOLL_SHARED(int, places, kWarps *kDigits);
  countTile(from.keys, count, shift, places);
  int place = tiles[blockIdx.x * kDigits + threadIdx.x];
  PLIMSOLL_UNROLL
  for (int warp = 0; warp < kWarps; ++warp) {
    int &own = places[warp * kDigits + int(threadIdx.x)];
    const int here = own;
    own = place;
    place += here;
  }
  __syncthreads();
  int *own = places + int(threadIdx.x) / 32 * kDigits;
  forEachKey(from.keys, count, shift, [&](int i, int digit, const Peers &peers) {
    const int first = digit >= 0 ? own[digit] : 0;
    __syncwarp();
    if (digit < 0)
      return;
    if (peers.before == 0)
      own[digit] = first + __popc(peers.all);
    const int at = first + __popc(peers.before);
    to.keys[at] = from.keys[i];
    to.order[at] = from.order ? from.order[i] : i; // i: this is the first digit
  });
}

/// Returns the number of digits of keys in [0, most].
int digitsOf(int64_t most) {
  int digits = 1;
  while (most >> (digits * kDigitBits))
    ++digits;
  return digits;
}

} // namespace

int64_t spaceOf(int64_t count, int64_t most) {
  return (digitsOf(most) > 1 ? 3 : 2) * count + blocksFor(count, kTileKeys) * kDigits;
}

Pairs sort(Stream stream, int *keys, int64_t count, int64_t most, int *space) {
  Pairs from = {keys, nullptr}, to = {space, space + count};
  const int64_t blocks = blocksFor(count, kTileKeys);
  const int digits = digitsOf(most);
  int *otherOrder = space + 2 * count, *tiles = otherOrder + (digits > 1 ? count : 0);
  for (int digit = 0; digit < digits; ++digit) {
    const int shift = digit * kDigitBits;
    launch(stream, blocks, kThreads, countDigits, from.keys, tiles, count, shift);
    launch(stream, 1, kThreads, placeDigits, tiles, static_cast<int>(blocks));
    launch(stream, blocks, kThreads, moveKeys, from, to, tiles, count, shift);
    from.order = from.order ? from.order : otherOrder;
    const Pairs sorted = to;
    to = from, from = sorted;
  }
  return from;
}

} // namespace plimsoll::cuda::radix
