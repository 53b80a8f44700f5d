//===- Explain.cpp - plimsoll explain MODEL VALUE -------------------------------------===//
#include "compiler/pipeline/Explain.h"
#include "compiler/pipeline/FindValue.h"
#include "plimsoll/Shown.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Diagnostics.h"
#include "tools/plimsoll/Output.h"
#include "llvm/Support/Path.h"

using namespace plimsoll;
using namespace plimsoll::cli;

/// If a name means many values, all are listed and that many are explained.
static constexpr size_t kExplained = 5;

static int refuseUnknown(const std::string &name, const pipeline::FoundValues &found) {
  std::string text = "nothing in the plan is called '" + shown(name) + "'";
  for (const std::string &candidate : found.nearest)
    text += "\n  did you mean '" + shown(candidate) + "'?";
  if (found.nearest.empty())
    text += "\n  plimsoll compile MODEL --emit=plan prints all names";
  return usageError(text);
}

static void printList(const pipeline::StepView &view, const std::string &name,
                      const pipeline::FoundValues &found) {
  if (!found.note.empty())
    llvm::outs() << shownLines(found.note) << "\n\n";
  if (found.values.size() < 2)
    return;
  llvm::outs() << "'" << shown(name) << "' names " << found.values.size() << " values:\n";
  for (auto [i, value] : llvm::enumerate(found.values))
    llvm::outs() << "  #" << i + 1 << "  " << shown(view.title(value)) << ", "
                 << view.problem().values[value].bytes << " bytes\n";
  if (found.values.size() > kExplained)
    llvm::outs() << "the first " << kExplained << " follow; '" << shown(name) << "#"
                 << kExplained + 1 << "' is the next\n";
  llvm::outs() << "\n";
}

int cli::run(const ExplainCommand &raw) {
  pipeline::CompileOptions options;
  std::string error;
  if (!toCompileOptions(raw.step, options, error))
    return usageError(error);
  options.model.withoutWeights = true;
  const std::string &model = raw.step.network.model;
  mlir::DialectRegistry registry;
  pipeline::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  Diagnostics diagnostics(&context, llvm::sys::path::filename(model).str(), raw.remarks);
  memory::PlanOutcome outcome;
  auto compilation = pipeline::compileTo(context, options, pipeline::Stage::Plan, &outcome);
  if (mlir::failed(compilation))
    return outcome.result.refusal ? kNoPlanFits : kFailed;
  std::optional<frontend::ModelOutline> outline = frontend::frontEndOf(model).outline(model);
  pipeline::StepView view(*compilation->module, compilation->outcome);
  pipeline::FoundValues found = pipeline::findValues(
      view, *compilation->module, outline.value_or(frontend::ModelOutline()), raw.value);
  if (found.values.empty())
    return refuseUnknown(raw.value, found);
  pipeline::StepFacts step = pipeline::stepFacts(view, compilation->budget);
  llvm::json::Array array;
  if (!raw.json) {
    llvm::outs() << pipeline::toText(step) << "\n";
    printList(view, raw.value, found);
  }
  for (auto [i, value] : llvm::enumerate(llvm::ArrayRef(found.values).take_front(kExplained))) {
    pipeline::Explanation explanation = pipeline::explain(view, step, value);
    if (raw.json)
      array.push_back(pipeline::toJson(view, step, explanation));
    else
      llvm::outs() << (i > 0 ? "\n" : "") << pipeline::toText(view, step, explanation);
  }
  if (raw.json)
    printJson(llvm::json::Object{{"name", utf8(raw.value)},
                                 {"matches", found.values.size()},
                                 {"launches", step.launches},
                                 {"peak_launch", step.peakLaunch},
                                 {"peak_bytes", step.peakBytes},
                                 {"arena_bytes", step.arenaBytes},
                                 {"values", std::move(array)}});
  return kDone;
}
