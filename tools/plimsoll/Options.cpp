//===- Options.cpp - the command line of plimsoll --------------------------------===//
#include "tools/plimsoll/Options.h"
#include "tools/plimsoll/FineTuning.h"
#include "tools/plimsoll/Recipe.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace plimsoll;
using namespace plimsoll::cli;

bool plimsoll::cli::parseBytes(StringRef text, int64_t &bytes) {
  size_t end = text.find_first_not_of("0123456789.");
  double number;
  if (text.take_front(end).getAsDouble(number))
    return false;
  StringRef unit = end == StringRef::npos ? "" : text.substr(end).trim();
  double factor = StringSwitch<double>(unit)
                      .Case("", 1)
                      .Case("B", 1)
                      .Case("kB", 1e3)
                      .Case("KB", 1e3)
                      .Case("MB", 1e6)
                      .Case("GB", 1e9)
                      .Case("TB", 1e12)
                      .Case("KiB", 1024.0)
                      .Case("MiB", 1048576.0)
                      .Case("GiB", 1073741824.0)
                      .Case("TiB", 1099511627776.0)
                      .Default(0);
  if (factor == 0 || !(number * factor < 9.2e18))
    return false;
  int64_t whole;
  bool exact = factor == 1 && !text.take_front(end).getAsInteger(10, whole);
  bytes = exact ? whole : static_cast<int64_t>(number * factor);
  return true;
}

/// Parses `input_ids=4x128` or `batch=4`.
static bool parseShape(StringRef text, frontend::ModelOptions &options, std::string &error) {
  auto [name, sizes] = text.split('=');
  SmallVector<StringRef> parts;
  sizes.split(parts, 'x');
  SmallVector<int64_t> dims;
  for (StringRef part : parts) {
    int64_t size;
    if (part.getAsInteger(10, size) || size <= 0) {
      error = "--shape=" + text.str() + ": expected NAME=4x128 or DIMENSION=4 with positive sizes";
      return false;
    }
    dims.push_back(size);
  }
  options.shapes[name] = dims;
  return true;
}

/// Parses `sr=16000`; the value is checked later, against the input.
static bool parseInput(StringRef text, frontend::ModelOptions &options, std::string &error) {
  auto [name, value] = text.split('=');
  bool isNew = none_of(options.inputs, [&](const auto &entry) { return entry.first == name; });
  if (name.empty() || value.empty() || !isNew) {
    error = "--input=" + text.str() +
            (isNew ? ": expected NAME=VALUE, as in sr=16000, h0=zeros or sizes=8,16"
                   : ": this input is bound already");
    return false;
  }
  options.inputs.emplace_back(name.str(), value.str());
  return true;
}

static bool checkRegexes(const std::vector<std::string> &patterns, StringRef flag,
                         std::string &error) {
  for (const std::string &pattern : patterns) {
    std::string message;
    if (!Regex(pattern).isValid(message)) {
      error = (flag + "=" + pattern + ": " + message).str();
      return false;
    }
  }
  return true;
}

bool plimsoll::cli::parseStage(StringRef text, pipeline::Stage &stage) {
  using pipeline::Stage;
  auto value = StringSwitch<std::optional<Stage>>(text)
                   .Case("nn", Stage::NN)
                   .Case("step", Stage::Step)
                   .Case("kernels", Stage::Kernels)
                   .Case("plan", Stage::Plan)
                   .Case("exec", Stage::Exec)
                   .Case("source", Stage::Source)
                   .Case("library", Stage::Library)
                   .Case("binary", Stage::Binary)
                   .Default(std::nullopt);
  if (value)
    stage = *value;
  return value.has_value();
}

bool plimsoll::cli::checkReports(const CompileCommand &command, pipeline::Stage stage,
                                 std::string &error) {
  const ReportOptions &raw = command.reports;
  if (command.dryRun || stage >= pipeline::Stage::Source)
    return true;
  bool toOutput = command.output.empty() || command.output == "-";
  std::pair<StringRef, bool> reports[] = {{"--report", !raw.report.empty()},
                                          {"--json", raw.json},
                                          {"--timeline", !raw.timeline.empty()},
                                          {"--trace", !raw.trace.empty()},
                                          {"--memory-viz", !raw.memoryViz.empty()}};
  for (auto [name, given] : reports)
    if (given && stage < pipeline::Stage::Plan)
      error = (name + " tells of a plan, and --emit=" + command.emit +
               " stops before there is one; leave one of them away")
                  .str();
  if (error.empty() && toOutput && (raw.json || raw.report == "-"))
    error = "the text of --emit=" + command.emit + " and " + (raw.json ? "--json" : "--report=-") +
            " both go to standard output; give the text a file with -o";
  return error.empty();
}

static bool isInit(StringRef init) {
  double deviation;
  if (init == "model" || init == "normal")
    return true;
  return init.consume_front("normal:") && !init.getAsDouble(deviation) && deviation >= 0;
}

/// Parses `planned`; `none`: no operation runs twice; `sqrt` and `every:N`: recompute by a rule
/// that ignores the budget (see passes/planner/Policies.h).
static bool parseCheckpointing(StringRef text, planner::Options &planning) {
  planning.recompute = text != "none";
  if (text == "sqrt")
    planning.checkpointEvery = 0;
  int32_t every = 0;
  if (text.consume_front("every:") && !text.getAsInteger(10, every) && every > 0)
    planning.checkpointEvery = every;
  return text == "planned" || text == "none" || planning.checkpointEvery.has_value();
}

static bool parseEffort(StringRef text, planner::Options &planning) {
  using planner::Effort;
  auto effort = StringSwitch<std::optional<Effort>>(text)
                    .Case("fast", Effort::Fast)
                    .Case("normal", Effort::Normal)
                    .Case("max", Effort::Max)
                    .Default(std::nullopt);
  planning.effort = effort.value_or(Effort::Normal);
  return effort.has_value();
}

static bool parseLimit(StringRef option, const std::string &text, std::optional<int64_t> &limit,
                       std::string &error) {
  if (text.empty())
    return true;
  int64_t bytes;
  if (!parseBytes(text, bytes)) {
    error = (option + "=" + text + ": expected a size such as 1900MiB, 2GB or 4096").str();
    return false;
  }
  limit = bytes;
  return true;
}

/// Checks and converts the options that say which network is trained, but for its loss.
static bool convertNetwork(const NetworkOptions &raw, pipeline::CompileOptions &options,
                           std::string &error) {
  if (!isInit(raw.init))
    error = "--init=" + raw.init + ": expected model or normal:0.02";
  else if (raw.threads < 0)
    error = "--threads: expected a positive number";
  if (!error.empty() || !checkRegexes(raw.trainable, "--trainable", error) ||
      !checkRegexes(raw.freeze, "--freeze", error) || !parseLora(raw.lora, options.lora, error) ||
      !parseTeacher(raw.teacher, options.teacher, error))
    return false;
  options.model.path = raw.model;
  options.recipe.trainable = raw.trainable;
  options.recipe.freeze = raw.freeze;
  options.model.weights = raw.weights;
  for (const std::string &input : raw.inputs)
    if (!parseInput(input, options.model, error))
      return false;
  options.model.init = raw.init == "normal" ? "normal:0.02" : raw.init;
  for (const std::string &shape : raw.shapes)
    if (!parseShape(shape, options.model, error))
      return false;
  options.dropout = raw.dropout;
  options.threads = raw.threads;
  return true;
}

/// Sets `error` to the problems with the recipe; true if there are none.
static bool checkRecipe(const std::vector<std::string> &problems, std::string &error) {
  if (problems.size() > 1)
    error = std::to_string(problems.size()) + " problems with how the model is to be trained\n  ";
  error += join(problems, "\n  ");
  return error.empty();
}

bool plimsoll::cli::toCompileOptions(const NetworkOptions &raw, pipeline::CompileOptions &options,
                                     std::string &error) {
  return checkRecipe(parseRecipe(raw, RecipeOptions(), options), error) &&
         convertNetwork(raw, options, error);
}

bool plimsoll::cli::toCompileOptions(const StepOptions &raw, pipeline::CompileOptions &options,
                                     std::string &error) {
  if (!checkRecipe(parseRecipe(raw.network, raw.recipe, options), error))
    return false;
  if (!parseEffort(raw.effort, options.planning))
    error = "--effort=" + raw.effort + ": expected fast, normal or max";
  else if (!parseCheckpointing(raw.checkpoint, options.planning))
    error = "--checkpoint=" + raw.checkpoint + ": expected planned, sqrt, every:N or none";
  else if (raw.fuse != "all" && raw.fuse != "none")
    error = "--fuse=" + raw.fuse + ": expected all or none";
  if (!error.empty() || !convertNetwork(raw.network, options, error) ||
      !checkRegexes(raw.recipe.noDecay, "--no-decay", error) ||
      !checkRegexes(raw.recipe.sparse, "--sparse", error) ||
      !checkRegexes(raw.whole, "--whole", error) ||
      !parseLimit("--memory", raw.memory, options.memory, error) ||
      !parseLimit("--memory-total", raw.memoryTotal, options.memoryTotal, error))
    return false;
  options.recipe.noDecay = raw.recipe.noDecay;
  options.recipe.sparse = raw.recipe.sparse;
  options.whole = raw.whole;
  options.target = raw.target;
  options.precision = raw.precision;
  options.fuseLoops = raw.fuse == "all";
  options.device = raw.device;
  options.keepGradients = raw.keepGradients;
  return true;
}
