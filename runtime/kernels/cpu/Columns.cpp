//===- Columns.cpp - the columns of a convolution as a matrix ---------------===//
#include "Columns.h"

#include "Gemm.h"

#include <cstring>

namespace plimsoll {

int makeRuns(const ConvSizes &s, int64_t begin, int64_t end, int64_t panel, Run *runs) {
  const Window &w = s.window;
  int count = 0;
  for (int64_t column = begin; column < end;) {
    int64_t image = column / w.outputs(), output = column % w.outputs();
    Run run{column - begin,
            0,
            image,
            {output / (w.out[1] * w.out[2]), output / w.out[2] % w.out[1], output % w.out[2]}};
    int64_t length = w.out[2] - run.out[2];
    length = length < end - column ? length : end - column;
    if (panel > 0 && length > panel - run.lane % panel)
      length = panel - run.lane % panel;
    run.length = length;
    runs[count++] = run;
    column += length;
  }
  return count;
}

Inside insideOf(const Window &w, const Run &run, int64_t tap) {
  int64_t s = tap % w.kernel[2], r = tap / w.kernel[2] % w.kernel[1];
  int64_t t = tap / (w.kernel[1] * w.kernel[2]), stride = w.stride[2];
  int64_t slice = w.at(0, run.out[0], t), row = w.at(1, run.out[1], r);
  if (slice < 0 || slice >= w.size[0] || row < 0 || row >= w.size[1])
    return {0, 0, 0};
  int64_t start = w.at(2, run.out[2], s), left = w.size[2] - start;
  int64_t begin = start >= 0 ? 0 : (-start + stride - 1) / stride;
  int64_t end = left <= 0 ? 0 : (left + stride - 1) / stride;
  end = end < run.length ? end : run.length;
  if (begin >= end)
    return {0, 0, 0};
  return {begin, end, (slice * w.size[1] + row) * w.size[2] + start + begin * stride};
}

namespace {

/// Writes, for each output i of a run, the element of the plane under tap `tap` to to[i * step];
/// zero if it is outside the plane.
void gather(const Window &w, const Run &run, int64_t tap, const float *plane, float *to,
            int64_t step) {
  Inside inside = insideOf(w, run, tap);
  const float *from = plane + inside.first;
  int64_t stride = w.stride[2];
  for (int64_t i = 0; i < inside.begin; ++i)
    to[i * step] = 0.0f;
  if (stride == 1 && step == 1)
    for (int64_t i = inside.begin; i < inside.end; ++i)
      to[i] = from[i - inside.begin];
  else
    for (int64_t i = inside.begin; i < inside.end; ++i)
      to[i * step] = from[(i - inside.begin) * stride];
  for (int64_t i = inside.end; i < run.length; ++i)
    to[i * step] = 0.0f;
}

/// Returns the address of element (row, column) of a packed right side of `depth` rows.
float *atRight(float *right, int64_t depth, int64_t row, int64_t column) {
  return right + (column / gemm::kPanelColumns * depth + row) * gemm::kPanelColumns +
         column % gemm::kPanelColumns;
}

void clearRight(float *right, int64_t depth, int64_t width) {
  if (width % gemm::kPanelColumns)
    std::memset(atRight(right, depth, 0, width / gemm::kPanelColumns * gemm::kPanelColumns), 0,
                sizeof(float) * depth * gemm::kPanelColumns);
}

} // namespace

void packColumns(const ConvSizes &s, const float *x, int64_t first, int64_t depth, const Run *runs,
                 int count, int64_t width, float *right) {
  int64_t planes = s.window.elements();
  clearRight(right, depth, width);
  for (int64_t row = 0; row < depth; ++row) {
    int64_t channel = (first + row) / s.taps(), tap = (first + row) % s.taps();
    for (int i = 0; i < count; ++i)
      gather(s.window, runs[i], tap, x + (runs[i].image * s.c + channel) * planes,
             atRight(right, depth, row, runs[i].lane), 1);
  }
}

void packColumnsTransposed(const ConvSizes &s, const float *x, int64_t first, int64_t depth,
                           const Run *runs, int count, int64_t width, float *right) {
  int64_t planes = s.window.elements();
  clearRight(right, width, depth);
  for (int64_t row = 0; row < depth; ++row) {
    int64_t channel = (first + row) / s.taps(), tap = (first + row) % s.taps();
    for (int i = 0; i < count; ++i)
      gather(s.window, runs[i], tap, x + (runs[i].image * s.c + channel) * planes,
             atRight(right, width, runs[i].lane, row), gemm::kPanelColumns);
  }
}

void packOutputs(const ConvSizes &s, const float *dy, int64_t first, int64_t depth, const Run *runs,
                 int count, int64_t width, float *right) {
  clearRight(right, depth, width);
  for (int64_t row = 0; row < depth; ++row)
    for (int i = 0; i < count; ++i) {
      const float *from =
          dy + (runs[i].image * s.k + first + row) * s.outputs() + runs[i].firstOutput(s.window);
      std::memcpy(atRight(right, depth, row, runs[i].lane), from, sizeof(float) * runs[i].length);
    }
}

void packOutputsLeft(const ConvSizes &s, const float *dy, int64_t first, int64_t depth,
                     const Run *runs, int count, int64_t width, float *left) {
  constexpr int64_t rows = gemm::kPanelRows;
  if (depth % rows)
    std::memset(left + depth / rows * rows * width, 0, sizeof(float) * rows * width);
  for (int64_t row = 0; row < depth; ++row) {
    float *to = left + row / rows * rows * width + row % rows;
    for (int i = 0; i < count; ++i) {
      const float *from =
          dy + (runs[i].image * s.k + first + row) * s.outputs() + runs[i].firstOutput(s.window);
      for (int64_t q = 0; q < runs[i].length; ++q)
        to[(runs[i].lane + q) * rows] = from[q];
    }
  }
}

void addColumns(const ConvSizes &s, const float *columns, int64_t first, int64_t depth,
                const Run *runs, int count, int64_t width, float *dx) {
  int64_t planes = s.window.elements(), stride = s.window.stride[2];
  for (int64_t row = 0; row < depth; ++row) {
    int64_t channel = (first + row) / s.taps(), tap = (first + row) % s.taps();
    for (int i = 0; i < count; ++i) {
      Inside inside = insideOf(s.window, runs[i], tap);
      const float *from = columns + row * width + runs[i].lane + inside.begin;
      float *to = dx + (runs[i].image * s.c + channel) * planes + inside.first;
      for (int64_t q = 0; q < inside.end - inside.begin; ++q)
        to[q * stride] += from[q];
    }
  }
}

} // namespace plimsoll
