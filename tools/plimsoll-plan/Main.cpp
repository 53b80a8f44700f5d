//===- Main.cpp - plimsoll-plan, the planner without the compiler ------------------===//

#include "Commands.h"

#include <cmath>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>
#include <utility>

namespace plimsoll::plan {

planner::Effort parseEffort(const std::string &text) {
  return text == "fast"  ? planner::Effort::Fast
         : text == "max" ? planner::Effort::Max
                         : planner::Effort::Normal;
}

namespace {

double parseWithUnit(const std::string &text, const std::map<std::string, double> &units,
                     const char *what) {
  size_t end = 0;
  double number = -1;
  try {
    number = std::stod(text, &end);
  } catch (const std::exception &) {
  }
  const auto unit = units.find(text.substr(end));
  if (!(number >= 0) || !std::isfinite(number) || unit == units.end())
    throw CLI::ValidationError("'" + text + "' is not " + what);
  return number * unit->second;
}

} // namespace

double parseSeconds(const std::string &text) {
  return parseWithUnit(text, {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"min", 60}},
                       "a time such as 10s or 500ms");
}

int64_t parseBytes(const std::string &text) {
  const double bytes = parseWithUnit(text,
                                     {{"", 1},
                                      {"B", 1},
                                      {"kB", 1e3},
                                      {"MB", 1e6},
                                      {"GB", 1e9},
                                      {"KiB", 0x1p10},
                                      {"MiB", 0x1p20},
                                      {"GiB", 0x1p30}},
                                     "a size such as 1900MiB or 2GB");
  if (bytes >= 0x1p62)
    throw CLI::ValidationError("'" + text + "' is too large");
  return static_cast<int64_t>(bytes);
}

std::string readText(const std::string &path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw InputError(path + ": cannot be opened");
  text << file.rdbuf();
  return text.str();
}

void writeText(const std::string &path, const std::string &text) {
  if (path == "-") {
    std::cout << text;
    return;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    throw InputError(path + ": cannot be written");
}

namespace {

size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j)
      diagonal = std::exchange(row[j + 1],
                               std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] != b[j])}));
  }
  return row.back();
}

/// Prints each unknown option of the command with the nearest known one.
int reportUnknown(const CLI::App &app) {
  for (const CLI::App *command : app.get_subcommands())
    for (const std::string &word : command->remaining(true)) {
      const std::string name = word.substr(0, word.find('='));
      const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
      size_t best = 1 + bare.size() / 2;
      std::string nearest;
      for (const CLI::Option *option : command->get_options())
        for (const std::string &candidate : option->get_lnames())
          if (const size_t distance = editDistance(bare, candidate); distance < best) {
            best = distance;
            nearest = candidate;
          }
      std::cerr << "plimsoll-plan: error: "
                << (word.starts_with("-") ? "unknown option '" : "one argument too many: '") << word
                << "'" << (nearest.empty() ? "" : "; did you mean '--" + nearest + "'?") << "\n";
    }
  return wrongUsage;
}

} // namespace

} // namespace plimsoll::plan

int main(int argc, char **argv) {
  using namespace plimsoll::plan;
  CLI::App app("plans memory: packing, recomputation, and the validator alone", "plimsoll-plan");
  app.require_subcommand(1);
  PackCommand pack;
  RematCommand remat;
  CheckCommand check;
  pack.declare(*app.add_subcommand("pack", "packs buffers whose lives are known"));
  remat.declare(*app.add_subcommand("remat", "recomputes to keep a graph within a budget"));
  check.declare(*app.add_subcommand("check", "checks a plan without the planner"));
  try {
    app.parse(argc, argv);
    if (app.got_subcommand("pack"))
      return pack.run();
    if (app.got_subcommand("remat"))
      return remat.run();
    return check.run();
  } catch (const CLI::Success &success) {
    return app.exit(success);
  } catch (const CLI::ExtrasError &) {
    return reportUnknown(app);
  } catch (const CLI::Error &error) {
    app.exit(error);
    return wrongUsage;
  } catch (const InputError &error) {
    std::cerr << "plimsoll-plan: error: " << error.what() << "\n";
    return failed;
  }
}
