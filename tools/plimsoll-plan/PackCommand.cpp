//===- PackCommand.cpp - plimsoll-plan pack ----------------------------------------===//

#include "Commands.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <iostream>
#include <sstream>

namespace plimsoll::plan {

namespace {

std::vector<std::string> cells(const std::string &line) {
  std::vector<std::string> result;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) {
    while (!cell.empty() && (cell.back() == '\r' || cell.back() == ' '))
      cell.pop_back();
    result.push_back(cell);
  }
  return result;
}

/// The columns of a file, found by their names, because files differ in their order.
struct Columns {
  int id = -1, lower = -1, upper = -1, size = -1, offset = -1;

  explicit Columns(const std::vector<std::string> &header) {
    for (int i = 0; i < std::ssize(header); ++i) {
      if (header[i] == "id" || header[i] == "buffer_id")
        id = i;
      else if (header[i] == "lower" || header[i] == "start")
        lower = i;
      else if (header[i] == "upper" || header[i] == "end")
        upper = i;
      else if (header[i] == "size")
        size = i;
      else if (header[i] == "offset")
        offset = i;
    }
  }
};

int64_t number(const std::vector<std::string> &row, int column, const std::string &where) {
  int64_t value = 0;
  if (column < std::ssize(row)) {
    const std::string &text = row[column];
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec == std::errc() && end.ptr == text.data() + text.size() && !text.empty())
      return value;
  }
  throw InputError(where + ": expected a whole number in column " + std::to_string(column + 1));
}

planner::Buffer readBuffer(const std::vector<std::string> &row, const Columns &columns,
                           const std::string &where, int64_t &total) {
  planner::Buffer buffer;
  buffer.lower = number(row, columns.lower, where);
  buffer.upper = number(row, columns.upper, where);
  buffer.size = number(row, columns.size, where);
  if (buffer.size < 0)
    throw InputError(where + ": size " + std::to_string(buffer.size) + " is negative");
  if (buffer.upper < buffer.lower)
    throw InputError(where + ": the buffer ends before it begins");
  if (buffer.size > (INT64_MAX / 4) - total)
    throw InputError(where + ": the sum of all sizes overflows 64 bits");
  total += buffer.size;
  return buffer;
}

} // namespace

PackFile readPackFile(const std::string &path) {
  std::istringstream text(readText(path));
  std::string line;
  std::getline(text, line);
  const Columns columns(cells(line));
  if (columns.lower < 0 || columns.upper < 0 || columns.size < 0)
    throw InputError(path + ": expected the columns id,lower,upper,size, found '" + line + "'");
  PackFile file;
  int64_t total = 0;
  for (int64_t row = 2; std::getline(text, line); ++row) {
    const std::string where = path + ":" + std::to_string(row);
    const std::vector<std::string> parts = cells(line);
    if (parts.empty())
      continue;
    file.buffers.push_back(readBuffer(parts, columns, where, total));
    file.ids.push_back(columns.id >= 0 && columns.id < std::ssize(parts)
                           ? parts[columns.id]
                           : std::to_string(file.ids.size()));
    if (columns.offset >= 0)
      file.offsets.push_back(number(parts, columns.offset, where));
  }
  return file;
}

void PackCommand::declare(CLI::App &app) {
  app.add_option("instance", input, "CSV with id,lower,upper,size; - for stdin")->required();
  app.add_option("-o", output, "where to write id,lower,upper,size,offset; - for stdout");
  app.add_option("--capacity", capacity, "stop at a packing of at most these bytes");
  app.add_option("--effort", effort, "work spent")->check(CLI::IsMember({"fast", "normal", "max"}));
  app.add_option("--time-limit", timeLimit, "stop then, e.g. 10s (not reproducible)");
  app.add_flag("--json", json, "print height, lower_bound, proven, seconds");
}

int PackCommand::run() const {
  planner::PackOptions options;
  options.effort = parseEffort(effort);
  options.capacity = capacity.empty() ? planner::none : parseBytes(capacity);
  options.timeLimit = timeLimit.empty() ? 0 : parseSeconds(timeLimit);
  const PackFile file = readPackFile(input);
  const auto started = std::chrono::steady_clock::now();
  const planner::PackResult result = planner::pack(file.buffers, options);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  if (!output.empty()) {
    std::string text = "id,lower,upper,size,offset\n";
    for (size_t i = 0; i < file.buffers.size(); ++i) {
      const planner::Buffer &b = file.buffers[i];
      text += file.ids[i];
      for (int64_t cell : {b.lower, b.upper, b.size, result.offsets[i]})
        text.append(",").append(std::to_string(cell));
      text += "\n";
    }
    writeText(output, text);
  }
  std::ostream &report = output == "-" ? std::cerr : std::cout;
  if (json)
    report << nlohmann::json{{"height", result.height},
                             {"lower_bound", result.lowerBound},
                             {"proven", result.proven},
                             {"reproducible", !result.timedOut},
                             {"seconds", seconds.count()}}
           << "\n";
  else
    report << file.buffers.size() << " buffers, height " << result.height << ", lower bound "
           << result.lowerBound << (result.proven ? " (proven optimal)" : " (not proven)") << ", "
           << seconds.count() << " s" << (result.timedOut ? ", stopped by time" : "") << "\n";
  if (options.capacity == planner::none || result.height <= options.capacity)
    return done;
  std::cerr << "plimsoll-plan: error: no packing found in " << options.capacity
            << " bytes; the lowest found is " << result.height << ", none is below "
            << result.lowerBound << "\n";
  return noPlanFits;
}

} // namespace plimsoll::plan
