//===- Gradcheck.cpp - plimsoll gradcheck ----------------------------------------------===//
#include "compiler/gradcheck/GradCheck.h"
#include "plimsoll/Shown.h"
#include "tools/plimsoll/Commands.h"
#include "tools/plimsoll/Diagnostics.h"
#include "tools/plimsoll/Output.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace plimsoll;
using namespace plimsoll::cli;
using gradcheck::CheckReport;
using gradcheck::Tally;

// Text ----------------------------------------------------------------------

static llvm::StringRef verdict(const Tally &tally) {
  if (tally.wrong)
    return "WRONG";
  return tally.compared > 0 ? "ok" : "not differentiable here";
}

static std::string line(llvm::StringRef name, const Tally &tally) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::format("  %-44s %5lld probes  ", shown(name).c_str(), (long long)tally.compared);
  os << (tally.compared > 0 ? llvm::formatv("{0:e1}", tally.worst).str() : "       ");
  os << "  " << verdict(tally);
  if (tally.notDifferentiable > 0 && tally.compared > 0)
    os << ", " << tally.notDifferentiable << " not differentiable here";
  os << "\n";
  if (tally.wrong)
    os << llvm::format("      %s the gradient is %.9g, differences of the loss say %.9g\n",
                       shown(tally.wrong->where).c_str(), tally.wrong->derivative,
                       tally.wrong->difference);
  return text;
}

static void print(const CheckReport &report, llvm::StringRef model, llvm::StringRef function) {
  llvm::outs() << shown(model) << "  " << function << llvm::format(" %.6g", report.loss)
               << ", in f64, training mode\n";
  for (const std::string &input : report.inputs)
    llvm::outs() << "  " << shown(input) << "\n";
  llvm::outs() << llvm::format("  %-44s               worst relative error\n", "");
  llvm::outs() << line("all parameters together", report.together);
  int64_t wrong = report.together.wrong ? 1 : 0, unknown = 0;
  for (const gradcheck::CheckedParameter &parameter : report.parameters) {
    llvm::outs() << line(parameter.name, parameter.tally);
    wrong += parameter.tally.wrong.has_value();
    unknown += parameter.tally.compared == 0;
  }
  if (!report.passed()) {
    llvm::outs() << "the gradients are wrong\n";
    return;
  }
  llvm::outs() << "the gradients of " << report.parameters.size() - unknown << " parameters agree";
  if (unknown > 0)
    llvm::outs() << ", " << unknown << " are not differentiable here: try another --seed or --data";
  llvm::outs() << "\n";
}

// JSON ----------------------------------------------------------------------

static llvm::json::Object toJson(const Tally &tally) {
  llvm::json::Object object{{"verdict", verdict(tally)},
                            {"compared", tally.compared},
                            {"not_differentiable", tally.notDifferentiable},
                            {"worst_relative_error", tally.worst}};
  if (tally.wrong)
    object["wrong"] = llvm::json::Object{{"where", tally.wrong->where},
                                         {"gradient", tally.wrong->derivative},
                                         {"difference", tally.wrong->difference}};
  return object;
}

static llvm::json::Object toJson(const CheckReport &report) {
  llvm::json::Array parameters;
  for (const gradcheck::CheckedParameter &parameter : report.parameters) {
    llvm::json::Object object = toJson(parameter.tally);
    object["name"] = parameter.name;
    object["elements"] = parameter.count;
    parameters.push_back(std::move(object));
  }
  return llvm::json::Object{{"passed", report.passed()},
                            {"loss", report.loss},
                            {"inputs", llvm::json::Array(report.inputs)},
                            {"all_parameters", toJson(report.together)},
                            {"parameters", std::move(parameters)}};
}

int cli::run(const GradcheckCommand &raw) {
  pipeline::CompileOptions options;
  std::string error;
  if (!toCompileOptions(raw.network, options, error))
    return usageError(error);
  gradcheck::CheckOptions check;
  check.samples = raw.samples;
  check.seed = raw.seed;
  check.data = raw.data;
  if (!raw.data.empty() && !llvm::StringRef(raw.data).starts_with("safetensors:"))
    return usageError("--data=" + raw.data +
                      ": expected safetensors:FILE, with columns named as the inputs; without "
                      "--data inputs are drawn");
  if (!llvm::StringRef(raw.target).starts_with("cpu"))
    return usageError("--target=" + raw.target +
                      ": gradients are checked in f64 on the CPU: "
                      "expected cpu[:native|x86-64-v3|x86-64-v4]");
  options.target = raw.target;
  options.seed = raw.seed;
  options.scaleRule = raw.scaleRule;
  options.weightedSum = raw.outputs;
  std::string model = llvm::sys::path::filename(raw.network.model).str();
  mlir::DialectRegistry registry;
  pipeline::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  Diagnostics diagnostics(&context, model, raw.remarks);
  llvm::Expected<CheckReport> report = gradcheck::checkGradients(context, options, check);
  if (!report) {
    std::string message = llvm::toString(report.takeError());
    if (!message.empty())
      llvm::errs() << shown(model) << ": error: " << shownLines(message) << "\n";
    return kFailed;
  }
  if (raw.json)
    printJson(toJson(*report));
  else
    print(*report, model, raw.outputs ? "weighted sum of the outputs" : "loss");
  return report->passed() ? kDone : kFailed;
}
