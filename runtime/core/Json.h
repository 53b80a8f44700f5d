//===- Json.h - a small strict JSON reader ----------------------------------===//
//
// Reads safetensors headers: RFC 8259 with bounded depth; every error names its byte.
// Numbers are 64-bit integers, as headers need no others; a fraction is an error.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_JSON_H
#define PLIMSOLL_CORE_JSON_H

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plimsoll {

struct Json {
  enum class Kind { null, boolean, integer, string, array, object } kind = Kind::null;
  int64_t integer = 0;
  std::string string;
  std::vector<Json> items;                           ///< elements of an array
  std::vector<std::pair<std::string, Json>> members; ///< members of an object, in order

  const Json *find(std::string_view name) const;
};

/// Parses `text`, which must be one value and blanks. Throws Failure ("byte 12: ...").
Json parseJson(std::string_view text);

/// Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 are escaped as by
/// utf8() of plimsoll/Shown.h.
void appendQuoted(std::string &out, std::string_view text);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_JSON_H
