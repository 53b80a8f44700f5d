//===- FineTuning.cpp - --lora and --teacher ----------------------------------------===//
#include "tools/plimsoll/FineTuning.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace plimsoll;

/// Splits `TEXT,key=value...` with keys of `known`: removes the settings from the end of `text`.
/// TEXT may contain commas. False, with `error` set, for a setting given twice or unknown.
static bool takeSettings(StringRef option, StringRef &text, ArrayRef<StringRef> known,
                         StringMap<StringRef> &settings, std::string &error) {
  while (text.contains(',')) {
    auto [rest, last] = text.rsplit(',');
    auto [key, value] = last.split('=');
    if (!is_contained(known, key)) {
      bool isWord = !key.empty() && last.contains('=') && all_of(key, isLower);
      if (isWord)
        error = (option + ": '" + last + "' is not one of " + join(known, "=, ") + "=").str();
      return !isWord;
    }
    if (value.empty() || !settings.try_emplace(key, value).second) {
      error =
          (option + ": " + key + (value.empty() ? "= needs a value" : "= is given twice")).str();
      return false;
    }
    text = rest;
  }
  return true;
}

/// Parses a number above `least` and at most `most`; leaves `number` as it is if it is not given.
static bool takeNumber(StringRef option, const StringMap<StringRef> &settings, StringRef key,
                       double least, double most, double &number, std::string &error) {
  auto given = settings.find(key);
  if (given == settings.end() ||
      (!given->second.getAsDouble(number) && number > least && number <= most))
    return true;
  error = (option + ": '" + key + "=" + given->second + "': expected a number above " +
           formatv("{0}", least).str() + (most < 1e30 ? formatv(", at most {0}", most).str() : ""))
              .str();
  return false;
}

bool plimsoll::cli::parseLora(StringRef text, std::optional<pipeline::LoraOptions> &lora,
                              std::string &error) {
  if (text.empty())
    return true;
  StringMap<StringRef> settings;
  lora.emplace();
  double rank = double(lora->rank);
  if (!takeSettings("--lora", text, {"rank", "alpha", "dropout"}, settings, error) ||
      !takeNumber("--lora", settings, "rank", 0, 65536, rank, error) ||
      !takeNumber("--lora", settings, "alpha", 0, 1e30, lora->alpha, error) ||
      !takeNumber("--lora", settings, "dropout", 0, 0.99, lora->dropout, error))
    return false;
  lora->modules = text.str();
  lora->rank = int64_t(rank);
  if (double(lora->rank) != rank)
    error = "--lora: 'rank=" + settings["rank"].str() + "': expected a whole number";
  if (text.empty())
    error = "--lora: the regular expression of the weights to adapt is missing";
  std::string message;
  if (error.empty() && !Regex(lora->modules).isValid(message))
    error = "--lora=" + lora->modules + ": " + message;
  return error.empty();
}

bool plimsoll::cli::parseTeacher(StringRef text, std::optional<pipeline::TeacherOptions> &teacher,
                                 std::string &error) {
  if (text.empty())
    return true;
  StringMap<StringRef> settings;
  teacher.emplace();
  if (!takeSettings("--teacher", text, {"weight", "temperature", "output"}, settings, error) ||
      !takeNumber("--teacher", settings, "weight", 0, 1, teacher->weight, error) ||
      !takeNumber("--teacher", settings, "temperature", 0, 1e30, teacher->temperature, error))
    return false;
  teacher->model = text.str();
  teacher->output = settings.lookup("output").str();
  if (text.empty())
    error = "--teacher: the teacher's ONNX file is missing";
  return error.empty();
}

bool plimsoll::cli::parseAdapters(StringRef text, std::string &file, std::optional<double> &alpha,
                                  std::string &error) {
  StringMap<StringRef> settings;
  double number = 0;
  if (!takeSettings("--lora", text, {"alpha"}, settings, error) ||
      !takeNumber("--lora", settings, "alpha", 0, 1e30, number, error))
    return false;
  if (settings.contains("alpha"))
    alpha = number;
  file = text.str();
  return true;
}
