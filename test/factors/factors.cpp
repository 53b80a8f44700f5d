//===- factors.cpp - every op in parts ------------------------------------------------===//
//
//   plimsoll-test-factors [--mutate] < MODULES
//
// Reads modules between lines `// -----`. Every nn op in them is run whole, on random operands, and
// in two parts for each of its free and reduced factors: operands and results that have the factor
// are cut along it, all others are given to both parts. What becomes of the results is what
// dialects/nn/Factors.h says of the factor's kind.
//
// With --mutate every factor of another kind is taken for free, and every reduced one too: that
// must be noticed.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/Pipeline.h"
#include "mlir/Parser/Parser.h"
#include "plimsoll/Bf16.h"
#include "test/factors/OpRun.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <cstring>
#include <iostream>
#include <iterator>
#include <random>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;
using nn::FactorKind;

namespace {

// Random operands -----------------------------------------------------------

/// Returns the least and the largest integer for `op`: indices and labels point at something, and
/// no divisor is zero.
std::pair<int64_t, int64_t> integersFor(Operation *op, const nn::IndexFactors &factors) {
  int64_t limit = 7;
  if (op->hasTrait<nn::Elementwise>())
    return {1, limit};
  for (nn::Factor factor : factors.factors)
    if (factor.kind == FactorKind::data)
      limit = std::min(limit, factor.size);
  if (isa<nn::CrossEntropyOp, nn::CrossEntropyGradOp, nn::CrossEntropyWithGradOp>(op))
    for (int64_t size : cast<RankedTensorType>(op->getOperand(0).getType()).getShape())
      limit = std::min(limit, size);
  return {0, limit - 1};
}

template <typename T> void fill(Tensor &tensor, auto draw) {
  auto *numbers = reinterpret_cast<T *>(tensor.bytes.data());
  std::generate_n(numbers, tensor.type.getNumElements(), [&] { return static_cast<T>(draw()); });
}

/// Draws floats in (-1, 1) or, for logarithms, variances and the like, in (0, 1).
Tensor draw(Type type, std::pair<int64_t, int64_t> integers, bool positive,
            std::mt19937_64 &random) {
  Tensor tensor{cast<RankedTensorType>(type), {}};
  tensor.bytes.resize(nn::tensorBytes(type));
  std::uniform_real_distribution<double> uniform(positive ? 0.05 : -1, 1);
  auto number = [&] { return uniform(random); };
  std::uniform_int_distribution<int64_t> between(integers.first, integers.second);
  auto integer = [&] { return between(random); };
  Type element = tensor.type.getElementType();
  if (element.isF32())
    fill<float>(tensor, number);
  else if (element.isF64())
    fill<double>(tensor, number);
  else if (element.isBF16())
    fill<Bf16>(tensor, [&] { return static_cast<float>(number()); });
  else if (element.isInteger(64))
    fill<int64_t>(tensor, integer);
  else if (element.isInteger(32))
    fill<int32_t>(tensor, integer);
  else
    fill<uint8_t>(tensor, [&] { return random() % (element.isInteger(1) ? 2 : 256); });
  return tensor;
}

// Comparison ----------------------------------------------------------------

double numberAt(const Tensor &tensor, int64_t i) {
  Type element = tensor.type.getElementType();
  auto read = [&](auto number) {
    std::memcpy(&number, tensor.bytes.data() + i * sizeof number, sizeof number);
    return static_cast<double>(number);
  };
  return element.isF32()         ? read(0.0f)
         : element.isF64()       ? read(0.0)
         : element.isBF16()      ? read(Bf16(0.0f))
         : element.isInteger(32) ? read(int32_t(0))
         : element.isInteger(64) ? read(int64_t(0))
                                 : read(uint8_t(0));
}

std::string compareBits(const Tensor &found, const Tensor &expected, StringRef what) {
  for (int64_t i = 0; i < expected.type.getNumElements(); ++i) {
    int64_t width = nn::elementBytes(expected.type.getElementType());
    if (std::memcmp(found.bytes.data() + i * width, expected.bytes.data() + i * width, width))
      return (what + ": element " + llvm::Twine(i) + " is " + std::to_string(numberAt(found, i)) +
              " instead of " + std::to_string(numberAt(expected, i)) + ", a difference of " +
              llvm::formatv("{0:e}", numberAt(found, i) - numberAt(expected, i)).str())
          .str();
  }
  return "";
}

double largestOf(const Tensor &tensor) {
  double largest = 1;
  for (int64_t i = 0; i < tensor.type.getNumElements(); ++i)
    if (double number = std::fabs(numberAt(tensor, i)); number > largest)
      largest = number;
  return largest;
}

/// Compares up to the rounding of sums of some hundred f32 numbers, of the size of the largest.
std::string compareSums(const Tensor &a, const Tensor &b, const Tensor &expected) {
  double allowed = 4e-6 * std::max({largestOf(a), largestOf(b), largestOf(expected)});
  for (int64_t i = 0; i < expected.type.getNumElements(); ++i) {
    double left = numberAt(a, i), right = numberAt(b, i), whole = numberAt(expected, i);
    double error = std::fabs(left + right - whole);
    if (!(error <= allowed) && !(std::isnan(left + right) && std::isnan(whole)))
      return "element " + std::to_string(i) + ": " + std::to_string(left) + " + " +
             std::to_string(right) + " is not " + std::to_string(whole);
  }
  return "";
}

// Parts ---------------------------------------------------------------------

/// Cuts an op along one of its factors.
class Cut {
public:
  Cut(Operation *op, const nn::IndexFactors &factors, int64_t label)
      : op(op), factors(factors), label(label), size(factors.factors[label].size) {
    at = std::max<int64_t>(1, size / 3); // parts of different sizes where there are any
  }

  /// Returns what is wrong with `kind`, or "".
  std::string check(FactorKind kind, std::shared_ptr<const target::Machine> target) {
    OpTypes whole{llvm::to_vector<6>(op->getOperandTypes()),
                  llvm::to_vector<6>(op->getResultTypes())};
    auto run = OpRun::create(op, {whole, part(whole, at), part(whole, size - at)}, target);
    if (!run)
      return llvm::toString(run.takeError());
    for (bool positive : {false, true})
      if (std::string wrong = compare(*run, kind, whole, positive); !wrong.empty())
        return wrong;
    return "";
  }

private:
  std::optional<int64_t> dimOf(const nn::FactorLabels &labels) const {
    auto found = llvm::find(labels, label);
    return found == labels.end() ? std::nullopt : std::optional(found - labels.begin());
  }

  OpTypes part(OpTypes types, int64_t count) const {
    auto cut = [&](MutableArrayRef<Type> all, ArrayRef<nn::FactorLabels> labels) {
      for (auto [type, its] : llvm::zip(all, labels))
        if (std::optional<int64_t> dim = dimOf(its)) {
          auto tensor = cast<RankedTensorType>(type);
          SmallVector<int64_t> shape(tensor.getShape());
          shape[*dim] = count;
          type = tensor.clone(shape);
        }
    };
    cut(types.operands, factors.operands);
    cut(types.results, factors.results);
    return types;
  }

  std::string compare(OpRun &run, FactorKind kind, const OpTypes &types, bool positive) {
    std::mt19937_64 random(label + 17 * positive);
    std::vector<Tensor> whole, left, right;
    for (auto [type, labels] : llvm::zip(types.operands, factors.operands)) {
      whole.push_back(draw(type, integersFor(op, factors), positive, random));
      std::optional<int64_t> dim = dimOf(labels);
      left.push_back(dim ? whole.back().slice(*dim, 0, at) : whole.back());
      right.push_back(dim ? whole.back().slice(*dim, at, size) : whole.back());
    }
    auto results = run.run({whole, left, right});
    for (auto [r, labels] : llvm::enumerate(factors.results)) {
      const Tensor &expected = results[0][r], &first = results[1][r], &second = results[2][r];
      std::string wrong;
      if (std::optional<int64_t> dim = dimOf(labels))
        wrong = compareBits(join(first, second, *dim), expected, "parts side by side");
      else if (kind == FactorKind::reduced)
        wrong = compareSums(first, second, expected);
      else if (wrong = compareBits(first, expected, "first part"); wrong.empty())
        wrong = compareBits(second, expected, "second part");
      if (!wrong.empty())
        return "result " + std::to_string(r) + ": " + wrong;
    }
    return "";
  }

  Operation *op;
  const nn::IndexFactors &factors;
  int64_t label, size, at;
};

// All ops -------------------------------------------------------------------

class Suite {
public:
  Suite(std::shared_ptr<const target::Machine> target, bool mutate)
      : target(std::move(target)), mutate(mutate) {}

  void checkAll(ModuleOp module) {
    module.walk([&](nn::IndexFactorsOpInterface op) {
      nn::IndexFactors factors = op.getIndexFactors();
      if (factors.isOpaque())
        return;
      if (std::string message = cannotRun(op); !message.empty()) {
        llvm::outs() << "left out " << op->getName() << ": " << message << "\n";
        return;
      }
      for (size_t label = 0; label < factors.factors.size(); ++label)
        if (factors.factors[label].size > 1)
          check(op, factors, label);
    });
  }

  int report() {
    llvm::outs() << passed << " passed, " << failed << " failed\n";
    return failed != 0;
  }

private:
  std::string cannotRun(Operation *op) {
    OpTypes whole{llvm::to_vector<6>(op->getOperandTypes()),
                  llvm::to_vector<6>(op->getResultTypes())};
    auto run = OpRun::create(op, {whole}, target);
    return run ? "" : llvm::toString(run.takeError());
  }

  void check(Operation *op, const nn::IndexFactors &factors, int64_t label) {
    FactorKind kind = factors.factors[label].kind;
    bool isSplit = kind == FactorKind::free || kind == FactorKind::reduced;
    if (mutate ? kind == FactorKind::free : !isSplit)
      return;
    std::string wrong = Cut(op, factors, label).check(mutate ? FactorKind::free : kind, target);
    bool ok = mutate != wrong.empty();
    (ok ? passed : failed) += 1;
    std::string text;
    llvm::raw_string_ostream(text) << op->getName() << " " << factors;
    if (mutate)
      text += wrong.empty() ? "\n    is the same if it is free" : "\n    noticed: " + wrong;
    else if (!ok)
      text += "\n    " + wrong;
    llvm::outs() << (ok ? "ok: factor " : "FAIL: factor ") << label << " ("
                 << nn::stringifyFactorKind(kind) << ", " << factors.factors[label].size << ") of "
                 << text << "\n";
    llvm::outs().flush();
  }

  std::shared_ptr<const target::Machine> target;
  bool mutate;
  int passed = 0, failed = 0;
};

} // namespace

int main(int argc, char **argv) {
  bool mutate = argc == 2 && StringRef(argv[1]) == "--mutate";
  if (argc > 2 || (argc == 2 && !mutate))
    return llvm::errs() << "usage: plimsoll-test-factors [--mutate] < MODULES\n", 2;
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  context.allowUnregisteredDialects();
  std::string error;
  auto target = target::Machine::create("cpu", 2, "f32", "", error);
  if (!target)
    return llvm::errs() << error << "\n", 1;
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  SmallVector<StringRef> parts;
  StringRef(text).split(parts, "// -----\n");
  Suite suite(target, mutate);
  for (StringRef part : parts) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(part, &context);
    if (!module)
      return 1;
    suite.checkAll(*module);
  }
  return suite.report();
}
