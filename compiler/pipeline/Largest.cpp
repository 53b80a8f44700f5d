//===- Largest.cpp - the largest batch or sequence that fits -----------------------===//
#include "compiler/pipeline/Largest.h"
#include "compiler/import/ModelOutline.h"
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

static llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

/// The name of the dimension that `which` means.
static llvm::Expected<std::string> dimensionOf(const import::ModelOutline &outline,
                                               StringRef which) {
  size_t index = which == "batch" ? 0 : 1;
  for (const import::OutlineInput &input : outline.inputs) {
    if (input.dimensions.size() <= index || (index == 1 && !input.isInteger))
      continue;
    const import::OutlineDimension &dimension = input.dimensions[index];
    std::string where = "dimension " + std::to_string(index) + " of input '" + input.name + "'";
    if (dimension.size >= 0)
      return makeError("--max=" + which + ": " + where + " was exported as " +
                       llvm::Twine(dimension.size) +
                       ", and a literal size cannot be changed yet; export the model with a "
                       "dynamic " +
                       (index == 0 ? "batch" : "sequence") + " dimension");
    if (dimension.name.empty())
      return makeError("--max=" + which + ": " + where +
                       " has no name; export the model with a named dynamic dimension");
    return dimension.name;
  }
  return makeError("--max=" + which + ": the model has no " +
                   (index == 0 ? "input with dimensions" : "integer input with a dimension 1"));
}

namespace {

class Search {
public:
  Search(const CompileOptions &options, const import::ModelOutline &outline, std::string dimension,
         double slowdown, llvm::function_ref<void(const SizeTrial &)> progress)
      : options(options), slowdown(slowdown), progress(progress) {
    result.dimension = std::move(dimension);
    nameShapes(outline);
  }

  Largest run() {
    auto given = options.import.shapes.find(result.dimension);
    int64_t low = 0, high = 0; // fits, does not fit
    int64_t size = given == options.import.shapes.end() ? 1 : given->second.front();
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
  /// `--shape=input_ids=4x128` binds names: said by name, one of them can be changed.
  void nameShapes(const import::ModelOutline &outline) {
    for (const import::OutlineInput &input : outline.inputs) {
      auto given = options.import.shapes.find(input.name);
      if (given == options.import.shapes.end() || given->second.size() != input.dimensions.size() ||
          llvm::any_of(input.dimensions, [](const import::OutlineDimension &dimension) {
            return dimension.size < 0 && dimension.name.empty();
          }))
        continue;
      SmallVector<int64_t> sizes = given->second;
      options.import.shapes.erase(given);
      for (auto [dimension, size] : llvm::zip(input.dimensions, sizes))
        if (dimension.size < 0)
          options.import.shapes[dimension.name] = {size};
    }
  }

  bool fits(int64_t size) {
    options.import.shapes[result.dimension] = {size};
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
    const planner::TimelinePlan &plan = outcome.result.solution.timelines.front();
    trial.arenaBytes = outcome.result.solution.arenaBytes;
    trial.relativeStep = plan.baseCost > 0 ? plan.cost / plan.baseCost : 1;
    if (failed(compilation))
      trial.limit = "memory: the smallest plan found has " + mebibytes(trial.arenaBytes);
    else if (trial.relativeStep > slowdown)
      trial.limit = formatv("time: it takes {0:f3} x the unconstrained step", trial.relativeStep);
    trial.fits = trial.limit.empty();
    return trial;
  }

  CompileOptions options;
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
  std::optional<import::ModelOutline> outline = import::outlineOf(options.import.path);
  if (!outline)
    return makeError("'" + options.import.path +
                     "' cannot be read as a model; plimsoll plan "
                     "without --max says why");
  llvm::Expected<std::string> dimension = dimensionOf(*outline, which);
  if (!dimension)
    return dimension.takeError();
  return Search(options, *outline, *dimension, slowdown, progress).run();
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
