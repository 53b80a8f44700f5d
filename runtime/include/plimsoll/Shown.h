//===- Shown.h - texts from elsewhere, fit to be shown -----------------------===//
//
// Names come out of files that anybody may have made. Compiler and programs pass them through
// here on their way to a terminal, a page, a comment or a file that holds UTF-8 alone.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_SHOWN_H
#define PLIMSOLL_SHOWN_H

#include <string>
#include <string_view>

namespace plimsoll {

/// `text` in one line. What is no UTF-8, moves a cursor, ends a line, turns the direction of
/// reading or is invisible stands as an escape: `\n`, `\x1b`, `\u2028`.
std::string shown(std::string_view text);

/// As `shown`, for texts of several lines: line feeds stay.
std::string shownLines(std::string_view text);

/// `text` as UTF-8: a byte that belongs to none stands as an escape, `\xff`.
std::string utf8(std::string_view text);

} // namespace plimsoll

#endif // PLIMSOLL_SHOWN_H
