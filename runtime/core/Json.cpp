//===- Json.cpp - a small strict JSON reader --------------------------------===//
#include "Json.h"

#include "Failure.h"
#include "plimsoll/Shown.h"

#include <set>

namespace plimsoll {
namespace {

class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  Json parse() {
    Json value = parseValue(0);
    skipBlanks();
    if (at != text.size())
      fail("something follows the value");
    return value;
  }

private:
  std::string_view text;
  size_t at = 0;

  [[noreturn]] void fail(const char *what) { throw Failure(format("byte %zu: %s", at, what)); }

  void skipBlanks() {
    while (at < text.size() &&
           (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
      ++at;
  }
  bool take(char c) {
    skipBlanks();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c, const char *what) {
    if (!take(c))
      fail(what);
  }

  Json parseValue(int depth) {
    if (depth > 16)
      fail("nested too deeply");
    skipBlanks();
    if (at >= text.size())
      fail("a value is missing");
    switch (text[at]) {
    case '{':
      return parseObject(depth);
    case '[':
      return parseArray(depth);
    case '"': {
      Json value;
      value.kind = Json::Kind::string;
      value.string = parseString();
      return value;
    }
    default:
      return parseWordOrNumber();
    }
  }

  Json parseObject(int depth) {
    Json value;
    value.kind = Json::Kind::object;
    ++at;
    std::set<std::string> names;
    if (take('}'))
      return value;
    do {
      skipBlanks();
      std::string name = parseString();
      if (!names.insert(name).second)
        fail("a name is there twice");
      expect(':', "':' expected");
      value.members.emplace_back(std::move(name), parseValue(depth + 1));
    } while (take(','));
    expect('}', "',' or '}' expected");
    return value;
  }

  Json parseArray(int depth) {
    Json value;
    value.kind = Json::Kind::array;
    ++at;
    if (take(']'))
      return value;
    do
      value.items.push_back(parseValue(depth + 1));
    while (take(','));
    expect(']', "',' or ']' expected");
    return value;
  }

  Json parseWordOrNumber() {
    Json value;
    for (const char *word : {"null", "true", "false"})
      if (text.substr(at).starts_with(word)) {
        at += std::string_view(word).size();
        value.kind = word[0] == 'n' ? Json::Kind::null : Json::Kind::boolean;
        value.integer = word[0] == 't';
        return value;
      }
    value.kind = Json::Kind::integer;
    bool negative = text[at] == '-';
    at += negative;
    if (at >= text.size() || text[at] < '0' || text[at] > '9')
      fail("a value is expected");
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      if (__builtin_mul_overflow(value.integer, int64_t(10), &value.integer) ||
          __builtin_add_overflow(value.integer, int64_t(text[at] - '0'), &value.integer))
        fail("the number is too large");
    if (at < text.size() && (text[at] == '.' || text[at] == 'e' || text[at] == 'E'))
      fail("a whole number is expected");
    value.integer = negative ? -value.integer : value.integer;
    return value;
  }

  std::string parseString() {
    if (at >= text.size() || text[at] != '"')
      fail("a string is expected");
    std::string out;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (static_cast<unsigned char>(text[at]) < 0x20)
        fail("a control character in a string");
      if (text[at] == '\\')
        parseEscape(out);
      else
        out += text[at];
    }
    if (at >= text.size())
      fail("a string does not end");
    ++at;
    return out;
  }

  void parseEscape(std::string &out) {
    static constexpr std::string_view letters = "\"\\/bfnrt", meaning = "\"\\/\b\f\n\r\t";
    if (++at >= text.size())
      fail("a string does not end");
    if (size_t index = letters.find(text[at]); index != letters.npos) {
      out += meaning[index];
      return;
    }
    if (text[at] != 'u')
      fail("an unknown escape");
    unsigned code = parseHex();
    if (code >= 0xd800 && code < 0xdc00 && text.substr(at + 1).starts_with("\\u")) {
      at += 2;
      code = 0x10000 + ((code - 0xd800) << 10) + (parseHex() - 0xdc00);
    }
    appendUtf8(out, code);
  }

  unsigned parseHex() {
    unsigned code = 0;
    for (int digit = 0; digit < 4; ++digit) {
      char c = ++at < text.size() ? text[at] : '?';
      int value = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
      if (value < 0)
        fail("four hex digits are expected");
      code = code * 16 + static_cast<unsigned>(value);
    }
    return code;
  }

  static void appendUtf8(std::string &out, unsigned code) {
    if (code < 0x80) {
      out += static_cast<char>(code);
      return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static constexpr unsigned lead[] = {0, 0xc0, 0xe0, 0xf0};
    out += static_cast<char>(lead[more] | (code >> (6 * more)));
    while (more-- > 0)
      out += static_cast<char>(0x80 | ((code >> (6 * more)) & 0x3f));
  }
};

} // namespace

const Json *Json::find(std::string_view name) const {
  for (const auto &[key, value] : members)
    if (key == name)
      return &value;
  return nullptr;
}

Json parseJson(std::string_view text) {
  return Parser(text).parse();
}

void appendQuoted(std::string &out, std::string_view text) {
  out += '"';
  for (char c : utf8(text)) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += format("\\u%04x", c);
    else
      out += c;
  }
  out += '"';
}

} // namespace plimsoll
