//===- JsonTest.cpp - problems and solutions as JSON ------------------------------------------===//

#include "passes/planner/Json.h"
#include "RandomProblem.h"
#include "passes/planner/Solve.h"
#include "passes/planner/Validate.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace plimsoll::planner;
using namespace plimsoll::planner::test;

namespace {

TEST(Json, aPlanThatWasWrittenAndReadIsTheSameAndValid) {
  const Problem problem = randomProblem(7, 12);
  const Solution solution = solve(problem).solution;
  const nlohmann::json written = toJson(problem), plan = toJson(solution);
  EXPECT_EQ(written.at("version"), 2);
  const Problem read = problemFromJson(nlohmann::json::parse(written.dump()));
  EXPECT_EQ(toJson(read), written);
  EXPECT_TRUE(validate(read, solutionFromJson(nlohmann::json::parse(plan.dump()))).empty());
}

std::string complaint(nlohmann::json problem) {
  try {
    problemFromJson(problem);
  } catch (const std::invalid_argument &error) {
    return error.what();
  }
  return "";
}

TEST(Json, anotherVersionIsRefusedByItsName) {
  nlohmann::json problem = toJson(randomProblem(7, 12));
  EXPECT_EQ(complaint(problem), "");
  problem["version"] = 1;
  EXPECT_EQ(complaint(problem),
            "the problem is of version 1 of the format; this planner reads version 2");
  problem["version"] = "two";
  EXPECT_NE(complaint(problem).find("version \"two\""), std::string::npos);
  problem.erase("version");
  EXPECT_EQ(complaint(problem),
            "the problem names no version of the format; this planner reads version 2");
}

} // namespace
