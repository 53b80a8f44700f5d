//===- Progress.cpp - what the user sees while a program trains -------------===//
#include "Progress.h"

#include <ctime>

namespace plimsoll {
namespace {

constexpr double kTerminalSeconds = 0.1, kLogSeconds = 5.0;

} // namespace

double secondsNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Progress::Progress(int64_t firstStep, int64_t lastStep)
    : firstStep(firstStep), lastStep(lastStep), terminal(isatty(STDERR_FILENO)),
      started(secondsNow()) {}

void Progress::endLine() {
  if (open)
    (void)!::write(STDERR_FILENO, "\n", 1);
  open = false;
}

void Progress::step(const StepRecord &record) {
  double now = secondsNow();
  bool edge = record.step == firstStep || record.step == lastStep;
  if (!edge && now - shown < (terminal ? kTerminalSeconds : kLogSeconds))
    return;
  shown = now;
  int64_t done = record.step - firstStep + 1, left = lastStep - record.step;
  double rest = (now - started) / static_cast<double>(done) * static_cast<double>(left);
  text.clear();
  text.add("%sstep %lld/%lld  loss %.4f", terminal ? "\r\x1b[K" : "",
           static_cast<long long>(record.step), static_cast<long long>(lastStep), record.loss);
  if (record.tokens)
    text.add("  perplexity %.2f", std::exp(record.loss));
  if (!std::isnan(record.accuracy))
    text.add("  accuracy %.3f", record.accuracy);
  if (!std::isnan(record.gradientNorm))
    text.add("  gradient norm %.3g", record.gradientNorm);
  text.add("  %.1f ms  %.0f %s/s", record.milliseconds, record.perSecond,
           record.tokens ? "tokens" : "samples");
  if (left > 0)
    text.add("  %lld:%02lld:%02lld left", static_cast<long long>(rest) / 3600,
             static_cast<long long>(rest) / 60 % 60, static_cast<long long>(rest) % 60);
  open = terminal;
  if (!terminal)
    text.add("\n");
  text.write(STDERR_FILENO);
  if (left == 0)
    endLine();
}

void Progress::evaluation(const EvalRecord &record) {
  text.clear();
  text.add("step %lld: evaluation loss %.4f", static_cast<long long>(record.step), record.loss);
  if (record.tokens)
    text.add("  perplexity %.2f", std::exp(record.loss));
  if (!std::isnan(record.accuracy))
    text.add("  accuracy %.3f", record.accuracy);
  text.add("  (%lld batches", static_cast<long long>(record.batches));
  if (record.lastRows)
    text.add(", the last one of %lld rows", static_cast<long long>(record.lastRows));
  if (record.leftRows)
    text.add("; the last %lld rows fill none and are left out",
             static_cast<long long>(record.leftRows));
  text.add(")\n");
  endLine();
  text.write(STDERR_FILENO);
}

void Progress::say(const char *pattern, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(line, sizeof(line), pattern, arguments);
  va_end(arguments);
  endLine();
  text.clear();
  text.add("%s\n", line);
  text.write(STDERR_FILENO);
}

} // namespace plimsoll
