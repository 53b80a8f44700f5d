//===- ConvProducts.h - convolution and its gradients as products of tiles ---===//
//
// Each is a product (ProductTiles.h) with the matrix of columns: column (image, output) holds the
// inputs in that output's window, row by row (channel, tap). Its elements are read from the tensors
// without copying them first:
//   Forward          filters x (image, output), over (channel, tap)
//   GradInput        channels x (image, element), over (tap, filter). Elements whose positions have
//                    the same remainder by the stride form a class: all elements of a block are of
//                    one class, so they have the same taps, and other taps are skipped
//   GradWeight       filters x (channel, tap), over (image, output), divided into `splits` parts
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_CONVPRODUCTS_H
#define PLIMSOLL_CUDA_CONVPRODUCTS_H

#include "ConvGeometry.h"
#include "ProductTiles.h"
#include "Unflatten.h"

namespace plimsoll::cuda::convolution {

/// A position along the three dimensions, and the offset of its element.
struct Position {
  int at[3];
  int offset;
};

/// Returns what row `row` of the columns adds to the start of a window.
__device__ __forceinline__ Position positionOfTap(const ConvGeometry &g, int row) {
  const auto &w = g.window;
  Position tap;
  unflatten(row % g.taps, w.kernel, tap.at);
  PLIMSOLL_UNROLL
  for (int d = 0; d < 3; ++d)
    tap.at[d] *= w.dilation[d];
  tap.offset =
      row / g.taps * g.elements + (tap.at[0] * w.size[1] + tap.at[1]) * w.size[2] + tap.at[2];
  return tap;
}

/// Returns the start of the window of an output.
__device__ __forceinline__ Position positionOfWindow(const ConvGeometry &g, int output) {
  const auto &w = g.window;
  Position start;
  unflatten(output, w.out, start.at);
  PLIMSOLL_UNROLL
  for (int d = 0; d < 3; ++d)
    start.at[d] = w.at(d, start.at[d], 0);
  start.offset = (start.at[0] * w.size[1] + start.at[1]) * w.size[2] + start.at[2];
  return start;
}

/// True if the tap of the window lies inside the plane.
__device__ __forceinline__ bool inside(const ConvGeometry &g, const Position &start,
                                       const Position &tap) {
  return unsigned(start.at[0] + tap.at[0]) < unsigned(g.window.size[0]) &&
         unsigned(start.at[1] + tap.at[1]) < unsigned(g.window.size[1]) &&
         unsigned(start.at[2] + tap.at[2]) < unsigned(g.window.size[2]);
}

struct Forward {
  static constexpr bool leftByDepth = true, rightByDepth = false;
  struct Table {
    Position taps[kPiece];
  };

  ConvGeometry g;
  const float *x, *w;
  float *out;
  int rows, rowStride;
  int64_t columns;
  bool vector;

  Forward(const ConvGeometry &g, const float *x, const float *w, float *y)
      : g(g), x(x), w(w), out(y), rows(g.filters), rowStride(g.outputs), columns(g.n * g.outputs),
        vector(g.outputs % 4 == 0) {}

  __device__ void enter() {
    x += int64_t(blockIdx.z) * g.channels * g.elements;
    w += int64_t(blockIdx.z) * g.filters * g.depth;
    out += int64_t(blockIdx.z) * g.filters * g.outputs;
  }
  __device__ int pieces() const { return (g.depth + kPiece - 1) / kPiece; }

  struct Thread {
    const Forward &p;
    Table &table;
    int firstRow, firstTerm = 0, depth = 0;
    bool has;       ///< its column exists
    Position start; ///< the start of the column's window
    const float *x; ///< the element at `start`

    __device__ Thread(const Forward &p, Table &table, int firstRow, int64_t firstColumn, int,
                      int column)
        : p(p), table(table), firstRow(firstRow), has(firstColumn + column < p.columns) {
      int64_t mine = has ? firstColumn + column : 0;
      start = positionOfWindow(p.g, static_cast<int>(mine % p.g.outputs));
      x = p.x + (mine / p.g.outputs * p.g.c * p.g.elements + start.offset);
    }
    __device__ int begin(int piece) {
      firstTerm = piece * kPiece;
      depth = p.g.depth - firstTerm < kPiece ? p.g.depth - firstTerm : kPiece;
      if (int(threadIdx.x) < depth)
        table.taps[threadIdx.x] = positionOfTap(p.g, firstTerm + int(threadIdx.x));
      return depth;
    }
    __device__ void select(int) {}
    __device__ float left(int row, int term) const {
      row += firstRow;
      return row < p.rows && term < depth ? p.w[row * p.g.depth + firstTerm + term] : 0.0f;
    }
    __device__ float right(int, int term) const {
      if (!has || term >= depth)
        return 0.0f;
      const Position tap = table.taps[term];
      return inside(p.g, start, tap) ? x[tap.offset] : 0.0f;
    }
    __device__ int64_t place(int64_t column) const {
      return column / p.g.outputs * p.g.k * p.g.outputs + column % p.g.outputs;
    }
  };
};

struct GradInput {
  static constexpr bool leftByDepth = false, rightByDepth = false;
  struct Table {
    int unused;
  };

  ConvGeometry g;
  const float *dy, *w;
  float *out;
  int rows, rowStride;
  int64_t columns; ///< columns of the block's class
  bool vector;

  GradInput(const ConvGeometry &g, const float *dy, const float *w, float *dx)
      : g(g), dy(dy), w(w), out(dx), rows(g.channels), rowStride(g.elements), columns(0),
        vector(strides() == 1 && g.elements % 4 == 0) {}

  PLIMSOLL_INLINE int strides() const {
    return g.window.stride[0] * g.window.stride[1] * g.window.stride[2];
  }

  /// The class of the block's elements, which are rest + stride * cell. It is computed again where
  /// it is needed: that costs less than the registers that would keep it.
  struct Class {
    int rest[3], cells[3];

    __device__ explicit Class(const ConvGeometry &g) {
      const int *stride = g.window.stride;
      unflatten(int(blockIdx.z) % (stride[0] * stride[1] * stride[2]), stride, rest);
      PLIMSOLL_UNROLL
      for (int d = 0; d < 3; ++d) {
        cells[d] = (g.window.size[d] - rest[d] + stride[d] - 1) / stride[d];
        cells[d] = cells[d] > 0 ? cells[d] : 0;
      }
    }
    __device__ int64_t count() const { return int64_t(cells[0]) * cells[1] * cells[2]; }
  };

  __device__ void enter() {
    const int group = int(blockIdx.z) / strides();
    columns = g.n * Class(g).count();
    dy += int64_t(group) * g.filters * g.outputs;
    w += int64_t(group) * g.filters * g.depth;
    out += int64_t(group) * g.channels * g.elements;
  }
  __device__ int pieces() const { return g.taps * ((g.filters + kPiece - 1) / kPiece); }

  struct Thread {
    const GradInput &p;
    int firstRow, depth = 0;
    int leftAt = 0, rightAt = 0; ///< offsets of the piece's first term; rightAt -1: no output
    int cell[3];
    const float *image; ///< the outputs of the image of the thread's column

    __device__ Thread(const GradInput &p, Table &, int firstRow, int64_t firstColumn, int,
                      int column)
        : p(p), firstRow(firstRow) {
      const bool has = firstColumn + column < p.columns;
      const int64_t mine = has ? firstColumn + column : 0;
      const Class elements(p.g);
      unflatten(static_cast<int>(mine % elements.count()), elements.cells, cell);
      cell[0] = has ? cell[0] : -(1 << 30); // in the window of no output
      image = p.dy + mine / elements.count() * p.g.k * p.g.outputs;
    }
    __device__ int begin(int piece) {
      const auto &window = p.g.window;
      const int blocks = (p.g.filters + kPiece - 1) / kPiece;
      const int tap = piece / blocks, first = piece % blocks * kPiece;
      depth = p.g.filters - first < kPiece ? p.g.filters - first : kPiece;
      int taps[3];
      unsigned output = 0;
      unflatten(tap, window.kernel, taps);
      const Class elements(p.g);
      bool meets = true;
      PLIMSOLL_UNROLL
      for (int d = 0; d < 3; ++d) {
        const int ahead = elements.rest[d] + window.pad[d] - taps[d] * window.dilation[d];
        if (ahead % window.stride[d] != 0)
          depth = 0;
        const int o = cell[d] + ahead / window.stride[d];
        meets &= unsigned(o) < unsigned(window.out[d]);
        output = output * unsigned(window.out[d]) + unsigned(o);
      }
      leftAt = first * p.g.depth + tap;
      rightAt = meets ? first * p.g.outputs + int(output) : -1;
      return depth;
    }
    __device__ void select(int) {}
    __device__ float left(int row, int term) const {
      row += firstRow;
      return row < p.rows && term < depth ? p.w[leftAt + term * p.g.depth + row * p.g.taps] : 0.0f;
    }
    __device__ float right(int, int term) const {
      return rightAt >= 0 && term < depth ? image[rightAt + term * p.g.outputs] : 0.0f;
    }
    __device__ int64_t place(int64_t column) const {
      const auto &window = p.g.window;
      const Class elements(p.g);
      int at[3], element = 0;
      unflatten(static_cast<int>(column % elements.count()), elements.cells, at);
      PLIMSOLL_UNROLL
      for (int d = 0; d < 3; ++d)
        element = element * window.size[d] + elements.rest[d] + window.stride[d] * at[d];
      return column / elements.count() * p.g.c * p.g.elements + element;
    }
  };
};

struct GradWeight {
  static constexpr bool leftByDepth = true, rightByDepth = true;
  struct Step {
    const float *dy, *x;
    Position start;
  };
  struct Table {
    Step steps[kPiece];
    Position taps[128]; ///< the taps of the tile's columns
  };

  ConvGeometry g;
  const float *dy, *x;
  float *out;
  int rows, rowStride, splits;
  int64_t columns, first, last; ///< the block adds terms [first, last)
  bool vector;

  GradWeight(const ConvGeometry &g, int splits, const float *dy, const float *x, float *dw)
      : g(g), dy(dy), x(x), out(dw), rows(g.filters), rowStride(g.depth), splits(splits),
        columns(g.depth), first(0), last(0), vector(g.depth % 4 == 0) {}

  __device__ void enter() {
    const int group = int(blockIdx.z) / splits, split = int(blockIdx.z) % splits;
    const int64_t terms = g.n * g.outputs;
    first = terms * split / splits, last = terms * (split + 1) / splits;
    dy += int64_t(group) * g.filters * g.outputs;
    x += int64_t(group) * g.channels * g.elements;
    out += (int64_t(split) * g.k + int64_t(group) * g.filters) * g.depth;
  }
  __device__ int pieces() const { return static_cast<int>((last - first + kPiece - 1) / kPiece); }

  struct Thread {
    const GradWeight &p;
    Table &table;
    int firstRow, depth = 0;
    int64_t firstColumn;
    Step step; ///< the term that the thread fetches

    __device__ Thread(const GradWeight &p, Table &table, int firstRow, int64_t firstColumn, int,
                      int)
        : p(p), table(table), firstRow(firstRow), firstColumn(firstColumn), step() {
      if (threadIdx.x < 128 && firstColumn + threadIdx.x < p.columns)
        table.taps[threadIdx.x] = positionOfTap(p.g, static_cast<int>(firstColumn + threadIdx.x));
    }
    __device__ int begin(int piece) {
      const int64_t begin = p.first + int64_t(piece) * kPiece, left = p.last - begin;
      depth = left < kPiece ? static_cast<int>(left) : kPiece;
      if (int(threadIdx.x) < depth) {
        const int64_t image = (begin + threadIdx.x) / p.g.outputs;
        const int output = static_cast<int>((begin + threadIdx.x) % p.g.outputs);
        Position start = positionOfWindow(p.g, output);
        table.steps[threadIdx.x] = {p.dy + (image * p.g.k * p.g.outputs + output),
                                    p.x + (image * p.g.c * p.g.elements + start.offset), start};
      }
      return depth;
    }
    __device__ void select(int term) {
      if (term < depth)
        step = table.steps[term];
    }
    __device__ float left(int row, int term) const {
      row += firstRow;
      return row < p.rows && term < depth ? step.dy[row * p.g.outputs] : 0.0f;
    }
    __device__ float right(int column, int term) const {
      if (firstColumn + column >= p.columns || term >= depth)
        return 0.0f;
      const Position tap = table.taps[column];
      return inside(p.g, step.start, tap) ? step.x[tap.offset] : 0.0f;
    }
    __device__ int64_t place(int64_t column) const { return column; }
  };
};

} // namespace plimsoll::cuda::convolution

#endif // PLIMSOLL_CUDA_CONVPRODUCTS_H
