//===- Recurrent.cu - recurrent layers and their gradients --------------------===//
//
// cpu/Recurrent.cpp documents buffers and sizes. One grid computes one step, so that the next one
// sees all of it: a block of 256 threads has 16 rows of the batch and 16 units, a thread one of
// each. It multiplies the state before (in the gradient: the gradients of the step behind) with
// the rows of the weight in tiles of 32 terms, each sum one chain of fused multiply-adds in order,
// and computes the cell from the sums. At most 80 registers: 3 blocks per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Cells.h"
#include "../../rules/Elements.h"
#include "../../rules/RecurrentLayer.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

constexpr int kTile = 16, kDepth = 32, kPitch = kDepth + 1, kThreads = kTile * kTile;

using Layer = RecurrentLayer;

dim3 gridOf(const Layer &layer) {
  return dim3(static_cast<unsigned>(blocksFor(layer.size, kTile)),
              static_cast<unsigned>(blocksFor(layer.batch, kTile)));
}

/// The row and the unit of a thread.
struct Own {
  int64_t row, unit;

  __device__ Own()
      : row(int64_t(blockIdx.y) * kTile + threadIdx.x / kTile),
        unit(int64_t(blockIdx.x) * kTile + threadIdx.x % kTile) {}
  __device__ bool isIn(const Layer &layer) const { return row < layer.batch && unit < layer.size; }
};

/// Adds to sums[m] the products of left(row, term) and right(m, unit, term), over `depth` terms,
/// for the thread's row and unit. `byDepth`: neighbouring terms of the right side are neighbours in
/// memory, else neighbouring units are.
template <bool byDepth, int count, typename T, typename Left, typename Right>
__device__ __forceinline__ void addProducts(const Layer &layer, int64_t depth, const Left &left,
                                            const Right &right, T (&sums)[count]) {
  PLIMSOLL_SHARED(T, rows, kTile * kPitch);
  PLIMSOLL_SHARED(T, columns, count * kTile * kPitch);
  const int64_t firstRow = int64_t(blockIdx.y) * kTile, firstUnit = int64_t(blockIdx.x) * kTile;
  const int row = static_cast<int>(threadIdx.x) / kTile;
  const int column = static_cast<int>(threadIdx.x) % kTile;
  for (int64_t first = 0; first < depth; first += kDepth) {
    for (int i = static_cast<int>(threadIdx.x); i < kTile * kDepth; i += kThreads) {
      const int line = i / kDepth, term = i % kDepth;
      const bool inside = firstRow + line < layer.batch && first + term < depth;
      rows[line * kPitch + term] = inside ? left(firstRow + line, first + term) : T(0);
    }
    PLIMSOLL_UNROLL
    for (int m = 0; m < count; ++m)
      for (int i = static_cast<int>(threadIdx.x); i < kTile * kDepth; i += kThreads) {
        const int line = byDepth ? i / kDepth : i % kTile, term = byDepth ? i % kDepth : i / kTile;
        const bool inside = firstUnit + line < layer.size && first + term < depth;
        columns[(m * kTile + line) * kPitch + term] =
            inside ? right(m, firstUnit + line, first + term) : T(0);
      }
    __syncthreads();
    PLIMSOLL_UNROLL
    for (int term = 0; term < kDepth; ++term) {
      const T a = rows[row * kPitch + term];
      PLIMSOLL_UNROLL
      for (int m = 0; m < count; ++m)
        sums[m] = detail::fma(a, columns[(m * kTile + column) * kPitch + term], sums[m]);
    }
    __syncthreads(); // the tiles may be written again
  }
}

// Forward ---------------------------------------------------------------------

/// Computes `step` from the state at `before`, -1 for the first one. A `Cell` has the members
///   gates, Number, layer, weight, initial, hidden
///   finish(step, before, row, unit, sums)   computes a unit from the products with its gates' rows
template <typename Cell>
__global__ void __launch_bounds__(kThreads, 3)
    forwardStep(Cell cell, int64_t step, int64_t before) {
  using T = typename Cell::Number;
  const Layer layer = cell.layer;
  const T *states = before < 0 ? cell.initial : cell.hidden + layer.element(before, 0, 0);
  T sums[Cell::gates] = {};
  addProducts<true>(
      layer, layer.size, [&](int64_t row, int64_t term) { return states[row * layer.size + term]; },
      [&](int gate, int64_t unit, int64_t term) {
        return cell.weight[(gate * layer.size + unit) * layer.size + term];
      },
      sums);
  const Own own;
  if (own.isIn(layer))
    cell.finish(step, before, own.row, own.unit, sums);
}

template <typename Cell> void runForward(const Launch &launch, const Cell &cell) {
  for (int64_t index = 0; index < cell.layer.steps; ++index)
    cuda::launch(streamOf(launch), gridOf(cell.layer), kThreads, forwardStep<Cell>, cell,
                 cell.layer.at(index), cell.layer.at(index - 1));
}

template <typename T> struct Lstm : LstmTensors<T> {
  using Number = T;
  static constexpr int gates = 4;
  using Tensors = LstmTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::x, Tensors::weight, Tensors::initial,
      Tensors::firstCell, Tensors::hidden, Tensors::cells, Tensors::values;

  __device__ void finish(int64_t step, int64_t before, int64_t row, int64_t unit,
                         const T (&sums)[gates]) const {
    const int64_t here = layer.element(step, row, unit);
    const int64_t first = layer.element(step, row, 0) * gates + unit;
    T value[gates], cell, shown;
    PLIMSOLL_UNROLL
    for (int g = 0; g < gates; ++g)
      value[g] = x[first + g * layer.size] + sums[g];
    const T old =
        before < 0 ? firstCell[row * layer.size + unit] : cells[layer.element(before, row, unit)];
    LstmCell::forward(value[0], value[1], value[2], value[3], old, cell, shown);
    PLIMSOLL_UNROLL
    for (int g = 0; g < gates; ++g)
      values[first + g * layer.size] = value[g];
    cells[here] = cell;
    hidden[here] = shown;
  }
};

template <typename T> struct Gru : GruTensors<T> {
  using Number = T;
  static constexpr int gates = 3;
  using Tensors = GruTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::x, Tensors::weight, Tensors::initial,
      Tensors::bias, Tensors::hidden, Tensors::values, Tensors::inner;

  __device__ void finish(int64_t step, int64_t before, int64_t row, int64_t unit,
                         const T (&sums)[gates]) const {
    const int64_t here = layer.element(step, row, unit), size = layer.size;
    const int64_t first = layer.element(step, row, 0) * gates + unit;
    T r = x[first] + sums[0], z = x[first + size] + sums[1], n = x[first + 2 * size], shown;
    const T part = bias ? sums[2] + bias[unit] : sums[2];
    const T old =
        before < 0 ? initial[row * size + unit] : hidden[layer.element(before, row, unit)];
    GruCell::forward(r, z, n, part, old, shown);
    values[first] = r, values[first + size] = z, values[first + 2 * size] = n;
    inner[here] = part;
    hidden[here] = shown;
  }
};

template <typename T, bool relu> struct Rnn : RnnTensors<T> {
  using Number = T;
  static constexpr int gates = 1;
  using Tensors = RnnTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::x, Tensors::weight, Tensors::initial,
      Tensors::hidden;

  __device__ void finish(int64_t step, int64_t, int64_t row, int64_t unit,
                         const T (&sums)[gates]) const {
    const int64_t here = layer.element(step, row, unit);
    T shown = x[here] + sums[0];
    RnnCell<relu>::forward(shown);
    hidden[here] = shown;
  }
};

void runLstm(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runForward(launch, Lstm<T>(launch));
  });
}

void runGru(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runForward(launch, Gru<T>(launch));
  });
}

void runRnn(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    if (launch.sizes[4])
      runForward(launch, Rnn<T, true>(launch));
    else
      runForward(launch, Rnn<T, false>(launch));
  });
}

// Backward --------------------------------------------------------------------

/// Computes the gradients of `step`, -1: of the state before the first one. `behind` is the step
/// that was computed after it, -1 for none. A `Cell` has the members
///   gates, Number, layer, weight
///   sum(behind, row, term)                        the gradient of the sum that multiplies row
///                                                 `term` of the weight
///   finish(step, before, behind, row, unit, dh)   writes the gradients of a unit's sums, `dh`
///   being
///                                                 the part of that of its state that comes through
///                                                 products
template <typename Cell>
__global__ void __launch_bounds__(kThreads, 3)
    backwardStep(Cell cell, int64_t step, int64_t before, int64_t behind) {
  using T = typename Cell::Number;
  const Layer layer = cell.layer;
  T sums[1] = {};
  if (behind >= 0)
    addProducts<false>(
        layer, Cell::gates * layer.size,
        [&](int64_t row, int64_t term) { return cell.sum(behind, row, term); },
        [&](int, int64_t unit, int64_t term) { return cell.weight[term * layer.size + unit]; },
        sums);
  const Own own;
  if (own.isIn(layer))
    cell.finish(step, before, behind, own.row, own.unit, sums[0]);
}

template <typename Cell> void runBackward(const Launch &launch, const Cell &cell) {
  for (int64_t index = cell.layer.steps - 1; index >= -1; --index)
    cuda::launch(streamOf(launch), gridOf(cell.layer), kThreads, backwardStep<Cell>, cell,
                 cell.layer.at(index), cell.layer.at(index - 1), cell.layer.at(index + 1));
}

template <typename T> struct LstmGrad : LstmGradTensors<T> {
  using Number = T;
  static constexpr int gates = 4;
  using Tensors = LstmGradTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::dhidden, Tensors::values, Tensors::cells,
      Tensors::weight, Tensors::firstCell, Tensors::dcells, Tensors::dx, Tensors::dh, Tensors::dc;

  __device__ T sum(int64_t step, int64_t row, int64_t term) const {
    return dx[layer.element(step, row, 0) * gates + term];
  }

  __device__ void finish(int64_t step, int64_t before, int64_t behind, int64_t row, int64_t unit,
                         T through) const {
    const int64_t own = row * layer.size + unit;
    T cell = behind < 0 ? T(0) : dc[own];
    if (step < 0) {
      dh[own] = through;
      dc[own] = cell;
      return;
    }
    const int64_t here = layer.element(step, row, unit);
    const int64_t first = layer.element(step, row, 0) * gates + unit;
    T value[gates];
    PLIMSOLL_UNROLL
    for (int g = 0; g < gates; ++g)
      value[g] = values[first + g * layer.size];
    if (dcells)
      cell += dcells[here];
    const T old = before < 0 ? firstCell[own] : cells[layer.element(before, row, unit)];
    LstmCell::backward(value[0], value[1], value[2], value[3], old, cells[here],
                       dhidden[here] + through, cell);
    PLIMSOLL_UNROLL
    for (int g = 0; g < gates; ++g)
      dx[first + g * layer.size] = value[g];
    dc[own] = cell;
  }
};

template <typename T> struct GruGrad : GruGradTensors<T> {
  using Number = T;
  static constexpr int gates = 3;
  using Tensors = GruGradTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::dhidden, Tensors::values, Tensors::inner,
      Tensors::hidden, Tensors::weight, Tensors::initial, Tensors::dx, Tensors::dinner, Tensors::dh;

  __device__ T sum(int64_t step, int64_t row, int64_t term) const {
    return term < 2 * layer.size ? dx[layer.element(step, row, 0) * gates + term]
                                 : dinner[layer.element(step, row, term - 2 * layer.size)];
  }

  __device__ void finish(int64_t step, int64_t before, int64_t behind, int64_t row, int64_t unit,
                         T through) const {
    const int64_t own = row * layer.size + unit;
    T state = behind < 0 ? T(0) : dh[own] + through;
    if (step >= 0) {
      const int64_t here = layer.element(step, row, unit), size = layer.size;
      const int64_t first = layer.element(step, row, 0) * gates + unit;
      T r = values[first], z = values[first + size], n = values[first + 2 * size];
      T part = inner[here];
      const T old = before < 0 ? initial[own] : hidden[layer.element(before, row, unit)];
      state += dhidden[here];
      GruCell::backward(r, z, n, part, old, state);
      dx[first] = r, dx[first + size] = z, dx[first + 2 * size] = n;
      dinner[here] = part;
    }
    dh[own] = state;
  }
};

template <typename T, bool relu> struct RnnGrad : RnnGradTensors<T> {
  using Number = T;
  static constexpr int gates = 1;
  using Tensors = RnnGradTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::dhidden, Tensors::hidden, Tensors::weight,
      Tensors::dx, Tensors::dh;

  __device__ T sum(int64_t step, int64_t row, int64_t term) const {
    return dx[layer.element(step, row, term)];
  }

  __device__ void finish(int64_t step, int64_t, int64_t, int64_t row, int64_t unit,
                         T through) const {
    if (step < 0) {
      dh[row * layer.size + unit] = through;
      return;
    }
    const int64_t here = layer.element(step, row, unit);
    dx[here] = RnnCell<relu>::backward(hidden[here], dhidden[here] + through);
  }
};

void runLstmGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runBackward(launch, LstmGrad<T>(launch));
  });
}

void runGruGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runBackward(launch, GruGrad<T>(launch));
  });
}

void runRnnGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    if (launch.sizes[4])
      runBackward(launch, RnnGrad<T, true>(launch));
    else
      runBackward(launch, RnnGrad<T, false>(launch));
  });
}

} // namespace

const KernelOf<GatedArguments> lstm = {"lstm", runLstm};
const KernelOf<GatedArguments> lstm_grad = {"lstm_grad", runLstmGrad};
const KernelOf<GatedArguments> gru = {"gru", runGru};
const KernelOf<GatedArguments> gru_grad = {"gru_grad", runGruGrad};
const KernelOf<RnnArguments> rnn = {"rnn", runRnn};
const KernelOf<RnnArguments> rnn_grad = {"rnn_grad", runRnnGrad};

} // namespace plimsoll::cuda
