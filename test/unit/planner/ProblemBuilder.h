//===- ProblemBuilder.h - short ways to write problems in tests ----------------===//

#pragma once

#include "passes/planner/Problem.h"

namespace plimsoll::planner::test {

/// Builds a problem of one timeline, "train".
struct ProblemBuilder {
  Problem problem;

  ProblemBuilder() {
    problem.timelines.resize(1);
    problem.timelines[0].name = "train";
  }

  ValueId value(int64_t bytes, Lifetime lifetime = Lifetime::Transient) {
    const ValueId id = static_cast<ValueId>(problem.values.size());
    Value value;
    value.name = numbered("v", id);
    value.bytes = bytes;
    value.alignment = 1;
    value.lifetime = lifetime;
    problem.values.push_back(value);
    return id;
  }
  ValueId resident(int64_t bytes) { return value(bytes, Lifetime::Resident); }
  ValueId input(int64_t bytes) {
    const ValueId id = value(bytes);
    train().liveAtStart.push_back(id);
    return id;
  }
  Op &op(std::vector<ValueId> reads, std::vector<ValueId> writes, double cost = 1) {
    Op op;
    op.name = numbered("op", std::ssize(train().ops));
    op.reads = std::move(reads);
    op.writes = std::move(writes);
    op.alternatives[0].seconds = cost;
    train().ops.push_back(op);
    return train().ops.back();
  }
  static std::string numbered(std::string name, int64_t number) {
    return name.append(std::to_string(number));
  }
  Timeline &train() { return problem.timelines[0]; }
};

} // namespace plimsoll::planner::test
