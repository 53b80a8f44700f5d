//===- Patch.cpp - the part of a few images that a block of outputs reads ----===//
#include "Patch.h"

#include "Vectors.h"

#include <algorithm>
#include <numeric>

namespace plimsoll {

static int64_t ceilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// Cuts `count` into equal parts of at most `most`. Returns how many; `part` is their size.
static int64_t cut(int64_t count, int64_t most, int64_t &part) {
  int64_t parts = ceilDiv(count, most);
  part = parts > 0 ? ceilDiv(count, parts) : 1;
  return parts > 0 ? ceilDiv(count, part) : 0;
}

Patch::Patch(const TapSum &sum, int64_t most, int64_t channels, bool sorted) : sum(sum) {
  const TapAxis &depth = sum.axis[0], &height = sum.axis[1], &across = sum.axis[2];
  columnBlocks = cut(across.outputs, most, width);
  rowBlocks = cut(height.outputs, std::max<int64_t>(1, most / width), rows);
  planeBlocks =
      cut(sum.images * depth.outputs,
          columnBlocks * rowBlocks > 1 ? 1 : std::max<int64_t>(1, most / (width * rows)), planes);

  int64_t spread = std::abs(across.spread), copied = rows;
  rowStep = 1;
  if (height.span > 0) {
    rowStep = height.step;
    copied = (rows - 1) * rowStep + height.span + 1;
  }
  copyStep = sorted ? across.step : 1;
  columnStep = across.step / copyStep;
  period = copyStep / std::gcd(copyStep, spread);
  phases = std::min(period, across.taps > 0 ? across.taps : 1);
  phasePitch = (width - 1) * columnStep + across.span / copyStep + 1;
  rowPitch = phases * phasePitch;
  slicePitch = copied * rowPitch;
  // An odd number of cache lines: the same output of many channels falls into different sets.
  channelPitch = ceilDiv((depth.span / depth.grid + 1) * slicePitch, 16) * 16 | 16;
  planePitch = channels * channelPitch;
}

Block Patch::block(int64_t index) const {
  const TapAxis &depth = sum.axis[0], &height = sum.axis[1], &across = sum.axis[2];
  Block b;
  b.column = index % columnBlocks * width;
  b.width = std::min(width, across.outputs - b.column);
  b.row = index / columnBlocks % rowBlocks * rows;
  b.rows = std::min(rows, height.outputs - b.row);
  b.plane = index / (columnBlocks * rowBlocks) * planes;
  b.planes = std::min(planes, sum.images * depth.outputs - b.plane);
  return b;
}

/// Writes from[i] to to[i] for i in [begin, end), and zeros to the rest of [0, count), of which the
/// last vector may go beyond `count`.
static void copyInside(const float *from, int64_t begin, int64_t end, int64_t count, float *to) {
  int64_t i = 0;
  auto masked = [&] {
    __m256i mask = _mm256_andnot_si256(cpu::firstLanes(begin - i), cpu::firstLanes(end - i));
    _mm256_storeu_ps(to + i, _mm256_maskload_ps(from + i, mask));
    i += 8;
  };
  while (i < begin)
    masked();
  for (; i + 8 <= end; i += 8)
    _mm256_storeu_ps(to + i, _mm256_loadu_ps(from + i));
  while (i < count)
    masked();
}

/// Returns the elements at even places of sixteen.
static __m256 even(__m256 a, __m256 b) {
  __m256d pairs = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
  return _mm256_castpd_ps(_mm256_permute4x64_pd(pairs, 0xd8));
}

/// Does the same with from[i * step].
static void gatherInside(const float *from, int64_t step, int64_t begin, int64_t end, int64_t count,
                         float *to) {
  int64_t i = 0;
  for (; i < begin; ++i)
    to[i] = 0.0f;
  if (step == 2)
    for (; i + 9 <= end; i += 8) { // the last that is read is one more than what is kept
      __m256 a = _mm256_loadu_ps(from + 2 * i), b = _mm256_loadu_ps(from + 2 * i + 8);
      _mm256_storeu_ps(to + i, even(a, b));
    }
  for (; i < end; ++i)
    to[i] = from[i * step];
  for (; i < count; ++i)
    to[i] = 0.0f;
}

/// Copies the columns that outputs from `column` on read, sorted by remainder, of one row.
void Patch::copySorted(const float *row, int64_t column, float *to) const {
  const TapAxis &across = sum.axis[2];
  int64_t step = copyStep, base = column * across.step + across.low;
  for (int64_t phase = 0; phase < phases; ++phase, to += phasePitch) {
    int64_t first = base + phase * std::abs(across.spread) % step;
    int64_t begin = first >= 0 ? 0 : std::min(phasePitch, (-first + step - 1) / step);
    int64_t end = first >= across.size ? 0 : (across.size - first + step - 1) / step;
    gatherInside(row + first, step, begin, std::clamp(end, begin, phasePitch), phasePitch, to);
  }
}

namespace {

/// Copies rows of which at most sixteen columns of each remainder are wanted, with a step of one or
/// two. All rows have the same columns inside, so that the masks are made once.
class NarrowRows {
public:
  NarrowRows(int64_t base, int64_t size, int64_t step, int64_t phases, int64_t pitch)
      : step(step), pitch(pitch) {
    if (step > 2 || phases > 2 || pitch > 16)
      return;
    for (int64_t phase = 0; phase < phases; ++phase)
      for (int64_t i = 0; i < (pitch > 8 ? 16 : 8) * step; i += 8, ++count) {
        at[count] = base + phase + i;
        inside[count] =
            _mm256_andnot_si256(cpu::firstLanes(std::clamp<int64_t>(-at[count], 0, 8)),
                                cpu::firstLanes(std::clamp<int64_t>(size - at[count], 0, 8)));
      }
  }

  /// Whether rows are narrow enough.
  bool fit() const { return count > 0; }

  void copy(const float *row, float *to) const {
    for (int64_t i = 0, column = 0; i < count; i += step) {
      __m256 a = _mm256_maskload_ps(row + at[i], inside[i]);
      if (step == 2)
        a = even(a, _mm256_maskload_ps(row + at[i + 1], inside[i + 1]));
      _mm256_storeu_ps(to + column, a);
      column += 8;
      if (column >= pitch)
        to += pitch, column = 0;
    }
  }

private:
  int64_t step, pitch, at[8];
  __m256i inside[8];
  int count = 0;
};

} // namespace

/// Fetches the start of a plane that is copied soon, of the next channel or group: small planes are
/// no stream to the processor.
static void prefetch(const float *plane, int64_t floats) {
  for (int64_t i = 0; i < std::min<int64_t>(floats, 256); i += 16)
    __builtin_prefetch(plane + i);
}

void Patch::copy(const Block &block, const float *x, int64_t imageStride, int64_t first,
                 int64_t count, float *patch) const {
  const TapAxis &depth = sum.axis[0], &height = sum.axis[1], &across = sum.axis[2];
  int64_t rowsCopied = height.span > 0 ? (block.rows - 1) * rowStep + height.span + 1 : block.rows;
  int64_t stepCopied = height.span > 0 ? 1 : height.step;
  int64_t slices = depth.span / depth.grid + 1;
  int64_t base = block.column * across.step + across.low;
  int64_t begin = std::clamp<int64_t>(-base, 0, phasePitch);
  int64_t end = std::clamp(across.size - base, begin, phasePitch);
  NarrowRows narrow(base, across.size, copyStep, phases, phasePitch);
  for (int64_t p = 0; p < block.planes; ++p) {
    int64_t image = (block.plane + p) / depth.outputs, slice = (block.plane + p) % depth.outputs;
    const float *planes = x + image * imageStride + first * sum.plane();
    float *to = patch + p * planePitch;
    for (int64_t c = 0; c < count; ++c, to += channelPitch, planes += sum.plane()) {
      prefetch(planes + sum.plane(), sum.plane());
      for (int64_t t = 0; t < slices; ++t) {
        int64_t at = slice * depth.step + depth.low + t * depth.grid;
        bool outside = at < 0 || at >= depth.size;
        int64_t row = block.row * height.step + height.low;
        for (int64_t r = 0; r < rowsCopied; ++r, row += stepCopied) {
          float *place = to + t * slicePitch + r * rowPitch;
          const float *from = planes + (at * height.size + row) * across.size;
          if (outside || row < 0 || row >= height.size)
            copyInside(planes, 0, 0, rowPitch, place);
          else if (narrow.fit())
            narrow.copy(from, place);
          else if (copyStep == 1)
            copyInside(from + base, begin, end, phasePitch, place);
          else
            copySorted(from, block.column, place);
        }
      }
    }
  }
}

int64_t Patch::starts(const Block &block, int64_t padding, int32_t *to) const {
  int64_t count = 0;
  for (int64_t p = 0; p < block.planes; ++p)
    for (int64_t r = 0; r < block.rows; ++r)
      for (int64_t q = 0; q < block.width; ++q)
        to[count++] = static_cast<int32_t>(start(p, r) + q * columnStep);
  for (int64_t i = count; i % padding; ++i)
    to[i] = to[count - 1];
  return count;
}

void Patch::distances(const TapSum &phase, int64_t channel, int64_t first, int64_t count,
                      int32_t *to) const {
  if (count == 0)
    return;
  const TapAxis &depth = phase.axis[0], &height = phase.axis[1], &across = phase.axis[2];
  int64_t s = first % across.taps, r = first / across.taps % height.taps;
  int64_t t = first / (across.taps * height.taps) % depth.taps;
  int64_t c = first / phase.taps() - channel;
  for (int64_t i = 0; i < count; ++i) {
    int64_t slice = depth.distance(t) / depth.grid;
    to[i] =
        static_cast<int32_t>(c * channelPitch + slice * slicePitch + height.distance(r) * rowPitch +
                             s % period * phasePitch + across.distance(s) / copyStep);
    if (++s < across.taps)
      continue;
    s = 0;
    if (++r < height.taps)
      continue;
    r = 0;
    if (++t < depth.taps)
      continue;
    t = 0, ++c;
  }
}

} // namespace plimsoll
