//===- Options.h - the command line of an emitted program -------------------===//
#ifndef PLIMSOLL_CORE_OPTIONS_H
#define PLIMSOLL_CORE_OPTIONS_H

#include "plimsoll/Program.h"

#include <optional>
#include <string>
#include <vector>

namespace plimsoll {

struct Options {
  std::vector<std::string> data;
  std::optional<int64_t> steps;
  std::optional<bool> shuffle;
  std::optional<double> learningRate, weightDecay;
  std::optional<std::string> schedule; ///< checked: see Schedule.h
  std::optional<uint64_t> seed;
  std::string weights, metrics, resume, dumpGradients, profile;
  std::string save;
  int64_t saveEvery = 0; ///< steps between checkpoints; 0: only at the end
  bool saveBest = false;
  std::string bestFile; ///< empty: named after `save`
  int64_t patience = 0; ///< evaluations without a lower loss before the run ends; 0: no limit
  std::vector<std::string> evalData;
  int64_t evalEvery = 0;  ///< steps between evaluations; 0: only at the end
  bool skipEmpty = false; ///< skip steps in which all labels are ignored
  bool findNonfinite = false, info = false, help = false;
};

/// Parses the command line. Throws UsageError for unknown options (naming the nearest one), values
/// that do not parse, and combinations that would have no effect.
Options parseOptions(const Program &program, int argc, char **argv);

/// Returns the text of --help.
std::string helpText(const char *program);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_OPTIONS_H
