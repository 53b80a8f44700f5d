//===- Shown.cpp - escapes text from untrusted files --------------------------===//
#include "plimsoll/Shown.h"

#include "Failure.h"

namespace plimsoll {
namespace {

/// A character of UTF-8 (RFC 3629); `bytes` 0: the text does not begin with one.
struct Character {
  unsigned code = 0;
  size_t bytes = 0;
};

Character first(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned lead = byte(0);
  if (lead < 0x80)
    return {lead, 1};
  size_t bytes = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (bytes == 0 || text.size() < bytes)
    return {};
  unsigned code = lead & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80)
      return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  bool surrogate = code >= 0xd800 && code < 0xe000;
  return overlong || surrogate || code > 0x10ffff ? Character{} : Character{code, bytes};
}

bool isBetween(unsigned code, unsigned low, unsigned high) {
  return code >= low && code <= high;
}

/// True for those characters of Unicode's categories Cc, Cf, Zl, Zp and Cn on which terminals or
/// pages act, or which XML cannot represent.
bool isHidden(unsigned code) {
  return code < 0x20 || isBetween(code, 0x7f, 0x9f) || code == 0xad || code == 0x61c ||
         isBetween(code, 0x200b, 0x200f) || isBetween(code, 0x2028, 0x202e) ||
         isBetween(code, 0x2060, 0x206f) || code == 0xfeff || isBetween(code, 0xfff9, 0xfffb) ||
         (code & 0xfffe) == 0xfffe || isBetween(code, 0xe0000, 0xe007f);
}

std::string escape(unsigned code) {
  switch (code) {
  case '\n':
    return "\\n";
  case '\t':
    return "\\t";
  case '\r':
    return "\\r";
  }
  return code < 0x100 ? format("\\x%02x", code)
                      : format(code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
}

/// Escapes bytes that are not UTF-8, and characters for which `escapes` is true.
template <typename Escapes> std::string rewrite(std::string_view text, Escapes escapes) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    Character c = first(text.substr(at));
    if (c.bytes == 0)
      result += format("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[at++])));
    else if (escapes(c.code))
      result += escape(c.code), at += c.bytes;
    else
      result += text.substr(at, c.bytes), at += c.bytes;
  }
  return result;
}

} // namespace

std::string shown(std::string_view text) {
  return rewrite(text, isHidden);
}

std::string shownLines(std::string_view text) {
  return rewrite(text, [](unsigned code) { return code != '\n' && isHidden(code); });
}

std::string utf8(std::string_view text) {
  return rewrite(text, [](unsigned) { return false; });
}

} // namespace plimsoll
