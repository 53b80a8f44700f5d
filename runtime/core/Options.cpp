//===- Options.cpp - the command line of an emitted program -----------------===//
//
// The parser is written here, so that an emitted program's folder builds without further
// libraries.
//===----------------------------------------------------------------------===//
#include "Options.h"

#include "Failure.h"
#include "Schedule.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace plimsoll {
namespace {

int64_t wholeNumber(const std::string &option, const std::string &text, int64_t least) {
  errno = 0;
  char *end = nullptr;
  long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end || errno || value < least)
    throw UsageError(format("--%s='%s': a whole number of at least %lld is expected",
                            option.c_str(), text.c_str(), static_cast<long long>(least)));
  return value;
}

double realNumber(const std::string &option, const std::string &text) {
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end || !std::isfinite(value) || value < 0)
    throw UsageError(
        format("--%s='%s': a number of at least 0 is expected", option.c_str(), text.c_str()));
  return value;
}

/// Returns the number of insertions, deletions and replacements that turn one name into the other.
size_t distance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// The parts of `FILE[,every=N][,best]`.
struct Suffixed {
  std::string file;
  int64_t every = 0;
  bool best = false;
};

/// Splits `text` into a file's name and its suffixes. The name may contain commas: it ends with the
/// last piece that has a '/', or a '.' and no '='. Every piece after it must be a suffix.
Suffixed takeSuffixes(const std::string &option, const std::string &text, bool bestToo) {
  std::vector<std::string> pieces = {""};
  for (char c : text)
    if (c == ',')
      pieces.emplace_back();
    else
      pieces.back() += c;
  size_t named = pieces.size() - 1;
  auto isName = [](const std::string &piece) {
    return piece.find('/') != piece.npos ||
           (piece.find('.') != piece.npos && piece.find('=') == piece.npos);
  };
  while (named > 0 && !isName(pieces[named]))
    --named;
  Suffixed found{pieces[0]};
  for (size_t i = 1; i <= named; ++i)
    found.file += "," + pieces[i];
  for (size_t i = named + 1; i < pieces.size(); ++i) {
    const std::string &piece = pieces[i];
    size_t equals = piece.find('=');
    std::string key = piece.substr(0, equals);
    if (key == "every" && equals != piece.npos) {
      found.every = wholeNumber(option + ",every", piece.substr(equals + 1), 1);
    } else if (piece == "best" && bestToo) {
      found.best = true;
    } else {
      bool best = bestToo && distance(key, "best") < distance(key, "every");
      std::string number = equals == piece.npos ? "" : piece.substr(equals + 1);
      throw UsageError(format(
          "--%s: '%s' behind the file is not known; did you mean '%s'?", option.c_str(),
          piece.c_str(), best ? "best" : ("every=" + (number.empty() ? "N" : number)).c_str()));
    }
  }
  return found;
}

struct OptionSpec {
  const char *name;
  const char *value; ///< null: a flag
  const char *help;
  void (*set)(Options &, const std::string &);
};

void setOrder(Options &o, const std::string &text) {
  if (text != "sequential" && text != "shuffled")
    throw UsageError(format("--order='%s': 'sequential' or 'shuffled' is expected", text.c_str()));
  o.shuffle = text == "shuffled";
}

void setSave(Options &o, const std::string &text) {
  Suffixed found = takeSuffixes("save", text, true);
  o.save = found.file, o.saveEvery = found.every, o.saveBest |= found.best;
  if (o.save.empty())
    throw UsageError("--save: a file is missing");
}

void setEvalData(Options &o, const std::string &text) {
  Suffixed found = takeSuffixes("eval-data", text, false);
  o.evalEvery = found.every ? found.every : o.evalEvery;
  o.evalData.push_back(found.file);
}

const OptionSpec specs[] = {
    {"data", "SOURCE",
     "what to train on: tokens:FILE[:u8|u16|u32], tokens:- (a stream),\n"
     "safetensors:FILE, synthetic; several of one kind are taken as one",
     [](Options &o, const std::string &v) { o.data.push_back(v); }},
    {"steps", "N", "steps in all, those of a resumed run included",
     [](Options &o, const std::string &v) { o.steps = wholeNumber("steps", v, 0); }},
    {"order", "sequential|shuffled", "order of the records (sequential)", setOrder},
    {"lr", "X", "learning rate, instead of the compiled one",
     [](Options &o, const std::string &v) { o.learningRate = realNumber("lr", v); }},
    {"lr-schedule", "constant|cosine|linear|one-cycle[,warmup=N]",
     "how the rate goes from --lr to 0 over the steps (constant); one-cycle: up from\n"
     "--lr/25 over the warm-up (30 % of the steps), then down; ,div=25,final-div=1e4",
     [](Options &o, const std::string &v) { o.schedule = v, Schedule(v.c_str(), 0, 1); }},
    {"weight-decay", "X", "weight decay, instead of the compiled one",
     [](Options &o, const std::string &v) { o.weightDecay = realNumber("weight-decay", v); }},
    {"seed", "N", "for the shuffled order, synthetic data and random numbers (0)",
     [](Options &o, const std::string &v) {
       o.seed = static_cast<uint64_t>(wholeNumber("seed", v, 0));
     }},
    {"weights", "FILE.safetensors",
     "start from these parameters (default: PROGRAM.safetensors beside the program)",
     [](Options &o, const std::string &v) { o.weights = v; }},
    {"metrics", "FILE.jsonl", "one JSON object a step; - is standard output",
     [](Options &o, const std::string &v) { o.metrics = v; }},
    {"save", "FILE.safetensors[,every=N][,best]",
     "save a checkpoint at the end, and every N steps; best: also keep the one of\n"
     "the lowest evaluation loss, as FILE.best.safetensors",
     setSave},
    {"save-best", "FILE.safetensors", "keep the checkpoint of the lowest evaluation loss here",
     [](Options &o, const std::string &v) { o.bestFile = v, o.saveBest = true; }},
    {"patience", "N", "end after N evaluations without a lower loss",
     [](Options &o, const std::string &v) { o.patience = wholeNumber("patience", v, 1); }},
    {"resume", "FILE", "go on from a checkpoint",
     [](Options &o, const std::string &v) { o.resume = v; }},
    {"eval-data", "SOURCE[,every=N]", "evaluate on this, every N steps or at the end", setEvalData},
    {"skip-empty", nullptr,
     "pass over steps whose labels are all ignored: no update, and no line of metrics;\n"
     "they count as steps",
     [](Options &o, const std::string &) { o.skipEmpty = true; }},
    {"dump-gradients", "FILE",
     "write the gradients of the first step (compile with --keep-gradients)",
     [](Options &o, const std::string &v) { o.dumpGradients = v; }},
    {"profile", "FILE.json", "write the time of every launch, medians over the last steps",
     [](Options &o, const std::string &v) { o.profile = v; }},
    {"find-nonfinite", nullptr, "name the first value that is not finite (slower)",
     [](Options &o, const std::string &) { o.findNonfinite = true; }},
    {"info", nullptr, "what this program was compiled from, its arena, its plan, as JSON",
     [](Options &o, const std::string &) { o.info = true; }},
    {"help", nullptr, "this text", [](Options &o, const std::string &) { o.help = true; }},
};

const OptionSpec &specOf(const std::string &name) {
  const OptionSpec *nearest = specs;
  for (const OptionSpec &spec : specs) {
    if (name == spec.name)
      return spec;
    if (distance(name, spec.name) < distance(name, nearest->name))
      nearest = &spec;
  }
  throw UsageError(
      format("unknown option '--%s'; did you mean '--%s'?", name.c_str(), nearest->name));
}

void refuseUnused(const Program &program, const Options &o) {
  if (o.info || o.help)
    return;
  if (o.data.empty())
    throw UsageError("--data=SOURCE is missing");
  if (!o.steps && o.resume.empty())
    throw UsageError("--steps=N is missing");
  bool leavesOut = std::any_of(program.parameters, program.parameters + program.parameterCount,
                               [](const ParameterInfo &p) { return p.unsaved; });
  if (!o.weights.empty() && !o.resume.empty() && !leavesOut)
    throw UsageError("--weights and --resume both say what to start from; give one");
  if (o.saveBest && o.evalData.empty())
    throw UsageError(o.bestFile.empty() ? "--save=...,best needs --eval-data"
                                        : "--save-best needs --eval-data");
  if (o.patience && !o.evalEvery)
    throw UsageError("--patience counts evaluations: it needs --eval-data=SOURCE,every=N");
  if (!o.profile.empty() && o.findNonfinite)
    throw UsageError("--profile and --find-nonfinite both watch every launch; give one");
  if (o.skipEmpty && program.microBatches > 1)
    throw UsageError(format("--skip-empty: a step of this program adds up %d batches, to which one "
                            "without labels that count adds nothing",
                            program.microBatches));
  if (!o.evalData.empty() && !firstTimeline(program, TimelineKind::evaluate))
    throw UsageError("--eval-data: this program was compiled without an evaluation timeline");
  if (!o.dumpGradients.empty() &&
      std::none_of(program.parameters, program.parameters + program.parameterCount,
                   [](const ParameterInfo &p) { return p.gradientOffset >= 0; }))
    throw UsageError("--dump-gradients: this program was compiled without --keep-gradients");
}

} // namespace

Options parseOptions(const Program &program, int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "-h")
      argument = "--help";
    if (!argument.starts_with("--"))
      throw UsageError(format("'%s' is no option; options start with --", argument.c_str()));
    size_t equals = argument.find('=');
    const OptionSpec &spec =
        specOf(argument.substr(2, equals == argument.npos ? equals : equals - 2));
    if (!spec.value && equals != argument.npos)
      throw UsageError(format("--%s takes no value", spec.name));
    if (spec.value && equals == argument.npos && i + 1 >= argc)
      throw UsageError(format("--%s=%s: the value is missing", spec.name, spec.value));
    std::string value;
    if (spec.value)
      value = equals != argument.npos ? argument.substr(equals + 1) : argv[++i];
    if (spec.value && value.empty())
      throw UsageError(format("--%s=%s: the value is missing", spec.name, spec.value));
    spec.set(options, value);
  }
  refuseUnused(program, options);
  return options;
}

std::string helpText(const char *program) {
  std::string text = format("usage: %s --data=SOURCE --steps=N [options]\n\n", program);
  for (const OptionSpec &spec : specs) {
    text += std::string("  --") + spec.name + (spec.value ? "=" : "") +
            (spec.value ? spec.value : "") + "\n      ";
    for (const char *c = spec.help; *c; ++c)
      text += *c == '\n' ? std::string("\n      ") : std::string(1, *c);
    text += "\n";
  }
  return text + "\nexit codes: 0 done, 1 failed, 2 wrong usage\n";
}

} // namespace plimsoll
