//===- Schedule.cpp - the learning rate of every step -----------------------===//
#include "Schedule.h"

#include "Failure.h"

#include <cmath>
#include <cstdlib>

namespace plimsoll {

Schedule::Schedule(const char *given, double rate, int64_t steps) : rate(rate), steps(steps) {
  std::string text = given;
  size_t comma = text.find(',');
  std::string name = text.substr(0, comma);
  bool good = name == "constant" || name == "cosine" || name == "linear";
  kind = name == "cosine" ? Kind::cosine : name == "linear" ? Kind::linear : Kind::constant;
  if (comma != text.npos) {
    std::string rest = text.substr(comma + 1);
    char *end = nullptr;
    good = good && rest.starts_with("warmup=") && rest.size() > 7 && rest.size() < 20;
    warmup = good ? std::strtoll(rest.c_str() + 7, &end, 10) : 0;
    good = good && !*end && warmup >= 0;
  }
  if (!good)
    throw UsageError(format("--lr-schedule='%s': 'constant', 'cosine' or 'linear' is expected, "
                            "with ',warmup=N' behind it if wanted",
                            given));
}

double Schedule::at(int64_t step) const {
  if (step <= warmup)
    return rate * static_cast<double>(step) / static_cast<double>(warmup);
  if (kind == Kind::constant)
    return rate;
  double whole = static_cast<double>(steps - warmup);
  double progress = whole > 0 ? static_cast<double>(step - 1 - warmup) / whole : 0.0;
  return kind == Kind::linear ? rate * (1.0 - progress)
                              : rate * 0.5 * (1.0 + std::cos(3.14159265358979323846 * progress));
}

} // namespace plimsoll
