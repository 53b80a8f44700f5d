#include "Faults.h"

#include "Launch.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <utility>

namespace plimsoll::emulator {
namespace {

constexpr size_t kMostKept = 64; // one fault is often met by every thread

std::vector<Fault> faults;
size_t unkept = 0;
int collectors = 0;

/// Returns the innermost of addr2line's lines that is not in the header of helpers.
std::string innermost(FILE *lines) {
  char line[512];
  while (std::fgets(line, sizeof line, lines)) {
    std::string text(line);
    text.erase(text.find_first_of(" \n")); // "(discriminator 2)"
    text.erase(0, text.rfind('/') + 1);
    if (!text.starts_with("Simt.h:") && !text.starts_with("?"))
      return " at " + text;
  }
  return "";
}

/// Returns " at Softmax.cu:41" if the program has debug information and addr2line exists, else "".
std::string sourceLine(const void *caller) {
  Dl_info info;
  if (!caller || !dladdr(caller, &info) || !info.dli_fname)
    return "";
  // The return address lies after the access, and addr2line counts from the object's first byte.
  size_t address = static_cast<const char *>(caller) - static_cast<char *>(info.dli_fbase) - 1;
  std::string command = "addr2line -i -e '" + std::string(info.dli_fname) + "' " +
                        hexadecimal(address) + " 2>/dev/null";
  FILE *pipe = popen(command.c_str(), "r");
  if (!pipe)
    return "";
  std::string line = innermost(pipe);
  pclose(pipe);
  return line;
}

} // namespace

std::string hexadecimal(size_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%zx", value);
  return text;
}

void addFault(FaultKind kind, std::string place, const std::string &what, const void *caller) {
  if (faults.size() == kMostKept) {
    ++unkept;
    return;
  }
  std::string who = running.stamp ? ", " + nameOf(running.stamp) : "";
  std::string line = faults.empty() ? sourceLine(caller) : "";
  faults.push_back({kind, std::move(place), launchName() + who + line + ": " + what});
}

void settleFaults() {
  if (collectors || faults.empty())
    return;
  std::fprintf(stderr, "emulator: %s\n", faults[0].message.c_str());
  if (size_t more = faults.size() - 1 + unkept)
    std::fprintf(stderr, "emulator: and %zu more faults of this launch\n", more);
  std::exit(1);
}

CollectFaults::CollectFaults() {
  ++collectors;
}
CollectFaults::~CollectFaults() {
  --collectors;
}

std::vector<Fault> takeFaults() {
  unkept = 0;
  return std::exchange(faults, {});
}

} // namespace plimsoll::emulator
