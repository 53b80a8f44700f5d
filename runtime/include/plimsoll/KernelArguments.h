//===- KernelArguments.h - sizes and scalars of launches, by name -----------===//
//
// A launch has them as numbers, in the order in which they stand here; see the header comment of
// the kernel's file in runtime/kernels. What is left out has its value here.
//
// Printed by plimsoll-tblgen from dialects/exec/Kernels.td: change it there, then build the
// target update-kernels.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELARGUMENTS_H
#define PLIMSOLL_KERNELARGUMENTS_H

#include "plimsoll/Kernel.h"

#include <optional>

namespace plimsoll {

enum class SummedFactor : int64_t { none, left, right };

struct MatmulArguments {
  int64_t batch = 1;
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  bool transposeA = false;
  bool transposeB = false;
  bool batchA = false;
  bool batchB = false;
  bool withBias = false;
  bool withAddend = false;
  SummedFactor summed = {};
  ElementType type = ElementType::f32;
  Precision precision = Precision::stored;

  static constexpr size_t mostSizes() { return 11; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(batch, m, n, k, transposeA, transposeB, batchA, batchB, withBias, withAddend,
                summed);
    to.type = type;
    to.precision = precision;
  }
};

struct ConvArguments {
  int64_t n = 0;
  int64_t c = 0;
  int64_t k = 0;
  int64_t groups = 1;
  int64_t size[3] = {1, 1, 1};
  int64_t kernel[3] = {1, 1, 1};
  int64_t out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1};
  int64_t pad[3] = {0, 0, 0};
  int64_t dilation[3] = {1, 1, 1};
  ElementType type = ElementType::f32;
  Precision precision = Precision::stored;

  static constexpr size_t mostSizes() { return 22; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(n, c, k, groups, size, kernel, out, stride, pad, dilation);
    to.type = type;
    to.precision = precision;
  }
};

struct MaxPoolArguments {
  int64_t planes = 0;
  int64_t size[3] = {1, 1, 1};
  int64_t kernel[3] = {1, 1, 1};
  int64_t out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1};
  int64_t pad[3] = {0, 0, 0};
  int64_t dilation[3] = {1, 1, 1};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 19; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(planes, size, kernel, out, stride, pad, dilation);
    to.type = type;
  }
};

struct MaxPoolIndexArguments {
  int64_t planes = 0;
  int64_t size[3] = {1, 1, 1};
  int64_t kernel[3] = {1, 1, 1};
  int64_t out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1};
  int64_t pad[3] = {0, 0, 0};
  int64_t dilation[3] = {1, 1, 1};
  bool columnMajor = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 20; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(planes, size, kernel, out, stride, pad, dilation, columnMajor);
    to.type = type;
  }
};

struct AvgPoolArguments {
  int64_t planes = 0;
  int64_t size[3] = {1, 1, 1};
  int64_t kernel[3] = {1, 1, 1};
  int64_t out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1};
  int64_t pad[3] = {0, 0, 0};
  int64_t dilation[3] = {1, 1, 1};
  int64_t padBehind[3] = {0, 0, 0};
  bool countPadding = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 23; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(planes, size, kernel, out, stride, pad, dilation, padBehind, countPadding);
    to.type = type;
  }
};

enum class AttentionLayout : int64_t { headsOutside, headsInside, packed };

enum class AttentionMask : int64_t { none, keep, add };

struct AttentionArguments {
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t kvHeads = 0;
  int64_t queryLength = 0;
  int64_t keyLength = 0;
  int64_t headDim = 0;
  int64_t valueDim = 0;
  AttentionLayout layout = {};
  bool causal = false;
  AttentionMask maskKind = {};
  int64_t maskBatchStride = 0;
  int64_t maskHeadStride = 0;
  int64_t maskQueryStride = 0;
  double scale = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 13; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(batch, heads, kvHeads, queryLength, keyLength, headDim, valueDim, layout, causal,
                maskKind, maskBatchStride, maskHeadStride, maskQueryStride);
    to.addScalars(scale);
    to.type = type;
  }
};

struct RotaryArguments {
  int64_t size[3] = {1, 1, 1};
  int64_t features = 0;
  int64_t table[3] = {1, 1, 1};
  bool transposed = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 8; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(size, features, table, transposed);
    to.type = type;
  }
};

struct GatedArguments {
  int64_t steps = 0;
  int64_t batch = 0;
  int64_t size = 0;
  bool reverse = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(steps, batch, size, reverse);
    to.type = type;
  }
};

struct RnnArguments {
  int64_t steps = 0;
  int64_t batch = 0;
  int64_t size = 0;
  bool reverse = false;
  bool relu = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 5; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(steps, batch, size, reverse, relu);
    to.type = type;
  }
};

struct SoftmaxArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols);
    to.type = type;
  }
};

struct LogSoftmaxArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols);
    to.type = type;
  }
};

struct SoftmaxGradArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols);
    to.type = type;
  }
};

struct LayerNormArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  bool uncentered = false;
  double epsilon = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, uncentered);
    to.addScalars(epsilon);
    to.type = type;
  }
};

struct LayerNormGradInputArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  bool uncentered = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, uncentered);
    to.type = type;
  }
};

struct LayerNormGradParamsArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols);
    to.type = type;
  }
};

struct LayerNormGradArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  bool uncentered = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, uncentered);
    to.type = type;
  }
};

enum class Reduction : int64_t { maximum, minimum, product, sum };

struct ReduceArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  Reduction kind = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, kind);
    to.type = type;
  }
};

struct ReduceProdGradArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols);
    to.type = type;
  }
};

enum class ArgReduction : int64_t { maximum, minimum };

struct ArgReduceArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  ArgReduction kind = {};
  bool last = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, kind, last);
    to.type = type;
  }
};

struct CumSumArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  bool exclusive = false;
  bool reverse = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, exclusive, reverse);
    to.type = type;
  }
};

struct TopKArguments {
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t k = 0;
  bool smallest = false;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, cols, k, smallest);
    to.type = type;
  }
};

struct GatherArguments {
  int64_t outer = 0;
  int64_t axisDim = 0;
  int64_t inner = 0;
  int64_t count = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(outer, axisDim, inner, count);
    to.type = type;
  }
};

struct GatherGradArguments {
  int64_t outer = 0;
  int64_t axisDim = 0;
  int64_t inner = 0;
  int64_t count = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(outer, axisDim, inner, count);
    to.type = type;
  }
};

struct GatherGradRowsArguments {
  int64_t rows = 0;
  int64_t inner = 0;
  int64_t count = 0;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const { to.addSizes(rows, inner, count); }
};

struct GatherElementsArguments {
  int64_t outer = 0;
  int64_t axisDim = 0;
  int64_t inner = 0;
  int64_t count = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(outer, axisDim, inner, count);
    to.type = type;
  }
};

enum class ScatterUpdate : int64_t { replace, add, multiply, maximum, minimum };

struct ScatterElementsArguments {
  int64_t outer = 0;
  int64_t axisDim = 0;
  int64_t inner = 0;
  int64_t count = 0;
  ScatterUpdate update = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 5; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(outer, axisDim, inner, count, update);
    to.type = type;
  }
};

struct CopyArguments {
  int64_t bytes = 0;

  static constexpr size_t mostSizes() { return 1; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const { to.addSizes(bytes); }
};

struct ConcatArguments {
  int64_t outer = 0;
  std::initializer_list<int64_t> bytes = {};

  size_t mostSizes() const { return 1 + bytes.size(); }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const { to.addSizes(outer, bytes); }
};

struct SplitArguments {
  int64_t outer = 0;
  std::initializer_list<int64_t> bytes = {};

  size_t mostSizes() const { return 1 + bytes.size(); }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const { to.addSizes(outer, bytes); }
};

struct DropoutArguments {
  int64_t count = 0;
  int64_t stream = 0;
  double p = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(count, stream);
    to.addScalars(p);
    to.type = type;
  }
};

enum class Distribution : int64_t { uniform, normal };

struct RandomNumbersArguments {
  int64_t count = 0;
  int64_t stream = 0;
  Distribution distribution = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(count, stream, distribution);
    to.type = type;
  }
};

struct BatchNormArguments {
  int64_t n = 0;
  int64_t channels = 0;
  int64_t inner = 0;
  bool relu = false;
  double epsilon = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(n, channels, inner, relu);
    to.addScalars(epsilon);
    to.type = type;
  }
};

struct BatchNormGradArguments {
  int64_t n = 0;
  int64_t channels = 0;
  int64_t inner = 0;
  double epsilon = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(n, channels, inner);
    to.addScalars(epsilon);
    to.type = type;
  }
};

struct BatchNormInferenceArguments {
  int64_t n = 0;
  int64_t channels = 0;
  int64_t inner = 0;
  double epsilon = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(n, channels, inner);
    to.addScalars(epsilon);
    to.type = type;
  }
};

struct BatchNormUpdateArguments {
  int64_t count = 0;
  std::initializer_list<int64_t> channels = {};
  double momentum = 0;

  size_t mostSizes() const { return 1 + channels.size(); }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(count, channels);
    to.addScalars(momentum);
  }
};

struct CrossEntropyOptions {
  int64_t ignored = -100;
  int64_t inner = 1;
  double smoothing = 0;
};

struct CrossEntropyArguments {
  int64_t rows = 0;
  int64_t classes = 0;
  int64_t rowsBefore = 0;
  int64_t rowsBehind = 0;
  std::optional<CrossEntropyOptions> options = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 6; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, classes, rowsBefore, rowsBehind);
    if (options)
      to.addSizes(options->ignored, options->inner);
    if (options)
      to.addScalars(options->smoothing);
    to.type = type;
  }
};

struct KlDivergenceArguments {
  int64_t rows = 0;
  int64_t classes = 0;
  int64_t batch = 0;
  double temperature = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 3; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(rows, classes, batch);
    to.addScalars(temperature);
    to.type = type;
  }
};

enum class PointwiseLoss : int64_t { crossEntropy, absolute, huber };

struct PointwiseLossArguments {
  int64_t count = 0;
  PointwiseLoss kind = {};
  double delta = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(count, kind);
    to.addScalars(delta);
    to.type = type;
  }
};

struct UpdateOptions {
  double lrScale = 0;
  double decay = 0;
  double limit = 0;
};

struct AdagradArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 4; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    to.addScalars(epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct AdamArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  double beta1 = 0;
  double beta2 = 0;
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 6; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    to.addScalars(beta1, beta2, epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct AdamwArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  double beta1 = 0;
  double beta2 = 0;
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 6; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    to.addScalars(beta1, beta2, epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct LionArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  double beta1 = 0;
  double beta2 = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 5; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    to.addScalars(beta1, beta2);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct RmspropMomentumArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  double alpha = 0;
  double epsilon = 0;
  double momentum = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 6; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    to.addScalars(alpha, epsilon, momentum);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct RmspropArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  double alpha = 0;
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 5; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    to.addScalars(alpha, epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct SgdPlainArguments {
  bool decayed = false;
  std::initializer_list<int64_t> counts = {};
  std::optional<UpdateOptions> options = {};

  size_t mostSizes() const { return 1 + counts.size(); }
  static constexpr size_t mostScalars() { return 3; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, counts);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
  }
};

struct SgdArguments {
  bool decayed = false;
  bool nesterov = false;
  std::initializer_list<int64_t> counts = {};
  double momentum = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  size_t mostSizes() const { return 2 + counts.size(); }
  static constexpr size_t mostScalars() { return 4; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, nesterov, counts);
    to.addScalars(momentum);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct AdagradRowsArguments {
  bool decayed = false;
  int64_t rows = 0;
  int64_t inner = 0;
  int64_t count = 0;
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 4; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, rows, inner, count);
    to.addScalars(epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct AdamRowsArguments {
  bool decayed = false;
  int64_t rows = 0;
  int64_t inner = 0;
  int64_t count = 0;
  double beta1 = 0;
  double beta2 = 0;
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 6; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, rows, inner, count);
    to.addScalars(beta1, beta2, epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct AdamwRowsArguments {
  bool decayed = false;
  int64_t rows = 0;
  int64_t inner = 0;
  int64_t count = 0;
  double beta1 = 0;
  double beta2 = 0;
  double epsilon = 0;
  std::optional<UpdateOptions> options = {};
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 6; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, rows, inner, count);
    to.addScalars(beta1, beta2, epsilon);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
    to.type = type;
  }
};

struct SgdPlainRowsArguments {
  bool decayed = false;
  int64_t rows = 0;
  int64_t inner = 0;
  int64_t count = 0;
  std::optional<UpdateOptions> options = {};

  static constexpr size_t mostSizes() { return 4; }
  static constexpr size_t mostScalars() { return 3; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(decayed, rows, inner, count);
    if (options)
      to.addScalars(options->lrScale, options->decay, options->limit);
  }
};

struct KeepMicroBatchArguments {
  int64_t batches = 0;
  int64_t count = 0;
  ElementType type = ElementType::f32;

  static constexpr size_t mostSizes() { return 2; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(batches, count);
    to.type = type;
  }
};

struct AccumulateArguments {
  int64_t count = 0;

  static constexpr size_t mostSizes() { return 1; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const { to.addSizes(count); }
};

struct SumSquaresArguments {
  int64_t count = 0;

  static constexpr size_t mostSizes() { return 1; }
  static constexpr size_t mostScalars() { return 0; }
  void tell(LaunchNumbers &to) const { to.addSizes(count); }
};

struct ClipByNormArguments {
  int64_t count = 0;
  double maxNorm = 0;

  static constexpr size_t mostSizes() { return 1; }
  static constexpr size_t mostScalars() { return 1; }
  void tell(LaunchNumbers &to) const {
    to.addSizes(count);
    to.addScalars(maxNorm);
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_KERNELARGUMENTS_H
