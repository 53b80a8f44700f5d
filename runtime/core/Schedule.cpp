//===- Schedule.cpp - the learning rate of each step ------------------------===//
#include "Schedule.h"

#include "Failure.h"

#include <cmath>
#include <cstdlib>

namespace plimsoll {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr size_t kLongest = 63; ///< characters; RunState::schedule holds no more

/// Goes from `start` (progress 0) to `end` (progress 1) along half a cosine.
double alongCosine(double start, double end, double progress) {
  return end + (start - end) / 2.0 * (1.0 + std::cos(kPi * progress));
}

} // namespace

Schedule::Schedule(const char *given, double rate, int64_t steps) : rate(rate), steps(steps) {
  std::string rest = given;
  size_t comma = rest.find(',');
  bool good = setKind(rest.substr(0, comma)) && rest.size() <= kLongest;
  while (good && comma != rest.npos) {
    rest = rest.substr(comma + 1);
    comma = rest.find(',');
    good = setOption(rest.substr(0, comma));
  }
  if (!good)
    throw UsageError(format("--lr-schedule='%s': 'constant', 'cosine', 'linear' or 'one-cycle' is "
                            "expected, with ',warmup=N' behind it if wanted; one-cycle also knows "
                            "',div=X' and ',final-div=X'",
                            given));
}

bool Schedule::setKind(const std::string &name) {
  kind = name == "cosine"      ? Kind::cosine
         : name == "linear"    ? Kind::linear
         : name == "one-cycle" ? Kind::oneCycle
                               : Kind::constant;
  return kind != Kind::constant || name == "constant";
}

/// Sets `warmup=N`, `div=X` or `final-div=X`; false if `piece` is none of them.
bool Schedule::setOption(const std::string &piece) {
  size_t equals = piece.find('=');
  std::string key = piece.substr(0, equals);
  const char *value = equals == piece.npos ? "" : piece.c_str() + equals + 1;
  char *end = nullptr;
  if (key == "warmup") {
    warmup = std::strtoll(value, &end, 10);
    return *value && !*end && warmup >= 0 && warmup < int64_t(1) << 53;
  }
  if (kind != Kind::oneCycle || (key != "div" && key != "final-div"))
    return false;
  double number = std::strtod(value, &end);
  (key == "div" ? division : finalDivision) = number;
  return *value && !*end && number > 0 && std::isfinite(number);
}

double Schedule::oneCycle(int64_t step) const {
  double start = rate / division, last = start / finalDivision;
  double up = (warmup < 0 ? 0.3 * static_cast<double>(steps) : static_cast<double>(warmup)) - 1.0;
  double t = static_cast<double>(step - 1), down = static_cast<double>(steps - 1) - up;
  if (t <= up)
    return up > 0 ? alongCosine(start, rate, t / up) : rate;
  return alongCosine(rate, last, down > 0 ? (t - up) / down : 1.0);
}

double Schedule::at(int64_t step) const {
  if (kind == Kind::oneCycle)
    return oneCycle(step);
  int64_t rising = warmup < 0 ? 0 : warmup;
  if (step <= rising)
    return rate * static_cast<double>(step) / static_cast<double>(rising);
  if (kind == Kind::constant)
    return rate;
  double whole = static_cast<double>(steps - rising);
  double progress = whole > 0 ? static_cast<double>(step - 1 - rising) / whole : 0.0;
  return kind == Kind::linear ? rate * (1.0 - progress)
                              : rate * 0.5 * (1.0 + std::cos(kPi * progress));
}

} // namespace plimsoll
