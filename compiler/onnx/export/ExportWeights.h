//===- ExportWeights.h - the elements to write into an exported file -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTWEIGHTS_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_EXPORTWEIGHTS_H

#include "compiler/onnx/parameters/Parameters.h"
#include "plimsoll/TensorFile.h"
#include "llvm/Support/Error.h"
#include <map>
#include <memory>

namespace plimsoll::import {

/// What a use sees: a parameter in the file's layout or transposed, `repeats` times one after the
/// other.
struct Content {
  int parameter;
  bool transposed;
  int64_t repeats = 1;
  auto operator<=>(const Content &) const = default;
};

/// New elements of some of the parameters.
class Weights {
public:
  virtual ~Weights() = default;
  virtual bool has(int parameter) const = 0;
  /// Writes the dense elements of a parameter that `has` to `into`. Fails if they cannot be read.
  virtual llvm::Error read(Content content, char *into) const = 0;
};

/// The weights of a checkpoint.
class CheckpointWeights : public Weights {
public:
  CheckpointWeights(const TensorFile &file, const ParameterPlan &plan) : file(file), plan(plan) {}
  bool has(int parameter) const override { return file.has(parameter); }
  llvm::Error read(Content content, char *into) const override;

private:
  const TensorFile &file;
  const ParameterPlan &plan;
};

/// Low-rank adapters (names and layouts as PEFT's) merged into the parameters that they adapt: W +
/// (alpha / rank) B A, computed in f64 and rounded once.
class MergedWeights : public Weights {
public:
  /// `base` has elements that replace the model's own, or is null. `alpha` is used if the file does
  /// not contain it. Fails if an adapter does not fit.
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
    size_t a, b;           ///< indices into the file's match
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
