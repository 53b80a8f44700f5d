//===- Largest.cpp - the largest batch or sequence that fits -----------------------===//
#include "compiler/pipeline/Largest.h"
#include "compiler/frontend/FrontEnd.h"
#include "compiler/pipeline/Bytes.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
using llvm::formatv;

/// Sizes above this are not tried.
static constexpr int64_t kMost = int64_t(1) << 20;

namespace {
/// The dimension whose size is searched, in one input and in all that share its name.
struct Wanted {
  std::string label; ///< its name in the model, or "batch" or "seq"
  const frontend::OutlineInput *input;
  size_t index;
  bool isLiteral() const { return input->dimensions[index].size >= 0; }
};
} // namespace

static llvm::Expected<Wanted> dimensionOf(const frontend::ModelOutline &outline, StringRef which) {
  size_t index = which == "batch" ? 0 : 1;
  for (const frontend::OutlineInput &input : outline.inputs) {
    if (input.dimensions.size() <= index || (index == 1 && !input.isInteger))
      continue;
    const frontend::OutlineDimension &dimension = input.dimensions[index];
    if (dimension.size >= 0)
      return Wanted{which.str(), &input, index};
    if (dimension.name.empty())
      return llvm::createStringError(
          "--max=" + which + ": dimension " + llvm::Twine(index) + " of input '" + input.name +
          "' has no name; export the model with a named dynamic dimension");
    return Wanted{dimension.name, &input, index};
  }
  return llvm::createStringError(
      "--max=" + which + ": the model has no " +
      (index == 0 ? "input with dimensions" : "integer input with a dimension 1"));
}

namespace {

class Search {
public:
  Search(const CompileOptions &options, const frontend::ModelOutline &outline, Wanted wanted,
         double slowdown, llvm::function_ref<void(const SizeTrial &)> progress)
      : options(options), outline(outline), wanted(std::move(wanted)), slowdown(slowdown),
        progress(progress) {
    result.dimension = this->wanted.label;
  }

  llvm::Expected<Largest> run() {
    int64_t low = 0, high = 0; // `low` fits, `high` does not
    int64_t size = firstSize();
    if (llvm::Error error = wanted.isLiteral() ? giveWholeShape() : llvm::Error::success())
      return error;
    while (high == 0 && size <= kMost) {
      if (fits(size)) {
        low = size;
        size *= 2;
      } else {
        high = size;
      }
    }
    while (high - low > 1) {
      size = low + (high - low) / 2;
      (fits(size) ? low : high) = size;
    }
    result.size = low;
    llvm::sort(result.trials,
               [](const SizeTrial &a, const SizeTrial &b) { return a.size < b.size; });
    return std::move(result);
  }

private:
  /// Returns the first size to try: 1, or, for a dynamic dimension, the size that --shape gives it.
  int64_t firstSize() const {
    if (wanted.isLiteral())
      return 1;
    auto named = options.model.shapes.find(wanted.label);
    if (named != options.model.shapes.end())
      return named->second.front();
    auto whole = options.model.shapes.find(wanted.input->name);
    bool fits = whole != options.model.shapes.end() && whole->second.size() > wanted.index;
    return fits ? whole->second[wanted.index] : 1;
  }

  /// Adds the input's whole shape to --shape, since a literal dimension has no name to set. Fails
  /// if another dimension of the input is not bound.
  llvm::Error giveWholeShape() {
    const frontend::OutlineInput &input = *wanted.input;
    SmallVector<int64_t> shape;
    if (options.model.shapes.count(input.name))
      return llvm::Error::success();
    for (const frontend::OutlineDimension &dimension : input.dimensions) {
      auto named = options.model.shapes.find(dimension.name);
      bool bound = named != options.model.shapes.end() && named->second.size() == 1;
      if (dimension.size < 0 && !bound)
        return llvm::createStringError(
            "--max=" + wanted.label + ": dimension '" + dimension.name + "' of input '" +
            input.name + "' is not bound; give --shape=" +
            (dimension.name.empty() ? input.name : dimension.name) + "=...");
      shape.push_back(dimension.size >= 0 ? dimension.size : named->second.front());
    }
    options.model.shapes[input.name] = shape;
    return llvm::Error::success();
  }

  /// Sets the size by name, and in every whole shape of --shape.
  void setSize(int64_t size) {
    for (const frontend::OutlineInput &input : outline.inputs) {
      auto given = options.model.shapes.find(input.name);
      if (given == options.model.shapes.end() || given->second.size() != input.dimensions.size())
        continue;
      for (auto [d, dimension] : llvm::enumerate(input.dimensions))
        if (wanted.isLiteral() ? &input == wanted.input && d == wanted.index
                               : dimension.size < 0 && dimension.name == wanted.label)
          given->second[d] = size;
    }
    if (!wanted.isLiteral())
      options.model.shapes[wanted.label] = {size};
  }

  bool fits(int64_t size) {
    setSize(size);
    SizeTrial trial = plan(size);
    progress(trial);
    result.trials.push_back(trial);
    return trial.fits;
  }

  SizeTrial plan(int64_t size) {
    SizeTrial trial;
    trial.size = size;
    DialectRegistry registry;
    registerDialects(registry);
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    context.loadAllAvailableDialects();
    std::string message;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && message.empty())
        message = diagnostic.str();
      return success();
    });
    memory::PlanOutcome outcome;
    auto compilation = compileTo(context, options, Stage::Plan, &outcome);
    if (failed(compilation) && !outcome.result.refusal) {
      trial.limit = "the model: " + message;
      return trial;
    }
    trial.arenaBytes = outcome.result.solution.arenaBytes;
    trial.relativeStep = outcome.relativeStep(outcome.stepSeconds());
    if (failed(compilation))
      trial.limit = "memory: the smallest plan found has " + mebibytes(trial.arenaBytes);
    else if (trial.relativeStep > slowdown)
      trial.limit = formatv("time: it takes {0:f3} x the unconstrained step", trial.relativeStep);
    trial.fits = trial.limit.empty();
    return trial;
  }

  CompileOptions options;
  const frontend::ModelOutline &outline;
  Wanted wanted;
  double slowdown;
  llvm::function_ref<void(const SizeTrial &)> progress;
  Largest result;
};

} // namespace

const SizeTrial *Largest::above() const {
  for (const SizeTrial &trial : trials)
    if (!trial.fits)
      return &trial;
  return nullptr;
}

llvm::Expected<Largest>
plimsoll::pipeline::findLargest(const CompileOptions &options, StringRef which, double slowdown,
                                llvm::function_ref<void(const SizeTrial &)> progress) {
  std::optional<frontend::ModelOutline> outline =
      frontend::frontEndOf(options.model.path).outline(options.model.path);
  if (!outline)
    return llvm::createStringError("'" + options.model.path +
                                   "' cannot be read as a model; plimsoll plan "
                                   "without --max says why");
  llvm::Expected<Wanted> wanted = dimensionOf(*outline, which);
  if (!wanted)
    return wanted.takeError();
  return Search(options, *outline, *wanted, slowdown, progress).run();
}

std::string plimsoll::pipeline::toText(const Largest &largest) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << formatv("{0,8}       arena   predicted step\n", largest.dimension);
  for (const SizeTrial &trial : largest.trials) {
    os << formatv("{0,8}", trial.size);
    if (trial.arenaBytes > 0)
      os << formatv(" {0,11}   {1,12:f3} x", mebibytes(trial.arenaBytes), trial.relativeStep);
    else
      os << formatv(" {0,11}   {0,14}", "-");
    os << "   " << (trial.fits ? "fits" : StringRef(trial.limit).split(':').first) << "\n";
  }
  if (largest.size > 0)
    os << "largest " << largest.dimension << ": " << largest.size << "\n";
  else
    os << "no size of " << largest.dimension << " fits\n";
  if (const SizeTrial *above = largest.above())
    os << above->size << " is stopped by " << above->limit << "\n";
  return text;
}

llvm::json::Object plimsoll::pipeline::toJson(const Largest &largest) {
  llvm::json::Array trials;
  for (const SizeTrial &trial : largest.trials) {
    llvm::json::Object object{{"size", trial.size}, {"fits", trial.fits}};
    if (trial.arenaBytes > 0) {
      object["arena_bytes"] = trial.arenaBytes;
      object["relative_step"] = trial.relativeStep;
    }
    if (!trial.fits)
      object["limit"] = trial.limit;
    trials.push_back(std::move(object));
  }
  llvm::json::Object object{
      {"dimension", largest.dimension}, {"largest", largest.size}, {"tried", std::move(trials)}};
  if (const SizeTrial *above = largest.above())
    object["stopped_by"] = above->limit;
  return object;
}
