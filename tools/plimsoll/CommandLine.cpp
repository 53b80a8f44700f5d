//===- CommandLine.cpp - from argv to options -------------------------------------===//
//
// The only file of this tool that is compiled with exceptions, which CLI11 throws.
//===----------------------------------------------------------------------===//
#include "tools/plimsoll/CommandLine.h"
#include "dialects/support/OptimizerKinds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <CLI/CLI.hpp>
#include <iostream>

using namespace plimsoll::cli;

static constexpr const char *kCommands = "there are compile, plan, explain, gradcheck, export, "
                                         "reduce and calibrate";

/// Adds the options that say which function is trained.
static void addNetworkOptions(CLI::App &app, NetworkOptions &o) {
  app.add_option("MODEL", o.model, "the forward model, an ONNX file")->required();
  app.add_option("--shape", o.shapes,
                 "NAME=4x128 for an input, also other sizes than the exported ones, or DIMENSION=4 "
                 "(repeatable)");
  app.add_option("--input", o.inputs,
                 "NAME=zeros, ones, a number or numbers with commas: binds an input (repeatable)");
  app.add_option("--weights", o.weights,
                 "FILE.safetensors: values of inputs that are weights, of files without their own");
  app.add_option("--threads", o.threads, "threads that every launch runs on (default: all cores)")
      ->check(CLI::PositiveNumber);
  app.add_option("--loss", o.loss,
                 "cross-entropy, mse, l1, huber, bce-with-logits or kl, then :OUTPUT where the "
                 "model has several and ,key=value; output:NAME");
  app.add_option(
      "--lora", o.lora,
      "adapt frozen weights: REGEX[,rank=8,alpha=16,dropout=0.1]; nothing else is trained");
  app.add_option("--teacher", o.teacher,
                 "learn from a second model: FILE.onnx[,weight=0.5,temperature=1,output=NAME]");
  app.add_option("--trainable", o.trainable, "regular expression of tensors to train");
  app.add_option("--freeze", o.freeze, "regular expression of parameters not to train");
  app.add_option("--dropout", o.dropout,
                 "REGEX=0.1: dropout behind the nodes or modules of that name, in training");
  app.add_option("--init", o.init, "initial weights: model (the file's), or drawn: normal:0.02");
}

/// Adds what every command with an answer about a model has.
template <typename Options> static void addAnswerOptions(CLI::App &app, Options &o) {
  app.add_flag("--json", o.json, "print the answer as JSON");
  app.add_flag("--remarks", o.remarks, "print what was recognised and changed in the model");
}

static void addRecipeOptions(CLI::App &app, RecipeOptions &o) {
  app.add_option("--optimizer", o.optimizer,
                 plimsoll::optimizerNames() + ", then ,key=value, and ,state=" +
                     plimsoll::stateTypeNames() + " for what it keeps");
  app.add_option("--allow", o.allow,
                 "precision: what rounds numbers that f32 would keep, such as state=8bit (each is "
                 "named in the summary)");
  app.add_option("--clip", o.clip,
                 "limit gradients: norm:1.0 all together, value:0.5 each element");
  app.add_option("--accumulate", o.accumulate,
                 "batches of one update, their gradients averaged (1)")
      ->check(CLI::PositiveNumber);
  app.add_option("--no-decay", o.noDecay, "regular expression of parameters without decay");
  app.add_option("--decay", o.decay, "REGEX=0.05: weight decay of these parameters (repeatable)");
  app.add_option("--lr-scale", o.lrScale,
                 "REGEX=0.1: factor on the learning rate of these parameters (repeatable)");
  app.add_option(
      "--sparse", o.sparse,
      "regular expression of embedding tables of which a step updates only the rows that "
      "it reads");
}

static void addStepOptions(CLI::App &app, StepOptions &o) {
  addNetworkOptions(app, o.network);
  app.add_option("--memory", o.memory, "bytes the arena may have, as 1900MiB or 2GB");
  app.add_option("--memory-total", o.memoryTotal,
                 "bytes the whole process may have: the arena, and what is beside it");
  app.add_option("--target", o.target,
                 "cpu[:native|x86-64-v3|x86-64-v4] or cuda[:sm_80|sm_90|sm_100|emulator]");
  app.add_option("--precision", o.precision,
                 "of the factors of matrix products and attention: f32, bf16, or on CUDA tf32");
  app.add_option("--device", o.device,
                 "how fast: a file of plimsoll calibrate, or a built-in name (the target's)");
  app.add_option("--effort", o.effort, "of the planner: fast, normal, max");
  addRecipeOptions(app, o.recipe);
  app.add_option("--checkpoint", o.checkpoint,
                 "planned; by rule: sqrt or every:N launches; none: nothing is computed twice");
  app.add_option(
      "--fuse", o.fuse,
      "all: ops that can run as one loop nest are one launch; none: each is one (debug)");
  app.add_option(
      "--whole", o.whole,
      "regular expression of inputs that the data gives whole in each step, not by rows");
  app.add_flag("--keep-gradients", o.keepGradients, "keep every gradient until the step ends");
}

static void addGradcheckOptions(CLI::App &app, GradcheckCommand &o) {
  addNetworkOptions(app, o.network);
  addAnswerOptions(app, o);
  app.add_option("--target", o.target, "cpu[:native|x86-64-v3|x86-64-v4]");
  app.add_flag("--outputs", o.outputs,
               "check all outputs, each element times a random number, instead of a loss");
  app.add_option("--samples", o.samples, "elements of each parameter to check (3)")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", o.seed, "of directions, elements, drawn inputs and dropout");
  app.add_option("--data", o.data,
                 "safetensors:FILE, whose first rows are the inputs (default: drawn)");
  app.add_option("--debug-scale-rule", o.scaleRule)->group("");
}

static void addReportOptions(CLI::App &app, ReportOptions &o) {
  addAnswerOptions(app, o);
  app.add_option("--report", o.report, "write a JSON report to this file (-: standard output)");
  app.add_option("--timeline", o.timeline, "draw the plan: an HTML page that needs nothing else");
  app.add_option("--trace", o.trace, "the predicted step as JSON for ui.perfetto.dev");
  app.add_flag("--strict", o.strict, "warnings are errors: nothing is written after one");
  app.add_option("--memory-viz", o.memoryViz, "the plan as a snapshot for pytorch.org/memory_viz");
}

static void addExportOptions(CLI::App &app, ExportCommand &o) {
  app.add_option("MODEL", o.model, "the forward model, an ONNX file")->required();
  app.add_option("--weights", o.weights, "a checkpoint of its training program");
  app.add_option("--lora", o.adapters, "a checkpoint of adapters, to merge: FILE[,alpha=16]");
  app.add_option("-o,--output", o.output, "the ONNX file to write")->required();
  app.add_flag("--external-data", o.externalData, "write parameters to FILE.onnx.data");
  app.add_flag("--keep-missing", o.keepMissing, "keep the model's values of what is not there");
}

static void addReduceOptions(CLI::App &app, ReduceCommand &o) {
  app.add_option("MODEL", o.model, "an ONNX file that something is wrong with")->required();
  app.add_option("--check", o.check,
                 "command that exits with 0 while it is wrong with {}, a part of the model")
      ->required();
  app.add_option("-o,--output", o.output, "the smallest part, an ONNX file")->required();
}

static void addCompileOptions(CLI::App &app, CompileCommand &o) {
  addStepOptions(app, o.step);
  addReportOptions(app, o.reports);
  app.add_option("-o,--output", o.output, "the program (or text, folder, library) to write");
  app.add_option("--emit", o.emit, "nn, step, kernels, plan, exec, source, library or binary");
  app.add_option("--seed", o.seed, "of drawn weights");
  app.add_flag("--poison", o.poison, "debug: overwrite every value after its last use");
  app.add_flag("--dry-run", o.dryRun, "say what would be trained and planned; write nothing");
  app.add_option("--debug-scale-rule", o.scaleRule)->group("");
}

static void addPlanOptions(CLI::App &app, PlanCommand &o) {
  addStepOptions(app, o.step);
  addReportOptions(app, o.reports);
  app.add_flag("--sweep", o.reports.sweep, "the smallest arena at each predicted time");
  app.add_option("--sweep-svg", o.reports.sweepSvg, "the same as a picture, to this file");
  app.add_option("--max", o.max, "batch or seq: the largest that fits --memory");
  app.add_option("--steps", o.steps, "predict the time of so many steps")
      ->check(CLI::PositiveNumber);
  app.add_option("--slowdown", o.slowdown,
                 "with --max: times the unconstrained step that it may take (1.1)");
}

static void addExplainOptions(CLI::App &app, ExplainCommand &o) {
  addStepOptions(app, o.step);
  addAnswerOptions(app, o);
  app.add_option("VALUE", o.value, "a node, ONNX tensor, parameter or input; \"gradient of NAME\"")
      ->required();
}

static void addCalibrateOptions(CLI::App &app, CalibrateCommand &o) {
  app.add_option("-o,--output", o.output, "the JSON file (-: standard output)");
  app.add_option("--target", o.target, "cpu[:native|x86-64-v3|x86-64-v4]");
  app.add_option("--threads", o.threads, "threads to measure with (all cores)")
      ->check(CLI::PositiveNumber);
}

/// Returns the option of `app` whose name is nearest to `word`, or "".
static std::string nearestOption(const CLI::App &app, llvm::StringRef word) {
  llvm::StringRef name = word.split('=').first;
  std::string nearest;
  unsigned best = 1 + name.size() / 2;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &candidate : option->get_lnames()) {
      unsigned distance = name.drop_while([](char c) { return c == '-'; }).edit_distance(candidate);
      if (distance < best) {
        best = distance;
        nearest = "--" + candidate;
      }
    }
  return nearest;
}

static int reportUnknown(const CLI::App &app) {
  for (const CLI::App *sub : app.get_subcommands())
    for (const std::string &word : sub->remaining(true)) {
      std::string nearest = nearestOption(*sub, word);
      std::cerr << "plimsoll: error: unknown option '" << word << "'"
                << (nearest.empty() ? "" : "; did you mean '" + nearest + "'?") << "\n";
    }
  return kWrongUsage;
}

static int reportWrong(const CLI::App &app, const CLI::ParseError &error, llvm::StringRef first) {
  std::string what = error.what();
  if (app.get_subcommands().empty())
    what = first.empty() || first.starts_with("-")
               ? std::string("a command is missing; ") + kCommands
               : "unknown command '" + first.str() + "'; " + kCommands;
  std::cerr << "plimsoll: error: " << what << "\nplimsoll --help lists the commands, plimsoll "
            << "COMMAND --help their options\n";
  return kWrongUsage;
}

Parsed plimsoll::cli::parseCommandLine(int argc, char **argv) {
  Parsed parsed;
  CLI::App app("plimsoll: from a forward model and a memory budget to a training program");
  app.require_subcommand(1);
  app.set_version_flag("--version", "plimsoll 0.1.0");
  CompileCommand compile;
  PlanCommand plan;
  ExplainCommand explain;
  GradcheckCommand gradcheck;
  ExportCommand exporting;
  ReduceCommand reduce;
  CalibrateCommand calibrate;
  // What is parsed becomes the command when its subcommand ends.
  auto add = [&](const char *name, const char *summary, auto addOptions, auto &command) {
    CLI::App *sub = app.add_subcommand(name, summary);
    addOptions(*sub, command);
    sub->final_callback([&parsed, &command] { parsed.command = command; });
  };
  add("compile", "make a training program", addCompileOptions, compile);
  add("plan", "plan only: what would training take?", addPlanOptions, plan);
  add("explain", "where a tensor comes from, when it lives, why", addExplainOptions, explain);
  add("gradcheck", "compare a model's gradients with differences of its loss", addGradcheckOptions,
      gradcheck);
  add("export", "write the model with trained weights as an ONNX file", addExportOptions,
      exporting);
  add("reduce", "cut a model that fails to a small one", addReduceOptions, reduce);
  add("calibrate", "measure this machine for --device=FILE", addCalibrateOptions, calibrate);
  llvm::StringRef first = argc > 1 ? argv[1] : "";
  bool isKnown = llvm::any_of(app.get_subcommands([](const CLI::App *) { return true; }),
                              [&](const CLI::App *sub) { return sub->get_name() == first; });
  if (!first.empty() && !first.starts_with("-") && !isKnown) {
    std::cerr << "plimsoll: error: unknown command '" << argv[1] << "'; " << kCommands << "\n";
    parsed.exitCode = kWrongUsage;
    return parsed;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError &) {
    parsed.exitCode = reportUnknown(app);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) { // --help and --version
      app.exit(error, std::cout, std::cerr);
      parsed.exitCode = kDone;
    } else {
      parsed.exitCode = reportWrong(app, error, argc > 1 ? argv[1] : "");
    }
  }
  return parsed;
}
