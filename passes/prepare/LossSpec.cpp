//===- LossSpec.cpp - the text of --loss ------------------------------------------===//
#include "passes/prepare/LossSpec.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace llvm;
using namespace plimsoll::prepare;

namespace {

struct Kind {
  StringLiteral name;
  SmallVector<StringRef> keys;
};

const Kind kKinds[] = {
    {"cross-entropy", {"label-smoothing", "ignore-index", "weights", "axis"}},
    {"mse", {}},
    {"l1", {}},
    {"huber", {"delta"}},
    {"bce-with-logits", {}},
    {"kl", {"temperature", "axis"}},
    {"output", {}},
};

/// Parses the options of a loss; each problem names its key.
class Parser {
public:
  Parser(LossSpec &spec, std::vector<std::string> &problems) : spec(spec), problems(problems) {}

  void option(StringRef piece) {
    auto [key, value] = piece.split('=');
    const Kind *kind = find_if(kKinds, [&](const Kind &k) { return k.name == spec.kind; });
    if (kind == std::end(kKinds))
      return; // the unknown kind is reported already
    if (!is_contained(kind->keys, key))
      return add("'" + piece.str() + "' is no option of " + spec.kind + "; " +
                 (kind->keys.empty() ? "it has none" : "there are " + join(kind->keys, ", ")));
    if (key == "label-smoothing")
      spec.labelSmoothing = real(piece, value, 0, 1, "a number from 0 to 1");
    else if (key == "ignore-index")
      spec.ignoreIndex = whole(piece, value);
    else if (key == "axis")
      spec.axis = whole(piece, value);
    else if (key == "weights")
      weights(piece, value);
    else
      (key == "delta" ? spec.delta : spec.temperature) =
          real(piece, value, std::numeric_limits<double>::min(), HUGE_VAL, "a number above 0");
  }

  void add(std::string problem) { problems.push_back(std::move(problem)); }

private:
  double real(StringRef piece, StringRef value, double least, double most, StringRef expected) {
    double number = 0;
    if (value.getAsDouble(number) || !(number >= least && number <= most) || std::isinf(number))
      add("'" + piece.str() + "': expected " + expected.str());
    return number;
  }

  int64_t whole(StringRef piece, StringRef value) {
    int64_t number = 0;
    if (value.getAsInteger(10, number))
      add("'" + piece.str() + "': expected a whole number");
    return number;
  }

  void weights(StringRef piece, StringRef value) {
    SmallVector<StringRef> parts;
    value.split(parts, ':');
    for (StringRef part : parts) {
      double weight = 0;
      if (part.getAsDouble(weight) || !(weight >= 0) || std::isinf(weight))
        return add("'" + piece.str() +
                   "': expected numbers of at least 0, one for each class, as "
                   "in weights=1:0.5:2, or a file of them");
      spec.weights.push_back(weight);
    }
  }

  LossSpec &spec;
  std::vector<std::string> &problems;
};

} // namespace

LossSpec plimsoll::prepare::parseLoss(StringRef text, std::vector<std::string> &problems) {
  LossSpec spec;
  SmallVector<StringRef> pieces;
  text.split(pieces, ',');
  auto [kind, output] = pieces.front().split(':');
  spec.kind = kind.str();
  spec.output = output.str();
  Parser parser(spec, problems);
  if (none_of(kKinds, [&](const Kind &known) { return known.name == spec.kind; }))
    parser.add("unknown loss '" + spec.kind +
               "', expected cross-entropy, mse, l1, huber, bce-with-logits or kl, with :OUTPUT "
               "behind it where the model has several, or output:NAME");
  for (StringRef piece : drop_begin(pieces))
    parser.option(piece);
  return spec;
}

std::optional<int64_t> plimsoll::prepare::classAxis(std::optional<int64_t> asked, int64_t rank) {
  int64_t axis = asked.value_or(rank > 3 ? 1 : rank - 1);
  if (axis < 0)
    axis += rank;
  return axis > 0 && axis < rank ? std::optional(axis) : std::nullopt;
}
