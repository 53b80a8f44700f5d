//===- Shown.h - escapes text from untrusted files ----------------------------===//
//
// Names come out of files that anybody may have made. The compiler and its programs escape them
// with these functions before they write them to a terminal, a page, a comment or a UTF-8 file.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_SHOWN_H
#define PLIMSOLL_SHOWN_H

#include <string>
#include <string_view>

namespace plimsoll {

/// Returns `text` in one line. Bytes that are not UTF-8 and characters that move a cursor, end a
/// line, turn the direction of reading or are invisible become escapes: `\n`, `\x1b`, `\u2028`.
std::string shown(std::string_view text);

/// As `shown`, for text of several lines: line feeds are kept.
std::string shownLines(std::string_view text);

/// Returns `text` as UTF-8: a byte that is not part of a UTF-8 character becomes an escape, `\xff`.
std::string utf8(std::string_view text);

} // namespace plimsoll

#endif // PLIMSOLL_SHOWN_H
