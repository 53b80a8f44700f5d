//===- MutateText.cpp - damaged text of the compiler's stages -----------------===//
#include "test/fuzz/text/MutateText.h"
#include <regex>
#include <vector>

namespace {

struct Span {
  size_t begin, size;
};

/// Numbers that code may not expect.
constexpr const char *kNumbers[] = {"0",
                                    "1",
                                    "-1",
                                    "2",
                                    "3",
                                    "7",
                                    "64",
                                    "-64",
                                    "255",
                                    "65536",
                                    "2147483647",
                                    "4294967296",
                                    "281474976710656",
                                    "4611686018427387904",
                                    "9223372036854775807",
                                    "-9223372036854775808"};

constexpr const char *kElements[] = {"f32", "f64",  "bf16", "i1",   "i32",         "i64",
                                     "ui8", "i8",   "f16",  "i16",  "index",       "i128",
                                     "si8", "ui64", "f80",  "none", "complex<f32>"};

constexpr const char *kTypes[] = {"tensor<f32>",
                                  "tensor<1xf32>",
                                  "tensor<4x8xf32>",
                                  "tensor<0xf32>",
                                  "tensor<?x8xf32>",
                                  "tensor<*xf32>",
                                  "tensor<4xi64>",
                                  "tensor<4x8x1x1xf32>",
                                  "f32",
                                  "vector<4xf32>",
                                  "!exec.slice<f32, 4>",
                                  "index",
                                  "tensor<16xf32>",
                                  "memref<4xf32>",
                                  "tuple<f32, f32>",
                                  "tensor<281474976710656x8xf32>",
                                  "tensor<4x8xf64>",
                                  "tensor<4x8xbf16>",
                                  "tensor<4xui8>",
                                  "tensor<2x0x3xf32>"};

constexpr const char *kValues[] = {"7 : i64",
                                   "-1 : i64",
                                   "0 : i64",
                                   "9223372036854775807 : i64",
                                   "7 : i32",
                                   "true",
                                   "1.5 : f64",
                                   "0x7FF0000000000000 : f64",
                                   "0.5 : f32",
                                   "\"text\"",
                                   "\"\"",
                                   "unit",
                                   "[]",
                                   "[7 : i64]",
                                   "[\"a\", \"b\"]",
                                   "array<i64>",
                                   "array<i64: 1, 0>",
                                   "array<i64: -1, 9223372036854775807, 3>",
                                   "array<f64: 1.0>",
                                   "array<i32: 1>",
                                   "{a = 1 : i64}",
                                   "f16",
                                   "i7",
                                   "tensor<4xf32>",
                                   "@nobody",
                                   "dense<1.0> : tensor<4xf32>",
                                   "dense<[1, 2]> : tensor<2xi64>",
                                   "dense_resource<missing> : tensor<4xf32>",
                                   "#plan.place<offset = 0, bytes = 64>",
                                   "#plan.place<offset = -64, bytes = 9223372036854775807>",
                                   "[#plan.place<offset = 256, bytes = 4096>]",
                                   "#nn.bytes<file = \"none\", offset = 0, size = 4>",
                                   "affine_map<(d0) -> (d0)>"};

constexpr const char *kNames[] = {
    "nn.name",          "nn.role",       "nn.rloe",       "nn.limit",      "nn.ignored",
    "nn.whole",         "nn.dimensions", "nn.classes",    "nn.model",      "nn.unsaved",
    "nn.file_name",     "nn.teacher",    "nn.stored",     "nn.pieces",     "nn.scale",
    "nn.single_source", "nn.constants",  "nn.added_loss", "nn.lora_alpha", "plan.place",
    "plan.places",      "plan.arena",    "plan.launch",   "plan.machine",  "plan.recompute",
    "plan.workspace",   "plan.plces",    "exec.role",     "role",          "axis",
    "kernel",           "unheard_of"};

class TextMutator {
public:
  TextMutator(std::string text, Random &random) : text(std::move(text)), random(random) {}

  std::string run() {
    for (uint64_t i = 0, n = 1 + random.below(3); i < n; ++i)
      once();
    avoidArrays();
    return std::move(text);
  }

private:
  void once() {
    switch (random.below(14)) {
    case 0:
      return dropLine();
    case 1:
      return copyLine();
    case 2:
      return swapLines();
    case 3:
    case 4:
      return replaceOne(R"(-?\b\d{1,40}\b)", random.of(kNumbers));
    case 5:
      return replaceOne(R"(tensor<[^<>]{0,200}>|!exec\.slice<[^<>]{0,200}>)", random.of(kTypes));
    case 6:
      return replaceAll(R"(tensor<[^<>]{0,200}>)", random.of(kTypes));
    case 7:
      return replaceSize();
    case 8:
      return replaceAll(R"(\b(f32|i64|i1)\b)", random.of(kElements));
    case 9:
      return replaceByAnother(R"(%[\w.#]{1,80})");
    case 10:
      return replaceByAnother(
          R"(@[\w.]{1,80}|"nn\.\w{1,80}"|\bnn\.\w{1,80}|exec\.\w{1,80}|arith\.\w{1,80})");
    case 11:
      return replaceOne(R"([\w.]{1,80} = [^,{}<>\[\]]{1,200})", attribute());
    case 12:
      return replaceOne(R"(, [\w.]{1,80} = [^,{}]{1,200}|\{\w{1,80}\})",
                        random.chance(50) ? "" : ", " + attribute());
    default:
      return misspell();
    }
  }

  /// Replaces array<T> by array<i64> if T has no width: MLIR's parser would read it as if it had
  /// one.
  void avoidArrays() {
    static const std::regex regex(R"(array<(?!(i1|i8|i16|i32|i64|f32|f64)[:>])[^:>]{0,200})");
    text = std::regex_replace(text, regex, "array<i64");
  }

  std::string attribute() { return std::string(random.of(kNames)) + " = " + random.of(kValues); }

  // Lines ---------------------------------------------------------------------

  /// Returns the lines that neither open nor close a region.
  std::vector<Span> lines() {
    std::vector<Span> result;
    for (size_t begin = 0; begin < text.size();) {
      size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
      char last = end >= begin + 2 ? text[end - 2] : ' ';
      if (last != '{' && text.find_first_not_of(" }\n", begin) < end)
        result.push_back({begin, end - begin});
      begin = end;
    }
    return result;
  }

  void dropLine() {
    if (auto all = lines(); !all.empty()) {
      Span line = random.of(all);
      text.erase(line.begin, line.size);
    }
  }

  void copyLine() {
    if (auto all = lines(); !all.empty()) {
      Span line = random.of(all), to = random.of(all);
      text.insert(to.begin, text.substr(line.begin, line.size));
    }
  }

  void swapLines() {
    auto all = lines();
    if (all.size() < 2)
      return;
    size_t first = random.below(all.size() - 1);
    size_t second = first + 1 + random.below(std::min<size_t>(all.size() - first - 1, 20));
    std::string moved = text.substr(all[second].begin, all[second].size);
    text.erase(all[second].begin, all[second].size);
    text.insert(all[first].begin, moved);
  }

  // Tokens --------------------------------------------------------------------

  /// Returns all matches of `pattern`, whose repetitions must be bounded: std::regex uses stack for
  /// each letter of a match, and a constant may have a million.
  std::vector<Span> find(const std::string &pattern) {
    std::regex regex(pattern);
    std::vector<Span> found;
    for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
      found.push_back({size_t(it->position()), size_t(it->length())});
    return found;
  }

  void replaceOne(const std::string &pattern, const std::string &with) {
    if (auto found = find(pattern); !found.empty()) {
      Span span = random.of(found);
      text.replace(span.begin, span.size, with);
    }
  }

  /// Replaces all text that is equal to one of the matches.
  void replaceAll(const std::string &pattern, const std::string &with) {
    auto found = find(pattern);
    if (found.empty())
      return;
    Span chosen = random.of(found);
    std::string old = text.substr(chosen.begin, chosen.size);
    for (size_t i = found.size(); i-- > 0;)
      if (text.compare(found[i].begin, found[i].size, old) == 0)
        text.replace(found[i].begin, found[i].size, with);
  }

  /// Replaces one size of tensors everywhere, so that most ops stay consistent.
  void replaceSize() {
    auto found = find(R"(\b\d{1,40}x)");
    if (found.empty())
      return;
    Span chosen = random.of(found);
    std::string old = text.substr(chosen.begin, chosen.size);
    std::string with = std::string(random.of(kNumbers)) + "x";
    for (size_t i = found.size(); i-- > 0;)
      if (text.compare(found[i].begin, found[i].size, old) == 0 && random.chance(98))
        text.replace(found[i].begin, found[i].size, with);
  }

  void replaceByAnother(const std::string &pattern) {
    if (auto found = find(pattern); !found.empty()) {
      Span one = random.of(found), other = random.of(found);
      std::string with = text.substr(other.begin, other.size);
      text.replace(one.begin, one.size, with);
    }
  }

  /// Changes or removes a letter of a name.
  void misspell() {
    auto found = find(R"(\b[a-z_]{1,80}(?= =)|\b(nn|plan|exec)\.\w{1,80})");
    if (found.empty())
      return;
    Span span = random.of(found);
    size_t at = span.begin + random.below(span.size);
    if (random.chance(50))
      text.erase(at, 1);
    else
      text[at] = char('a' + random.below(26));
  }

  std::string text;
  Random &random;
};

} // namespace

std::string mutateText(const std::string &text, Random &random) {
  return TextMutator(text, random).run();
}
