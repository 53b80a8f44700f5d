//===- ExportWeights.h - the elements that an exported file gets ----*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTWEIGHTS_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTWEIGHTS_H

#include "compiler/onnx/parameters/Parameters.h"
#include "plimsoll/TensorFile.h"
#include "llvm/Support/Error.h"
#include <map>
#include <memory>

namespace plimsoll::import {

/// What a use sees: a parameter as the file lays it out, or the transpose of that, once or
/// several times behind each other.
struct Content {
  int parameter;
  bool transposed;
  int64_t repeats = 1;
  auto operator<=>(const Content &) const = default;
};

/// New elements of some parameters.
class Weights {
public:
  virtual ~Weights() = default;
  virtual bool has(int parameter) const = 0;
  /// The elements of a parameter that it has, dense.
  virtual llvm::Error read(Content content, char *into) const = 0;
};

/// Those of a checkpoint.
class CheckpointWeights : public Weights {
public:
  CheckpointWeights(const TensorFile &file, const ParameterPlan &plan) : file(file), plan(plan) {}
  bool has(int parameter) const override { return file.has(parameter); }
  llvm::Error read(Content content, char *into) const override;

private:
  const TensorFile &file;
  const ParameterPlan &plan;
};

/// Low-rank adapters (names and layouts as PEFT's), merged into what they adapt:
/// W + (alpha / rank) B A, in f64 and rounded once.
class MergedWeights : public Weights {
public:
  /// `base`: elements besides the model's own, or null. `alpha`: where the file does not say it.
  static llvm::Expected<std::unique_ptr<MergedWeights>>
  create(const std::string &path, std::optional<double> alpha, const Graph &graph,
         const ParameterPlan &plan, const Weights *base);

  bool has(int parameter) const override {
    return adapters.count(parameter) || (base && base->has(parameter));
  }
  llvm::Error read(Content content, char *into) const override;
  int64_t count() const { return adapters.size(); }

private:
  struct Adapter {
    size_t a, b;           ///< numbers in the file's match
    int64_t in, rank, out; ///< A is [rank, in], B is [out, rank]
    bool outFirst;         ///< the parameter is [out, in] in the file
  };

  MergedWeights(const Graph &graph, const ParameterPlan &plan, const Weights *base)
      : graph(graph), plan(plan), base(base) {}
  void find(std::string &problems);
  void add(int parameter, const std::string &stem, std::string &problems);
  llvm::Error readBase(Content content, char *into) const;
  template <typename T>
  llvm::Error addAdapter(const Adapter &adapter, bool outFirst, char *into) const;

  const Graph &graph;
  const ParameterPlan &plan;
  const Weights *base;
  std::unique_ptr<TensorFile> file;
  std::vector<WantedTensor> wanted;
  std::map<int, Adapter> adapters;
  double alpha = 0;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTWEIGHTS_H
