//===- Random.cpp - dropout and random tensors, from a counter --------------===//
//
// dropout {x, hyper, y} {count, stream} {p}: y = u >= p ? x / (1 - p) : 0, where u is
//   the element's number in [0, 1), 24 bits of it. y may be x's bytes.
// random_numbers {hyper, y} {count, stream, distribution}: 0 uniform in [0, 1) (24 bits
//   of f32, 53 of f64), 1 normal (Box and Muller 1958, in f64, then rounded)
//   hyper: f32 [kHyperCount], see Hyper in Program.h
//
// Philox4x32-10 (Salmon et al. 2011) of the counter {block, block's high word, stream, step},
// the seed its key. A block's four words give four elements of f32, or two of
// f64. No state is kept: a launch that runs again draws the same numbers, on any thread.
//===----------------------------------------------------------------------===//
#include "../../rules/Draws.h"
#include "../../rules/Elements.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

constexpr int64_t kBlocks = 64;         ///< blocks of four words, drawn at once
constexpr int64_t kWords = 4 * kBlocks; ///< words in them

/// Draws the words of blocks [block, block + kBlocks).
void draw(const Draws &draws, uint64_t block, uint32_t *words) {
  for (int64_t i = 0; i < kBlocks; ++i) {
    auto four = draws.block(block + static_cast<uint64_t>(i));
    for (int j = 0; j < 4; ++j)
      words[4 * i + j] = four[static_cast<size_t>(j)];
  }
}

/// Calls body(first element, elements, words) for pieces of [0, count); an element takes
/// `perElement` words.
template <typename Body>
void forEachPiece(const Launch &launch, const Draws &draws, int64_t count, int64_t perElement,
                  const Body &body) {
  int64_t size = kWords / perElement, pieces = (count + size - 1) / size;
  cpu::parallelFor(launch.threads, pieces, count * 8, [&](int64_t piece) {
    uint32_t words[kWords];
    draw(draws, static_cast<uint64_t>(piece * kBlocks), words);
    int64_t first = piece * size, left = count - first;
    body(first, left < size ? left : size, words);
  });
}

template <typename T> void drop(const Launch &launch) {
  const T *x = launch.buffer<T>(0);
  T *y = launch.buffer<T>(2);
  auto p = static_cast<float>(launch.scalars[0]);
  T scale = T(1) / static_cast<T>(1.0 - launch.scalars[0]);
  Draws draws(launch.buffer<float>(1), launch.sizes[1]);
  forEachPiece(launch, draws, launch.sizes[0], 1,
               [&](int64_t first, int64_t count, const uint32_t *words) {
                 for (int64_t i = 0; i < count; ++i) {
                   T kept = x[first + i] * scale;
                   y[first + i] = unit(words[i]) >= p ? kept : T(0);
                 }
               });
}

void runDropout(const Launch &launch) {
  (launch.type == ElementType::f64 ? drop<double> : drop<float>)(launch);
}

template <typename T> void draw(const Launch &launch) {
  T *y = launch.buffer<T>(1);
  bool isNormal = launch.sizes[2] != 0;
  Draws draws(launch.buffer<float>(0), launch.sizes[1]);
  forEachPiece(launch, draws, launch.sizes[0], sizeof(T) / sizeof(uint32_t),
               [&](int64_t first, int64_t count, const uint32_t *words) {
                 for (int64_t i = 0; i < count; ++i)
                   y[first + i] = isNormal ? normal<T>(words, i) : uniform<T>(words, i);
               });
}

void runRandom(const Launch &launch) {
  (launch.type == ElementType::f64 ? draw<double> : draw<float>)(launch);
}

} // namespace

const KernelOf<DropoutArguments> dropout = {"dropout", runDropout};
const KernelOf<RandomNumbersArguments> random_numbers = {"random_numbers", runRandom};

} // namespace plimsoll
