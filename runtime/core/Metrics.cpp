//===- Metrics.cpp - one JSON object a step ---------------------------------===//
#include "Metrics.h"

#include "Failure.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <vector>

namespace plimsoll {

Metrics::Metrics(const std::string &path, int64_t resumedStep) : path(path) {
  if (path.empty())
    return;
  if (path == "-") {
    descriptor = STDOUT_FILENO;
    return;
  }
  int flags = O_RDWR | O_CREAT | O_CLOEXEC | (resumedStep ? 0 : O_TRUNC);
  descriptor = ::open(path.c_str(), flags, 0666);
  if (descriptor < 0)
    throw Failure(format("cannot write metrics to '%s': %s", path.c_str(), std::strerror(errno)));
  if (resumedStep)
    keepLines(resumedStep);
}

Metrics::~Metrics() {
  if (descriptor > STDOUT_FILENO)
    ::close(descriptor);
}

/// Cuts the file before the first line of a step after `lastStep`: a run that was killed may have
/// made more steps after the checkpoint that this one resumes.
void Metrics::keepLines(int64_t lastStep) {
  std::string content;
  std::vector<char> chunk(1 << 16);
  for (ssize_t got; (got = ::read(descriptor, chunk.data(), chunk.size())) > 0;)
    content.append(chunk.data(), static_cast<size_t>(got));
  size_t kept = 0;
  while (true) {
    size_t end = content.find('\n', kept);
    if (end == content.npos)
      break;
    size_t key = content.find("\"step\":", kept);
    if (key > end || std::strtoll(content.c_str() + key + 7, nullptr, 10) > lastStep)
      break;
    kept = end + 1;
  }
  if (::ftruncate(descriptor, static_cast<off_t>(kept)) ||
      ::lseek(descriptor, static_cast<off_t>(kept), SEEK_SET) < 0)
    throw Failure(
        format("cannot continue the metrics in '%s': %s", path.c_str(), std::strerror(errno)));
}

void Metrics::send() {
  if (!text.write(descriptor))
    throw Failure(format("cannot write metrics to '%s': %s", path.c_str(), std::strerror(errno)));
}

void Metrics::write(const StepRecord &record) {
  if (descriptor < 0)
    return;
  text.clear();
  text.add("{\"step\":%lld,\"loss\":", static_cast<long long>(record.step));
  text.addNumber(record.loss);
  text.add(",\"lr\":%.9g,\"step_ms\":%.3f,\"%s_per_second\":%.1f", record.learningRate,
           record.milliseconds, record.tokens ? "tokens" : "samples", record.perSecond);
  if (record.tokens) {
    text.add(",\"perplexity\":");
    text.addNumber(std::exp(record.loss));
  }
  if (!std::isnan(record.accuracy)) {
    text.add(",\"accuracy\":");
    text.addNumber(record.accuracy);
  }
  if (!std::isnan(record.gradientNorm)) {
    text.add(",\"gradient_norm\":");
    text.addNumber(record.gradientNorm);
  }
  text.add("}\n");
  send();
}

void Metrics::write(const EvalRecord &record) {
  if (descriptor < 0)
    return;
  text.clear();
  text.add("{\"step\":%lld,\"eval_loss\":", static_cast<long long>(record.step));
  text.addNumber(record.loss);
  if (record.tokens) {
    text.add(",\"eval_perplexity\":");
    text.addNumber(std::exp(record.loss));
  }
  if (!std::isnan(record.accuracy)) {
    text.add(",\"eval_accuracy\":");
    text.addNumber(record.accuracy);
  }
  text.add(",\"eval_batches\":%lld", static_cast<long long>(record.batches));
  if (record.lastRows)
    text.add(",\"eval_last_rows\":%lld", static_cast<long long>(record.lastRows));
  if (record.leftRows)
    text.add(",\"eval_rows_left_out\":%lld", static_cast<long long>(record.leftRows));
  text.add("}\n");
  send();
}

} // namespace plimsoll
