//===- Failure.h - errors that end a run ------------------------------------===//
#ifndef PLIMSOLL_CORE_FAILURE_H
#define PLIMSOLL_CORE_FAILURE_H

#include <stdexcept>
#include <string>

namespace plimsoll {

/// Something failed: exit code 1. The text is what the user reads, lower case, without "error:".
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The command line is wrong: exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Formats as printf does, into a string.
std::string format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/// Writes a number with commas between groups of three digits: "12,345,678".
std::string grouped(long long value);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_FAILURE_H
