//===- Recipe.cpp - parses loss, optimizer, groups and clipping -------------------===//
#include "tools/plimsoll/Recipe.h"
#include "passes/autodiff/Optimizers.h"
#include "passes/prepare/LossSpec.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace plimsoll;
using namespace plimsoll::cli;

namespace {

class RecipeParser {
public:
  RecipeParser(const NetworkOptions &network, const RecipeOptions &raw,
               pipeline::CompileOptions &options)
      : network(network), raw(raw), options(options) {}

  std::vector<std::string> run() {
    optimizer();
    loss();
    groups(raw.decay, "--decay", options.recipe.decay);
    groups(raw.lrScale, "--lr-scale", options.recipe.lrScale);
    options.clipping = autodiff::parseClipping(raw.clip);
    if (!raw.clip.empty() && !options.clipping)
      add("--clip=" + raw.clip +
          ": expected norm:1.0 (all gradients together) or value:0.5 (each "
          "element)");
    options.accumulate = raw.accumulate;
    return std::move(problems);
  }

private:
  void add(std::string problem) { problems.push_back(std::move(problem)); }

  void optimizer() {
    std::vector<std::string> wrong;
    options.optimizer = autodiff::parseOptimizer(raw.optimizer, wrong);
    for (const std::string &problem : wrong)
      add("--optimizer: " + problem);
    for (const std::string &word : raw.allow)
      if (word != "precision")
        add("--allow=" + word + ": expected precision");
    if (!options.optimizer.state->isExact() && !is_contained(raw.allow, "precision"))
      add("--optimizer: state=" + options.optimizer.state->name.str() +
          " rounds what the optimizer keeps, and losses are not those of state=f32; add "
          "--allow=precision if that may be, or leave it away");
  }

  // Loss --------------------------------------------------------------------

  void loss() {
    std::vector<std::string> wrong;
    options.loss = prepare::parseLoss(withWeights(network.loss), wrong);
    options.model.alsoOutput = options.loss.output;
    for (const std::string &problem : wrong)
      add("--loss: " + problem);
  }

  /// Returns `text` with `weights=FILE` replaced by the numbers in that file.
  std::string withWeights(StringRef text) {
    SmallVector<StringRef> pieces;
    text.split(pieces, ',');
    std::vector<std::string> result;
    for (StringRef piece : pieces) {
      StringRef value = piece;
      bool isFile = value.consume_front("weights=") &&
                    value.find_first_not_of("0123456789.:eE+-") != StringRef::npos;
      result.push_back(isFile ? "weights=" + numbersOf(value) : piece.str());
    }
    return join(result, ",");
  }

  std::string numbersOf(StringRef path) {
    auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
    if (!buffer) {
      add("--loss: weights=" + path.str() + ": " + buffer.getError().message());
      return "1";
    }
    SmallVector<StringRef> words;
    for (StringRef rest = (*buffer)->getBuffer(); !(rest = rest.ltrim(" \t\r\n,")).empty();) {
      words.push_back(rest.take_until([](char c) { return StringRef(" \t\r\n,").contains(c); }));
      rest = rest.drop_front(words.back().size());
    }
    return join(words, ":");
  }

  // Groups ------------------------------------------------------------------

  /// Parses `REGEX=0.1`; the expression may contain a `=`.
  void groups(const std::vector<std::string> &texts, StringRef flag,
              std::vector<prepare::NumberGroup> &found) {
    for (const std::string &text : texts) {
      auto [expression, value] = StringRef(text).rsplit('=');
      double number = 0;
      std::string message;
      if (expression.empty() || value.getAsDouble(number) || !(number >= 0 && number < 1e30))
        add((flag + "=" + text + ": expected REGEX=NUMBER, a number of at least 0").str());
      else if (!Regex(expression).isValid(message))
        add((flag + "=" + text + ": " + message).str());
      else
        found.push_back({expression.str(), number});
    }
  }

  const NetworkOptions &network;
  const RecipeOptions &raw;
  pipeline::CompileOptions &options;
  std::vector<std::string> problems;
};

} // namespace

std::vector<std::string> plimsoll::cli::parseRecipe(const NetworkOptions &network,
                                                    const RecipeOptions &recipe,
                                                    pipeline::CompileOptions &options) {
  return RecipeParser(network, recipe, options).run();
}
