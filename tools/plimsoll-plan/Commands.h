//===- Commands.h - the commands of plimsoll-plan -------------------------------===//

#pragma once

#include "passes/planner/Pack.h"
#include "passes/planner/RematGraph.h"

#include <CLI/CLI.hpp>

#include <stdexcept>

namespace plimsoll::plan {

/// Exit codes, the same for every command of the project.
enum Exit { done = 0, failed = 1, wrongUsage = 2, noPlanFits = 3 };

/// Thrown for a malformed input; the message names file and line.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct PackCommand {
  std::string input, output, effort = "normal", capacity, timeLimit;
  bool json = false;
  void declare(CLI::App &app);
  int run() const;
};

struct RematCommand {
  std::string input, output, effort = "normal", timeLimit;
  double budget = 0.8;
  bool json = false;
  void declare(CLI::App &app);
  int run() const;
};

struct CheckCommand {
  std::string instance, plan;
  double budget = 0;
  void declare(CLI::App &app);
  int run() const;
};

/// A packing instance: `id,lower,upper,size`, with `,offset` if it is packed.
struct PackFile {
  std::vector<std::string> ids;
  std::vector<planner::Buffer> buffers;
  std::vector<int64_t> offsets; ///< empty if the file has none
};
PackFile readPackFile(const std::string &path);

/// A published graph for recomputation (networkx node-link JSON), nodes in their
/// given order.
struct RematFile {
  planner::RematGraph graph;
  std::vector<int64_t> ids;   ///< one for each node
  std::vector<int32_t> order; ///< the order of the file: 0, 1, 2, ...
};
RematFile readRematFile(const std::string &path);

planner::Effort parseEffort(const std::string &text);
/// Parses "10s", "500ms" or "2.5"; returns seconds.
double parseSeconds(const std::string &text);
/// Parses "1900MiB", "2GB" or "4096"; returns bytes.
int64_t parseBytes(const std::string &text);
/// Writes to `path`, "-" is stdout.
void writeText(const std::string &path, const std::string &text);
std::string readText(const std::string &path);

} // namespace plimsoll::plan
