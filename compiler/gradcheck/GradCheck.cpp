//===- GradCheck.cpp - a model's gradients against differences of its loss ----------===//
#include "compiler/gradcheck/GradCheck.h"
#include "compiler/gradcheck/CheckedModel.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::gradcheck;

/// If probes at random elements meet kinks, others are drawn, up to this multiple of the samples.
static constexpr int64_t kTries = 4;
/// Standard deviation by which parameters are moved away from a kink.
static constexpr double kJitter = 1e-3;

bool CheckReport::passed() const {
  return !together.wrong && llvm::none_of(parameters, [](const CheckedParameter &parameter) {
    return parameter.tally.wrong.has_value();
  });
}

namespace {

class Checker {
public:
  /// `model` must have its gradients, `loss` be its loss.
  Checker(CheckedModel &model, const CheckOptions &check, double loss)
      : model(model), check(check), random(check.seed + 2) {
    report.loss = loss;
    report.inputs = model.inputTexts;
  }

  CheckReport run() {
    for (int64_t i = 0; i < check.directions; ++i)
      probe(report.together, directions(), "along a random direction over all parameters");
    for (CheckedModel::Parameter &parameter : model.parameters)
      report.parameters.push_back(checkOne(parameter));
    return std::move(report);
  }

private:
  /// A parameter, and the direction in which it moves.
  using Move = std::pair<CheckedModel::Parameter *, std::vector<double>>;

  /// Returns a random direction of length 1.
  std::vector<double> direction(const CheckedModel::Parameter &parameter) {
    std::normal_distribution<double> normal;
    std::vector<double> along(parameter.values.size());
    double square = 0;
    for (double &x : along) {
      x = normal(random);
      square += x * x;
    }
    for (double &x : along)
      x /= std::sqrt(square);
    return along;
  }

  std::vector<Move> directions() {
    std::vector<Move> moves;
    for (CheckedModel::Parameter &parameter : model.parameters)
      moves.push_back({&parameter, direction(parameter)});
    return moves;
  }

  bool probe(Tally &tally, const std::vector<Move> &moves, std::string where) {
    Comparison comparison = compareAlong(moves, report.loss);
    double derivative = derivativeAlong(moves);
    if (comparison.verdict == Verdict::Wrong && comparison.kink && agreesBeside(moves))
      comparison.verdict = Verdict::NotDifferentiable;
    return tally.add(comparison, derivative, std::move(where));
  }

  static double derivativeAlong(const std::vector<Move> &moves) {
    double derivative = 0;
    for (const auto &[parameter, along] : moves)
      for (auto [g, d] : llvm::zip(parameter->gradient, along))
        derivative += g * d;
    return derivative;
  }

  Comparison compareAlong(const std::vector<Move> &moves, double loss) {
    auto at = [&](double step) {
      for (const auto &[parameter, along] : moves)
        for (size_t i = 0; i < along.size(); ++i)
          parameter->place[i] = parameter->values[i] + step * along[i];
      return model.loss();
    };
    Comparison comparison = compare(derivativeAlong(moves), loss, at);
    for (const auto &[parameter, along] : moves)
      llvm::copy(parameter->values, parameter->place);
    return comparison;
  }

  /// True if the derivative is not wrong after all parameters are moved a little: then it was
  /// probed at a kink.
  bool agreesBeside(const std::vector<Move> &moves) {
    std::normal_distribution<double> normal(0, kJitter);
    std::vector<CheckedModel::Parameter> kept = model.parameters;
    for (CheckedModel::Parameter &parameter : model.parameters) {
      for (double &value : parameter.values)
        value += normal(random);
      llvm::copy(parameter.values, parameter.place);
    }
    double loss = model.lossAndGradients();
    Comparison comparison = compareAlong(moves, loss);
    for (auto [parameter, before] : llvm::zip(model.parameters, kept)) {
      parameter = before;
      llvm::copy(parameter.values, parameter.place);
    }
    return comparison.verdict != Verdict::Wrong;
  }

  CheckedParameter checkOne(CheckedModel::Parameter &parameter) {
    CheckedParameter result{parameter.op.getSymName().str(), int64_t(parameter.values.size()), {}};
    probe(result.tally, {{&parameter, direction(parameter)}}, "along a random direction");
    int64_t wanted = std::min(check.samples, result.count);
    for (int64_t i = 0, done = 0; i < kTries * wanted && done < wanted; ++i) {
      int64_t element = random() % result.count;
      std::vector<double> along(result.count);
      along[element] = 1;
      done += probe(result.tally, {{&parameter, along}}, "at " + indexText(parameter.op, element));
    }
    return result;
  }

  /// Returns the index of an element as text, "[3, 5]", in the framework's shape.
  static std::string indexText(nn::ParameterOp op, int64_t element) {
    SmallVector<int64_t> index;
    for (int64_t size : llvm::reverse(op.getTensorType().getShape())) {
      index.insert(index.begin(), element % size);
      element /= size;
    }
    if (op.getTransposed())
      std::swap(index[0], index[1]);
    std::string text;
    for (int64_t i : index)
      text += (text.empty() ? "[" : ", ") + std::to_string(i);
    return text.empty() ? "[]" : text + "]";
  }

  CheckedModel &model;
  const CheckOptions &check;
  std::mt19937_64 random;
  CheckReport report;
};

} // namespace

llvm::Expected<CheckReport> plimsoll::gradcheck::checkGradients(MLIRContext &context,
                                                                pipeline::CompileOptions options,
                                                                const CheckOptions &check) {
  options.checkGradients = true;
  options.planning.effort = planner::Effort::Fast;
  options.planning.recompute = false;
  auto compiled = pipeline::compileTo(context, options, pipeline::Stage::Exec);
  if (failed(compiled))
    return llvm::createStringError("");
  auto model =
      CheckedModel::create(*compiled, llvm::sys::path::parent_path(options.model.path), check);
  if (!model)
    return model.takeError();
  double loss = (*model)->lossAndGradients();
  if (!std::isfinite(loss))
    return llvm::createStringError("the loss is " + std::to_string(loss) +
                                   " at these inputs, and has no gradients there; give real ones "
                                   "with --data=safetensors:FILE");
  return Checker(**model, check, loss).run();
}
