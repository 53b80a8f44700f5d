//===- Text.h - text in a buffer of fixed size ------------------------------===//
//
// Metrics and progress are written while a program trains, when nothing may be
// allocated: they are formatted in this buffer and written with write(2).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_TEXT_H
#define PLIMSOLL_CORE_TEXT_H

#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <unistd.h>

namespace plimsoll {

/// Writes all bytes, with as many calls of write(2) as that takes. False on failure, see errno.
bool writeAll(int descriptor, const void *data, size_t bytes);

class Text {
public:
  void clear() { used = 0; }
  const char *data() const { return buffer; }
  size_t size() const { return used; }

  __attribute__((format(printf, 2, 3))) void add(const char *pattern, ...) {
    va_list arguments;
    va_start(arguments, pattern);
    int length = std::vsnprintf(buffer + used, sizeof(buffer) - used, pattern, arguments);
    va_end(arguments);
    used += length < 0 ? 0 : static_cast<size_t>(length);
    used = used < sizeof(buffer) ? used : sizeof(buffer) - 1;
  }

  /// Adds a JSON number from which the same f32 can be read back; null if it is not finite.
  void addNumber(double value) { std::isfinite(value) ? add("%.9g", value) : add("null"); }

  bool write(int descriptor) const { return writeAll(descriptor, buffer, used); }

private:
  char buffer[2048];
  size_t used = 0;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_TEXT_H
