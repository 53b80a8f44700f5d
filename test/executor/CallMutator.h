//===- CallMutator.h - calls broken at random -----------------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_EXECUTOR_CALLMUTATOR_H
#define PLIMSOLL_TEST_EXECUTOR_CALLMUTATOR_H

#include "dialects/exec/ExecDialect.h"
#include "mlir/IR/Builders.h"
#include <random>

namespace plimsoll::test {

/// Breaks a call in one random way.
class CallMutator {
public:
  CallMutator(exec::CallOp call, uint64_t seed);

  /// Returns what was done, or "" if this call offers no place for it.
  std::string apply();

private:
  std::string changeSize();
  std::string swapSizes();
  std::string countSizes();
  std::string changeBuffer();
  std::string swapBuffers();
  std::string countBuffers();
  std::string shrinkSlice();
  std::string changeType();
  std::string changeKernel();
  std::string changeKey();
  std::string countScalars();

  /// A number of [0, below).
  size_t pick(size_t below) { return random() % below; }
  void setSlice(mlir::Value slice, mlir::Type element, int64_t count);

  exec::CallOp call;
  mlir::Builder builder;
  std::mt19937_64 random;
};

} // namespace plimsoll::test

#endif // PLIMSOLL_TEST_EXECUTOR_CALLMUTATOR_H
