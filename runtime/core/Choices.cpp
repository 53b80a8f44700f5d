//===- Choices.cpp - the algorithms that libraries chose, for a resumed run -===//
#include "Choices.h"

#include "Failure.h"

namespace plimsoll {
namespace {

std::string keyOf(const Kernel &kernel, const LaunchShape &shape) {
  std::string key = kernel.name;
  if (const char *narrow = narrowFactors(shape.type, shape.precision))
    key.append("_").append(narrow);
  key += "[";
  for (int i = 0; i < shape.sizeCount; ++i)
    key.append(i == 0 ? "" : ",").append(std::to_string(shape.sizes[i]));
  return key + "]";
}

} // namespace

void Choices::record(const std::string &text, const std::string &file) {
  before.clear();
  for (size_t at = 0; at < text.size();) {
    size_t equals = text.find('=', at), end = text.find(';', at);
    bool whole = end != text.npos && equals > at + 1 && equals < end && text[equals - 1] == ']';
    if (!whole)
      throw Failure(format("'%s': its record of the algorithms that libraries chose is damaged "
                           "(at '%s'); resume from another checkpoint, or start from its "
                           "parameters alone with --weights",
                           file.c_str(), text.substr(at, 60).c_str()));
    before[text.substr(at, equals - at)] = text.substr(equals + 1, end - equals - 1);
    at = end + 1;
  }
}

const char *Choices::recorded(const Kernel &kernel, const LaunchShape &shape) const {
  auto found = before.find(keyOf(kernel, shape));
  return found == before.end() ? nullptr : found->second.c_str();
}

void Choices::refuse(const Kernel &kernel, const LaunchShape &shape, int launch,
                     const char *reason) {
  if (refusals.empty())
    first = {launch, reason};
  refusals.emplace(keyOf(kernel, shape), reason);
}

void Choices::note(const Kernel &kernel, const LaunchShape &shape, const void *handle) {
  if (!kernel.choice)
    return;
  char text[256] = "";
  kernel.choice(handle, text, sizeof text);
  if (*text)
    made[keyOf(kernel, shape)] = text;
}

std::string Choices::text() const {
  std::string all;
  for (const auto &[key, choice] : made)
    all += key + "=" + choice + ";";
  return all;
}

} // namespace plimsoll
