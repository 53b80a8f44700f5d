//===- ParameterTies.cpp - parameters with the same bytes, and corrections ---------===//
//
// Random numbers that occur twice are one table used twice: an exporter that folds a Transpose
// makes two initializers of it. Two that it calls parameters are never one: a framework exports a
// tied one once, and some are equal at first (the decay of a state space).
//===----------------------------------------------------------------------===//
#include "compiler/onnx/parameters/Parameters.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/xxhash.h"
#include <cstring>

using namespace plimsoll::import;
using llvm::StringRef;
using llvm::Twine;

/// Fewer elements may be equal by chance, or on purpose.
static constexpr int64_t kLeastElements = 16;

namespace {
class Tier {
public:
  Tier(const Graph &graph, ParameterPlan &plan) : graph(graph), plan(plan) {}

  void run() {
    std::vector<int> canonical(plan.parameters.size(), -1);
    std::vector<bool> flipped(plan.parameters.size(), false);
    bool any = false;
    for (size_t i = 0; i < plan.parameters.size(); ++i) {
      std::optional<std::pair<int, bool>> same = earlier(i);
      if (!same)
        continue;
      canonical[i] = same->first;
      flipped[i] = same->second;
      any = true;
    }
    if (any)
      merge(canonical, flipped);
  }

private:
  /// Returns the bytes of a parameter in the .onnx file; "" if they are external, few, or all
  /// equal.
  StringRef bytesOf(const Parameter &parameter) const {
    int index = parameter.initializer;
    if (index < 0 || isExternal(graph.proto.initializer(index)))
      return "";
    InlineBytes range = graph.file.inlineBytes[index];
    std::optional<int64_t> count = elementCount(parameter.shape);
    if (!count || *count < kLeastElements || range.size != *count * byteSize(parameter.dtype))
      return "";
    StringRef bytes = graph.file.buffer->getBuffer().substr(range.offset, range.size);
    size_t step = byteSize(parameter.dtype);
    return bytes.drop_front(step) == bytes.drop_back(step) ? "" : bytes;
  }

  static std::string transposed(StringRef bytes, const Parameter &parameter) {
    int64_t rows = parameter.shape[0], columns = parameter.shape[1];
    size_t step = byteSize(parameter.dtype);
    std::string result(bytes.size(), '\0');
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        std::memcpy(result.data() + (c * rows + r) * step, bytes.data() + (r * columns + c) * step,
                    step);
    return result;
  }

  static std::string key(StringRef bytes, llvm::ArrayRef<int64_t> shape, DType dtype) {
    return shapeText(shape) + ":" + std::to_string(int(dtype)) + ":" +
           llvm::utohexstr(llvm::xxh3_64bits(bytes));
  }

  static bool mayBeOne(const Parameter &a, const Parameter &b) {
    return a.initializer != b.initializer && !(a.declared && b.declared);
  }

  /// Returns an earlier parameter with the same bytes, or the same bytes transposed (true).
  std::optional<std::pair<int, bool>> earlier(int index) {
    const Parameter &parameter = plan.parameters[index];
    StringRef bytes = bytesOf(parameter);
    if (bytes.empty())
      return std::nullopt;
    auto [found, isNew] = seen.try_emplace(key(bytes, parameter.shape, parameter.dtype), index);
    if (!isNew && bytesOf(plan.parameters[found->second]) == bytes &&
        mayBeOne(plan.parameters[found->second], parameter))
      return std::pair(found->second, false);
    if (parameter.shape.size() != 2)
      return std::nullopt;
    Shape flipped = {parameter.shape[1], parameter.shape[0]};
    std::string kind = shapeText(parameter.shape), mirror = shapeText(flipped);
    bool worthIt = shapes.contains(mirror);
    shapes[kind] = 1;
    if (!worthIt)
      return std::nullopt;
    std::string turned = transposed(bytes, parameter);
    auto other = seen.find(key(turned, flipped, parameter.dtype));
    if (other == seen.end() || other->second == index ||
        bytesOf(plan.parameters[other->second]) != turned ||
        !mayBeOne(plan.parameters[other->second], parameter))
      return std::nullopt;
    return std::pair(other->second, true);
  }

  /// Adds an alias, unless the exporter made the name up ("val_12"), which the framework does not
  /// know.
  static void addAlias(Parameter &target, const std::string &name) {
    bool madeUp = !StringRef(name).contains('.') && StringRef(target.name).contains('.');
    if (!madeUp && name != target.name && !llvm::is_contained(target.aliases, name))
      target.aliases.push_back(name);
  }

  void merge(llvm::ArrayRef<int> canonical, const std::vector<bool> &flipped) {
    std::vector<Parameter> kept;
    std::vector<int> number(plan.parameters.size(), -1);
    for (size_t i = 0; i < plan.parameters.size(); ++i) {
      if (canonical[i] < 0) {
        number[i] = kept.size();
        kept.push_back(std::move(plan.parameters[i]));
        continue;
      }
      number[i] = number[canonical[i]];
      Parameter &target = kept[number[i]];
      plan.remarks.push_back("parameters '" + target.name + "' and '" + plan.parameters[i].name +
                             "' have the same bytes" +
                             (flipped[i] ? std::string(", transposed") : "") +
                             ": they are trained as one");
      addAlias(target, plan.parameters[i].name);
      for (const std::string &alias : plan.parameters[i].aliases)
        addAlias(target, alias);
    }
    auto redirect = [&](ParameterUse &use) {
      if (use.parameter < 0)
        return;
      use.transpose ^= bool(flipped[use.parameter]);
      use.parameter = number[use.parameter];
    };
    for (auto &entry : plan.initializers)
      redirect(entry.second);
    for (auto &entry : plan.uses)
      redirect(entry.second);
    for (auto &entry : plan.restoredBiases)
      entry.second = number[entry.second];
    plan.parameters = std::move(kept);
  }

  const Graph &graph;
  ParameterPlan &plan;
  llvm::StringMap<int> seen;
  llvm::StringMap<char> shapes;
};
} // namespace

void plimsoll::import::tieEqualParameters(const Graph &graph, ParameterPlan &plan,
                                          Problems &problems) {
  if (problems.empty())
    Tier(graph, plan).run();
}

// Expressions ---------------------------------------------------------------

bool plimsoll::import::matchesAny(llvm::ArrayRef<std::string> expressions, StringRef name) {
  return llvm::any_of(expressions, [&](const std::string &text) {
    llvm::Regex regex(text);
    return regex.isValid() && regex.match(name);
  });
}
