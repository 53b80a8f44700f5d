//===- OpRun.cpp - copies of one op on given tensors --------------------------------===//
//
// No plan is made: every value gets bytes of its own, and results that must be written over
// operands get theirs.
//===----------------------------------------------------------------------===//
#include "test/factors/OpRun.h"
#include "compiler/executor/Timeline.h"
#include "dialects/nn/NNNames.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "passes/kernels/Passes.h"
#include "passes/lower/Passes.h"
#include <cstring>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

// Tensors -------------------------------------------------------------------

/// Returns the bytes of one step along `dim`, and how many rows of such steps there are.
static std::pair<int64_t, int64_t> rowsOf(RankedTensorType type, int64_t dim) {
  int64_t inner = nn::elementBytes(type.getElementType()), outer = 1;
  for (int64_t size : type.getShape().drop_front(dim + 1))
    inner *= size;
  for (int64_t size : type.getShape().take_front(dim))
    outer *= size;
  return {inner, outer};
}

static RankedTensorType resized(RankedTensorType type, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return type.clone(shape);
}

Tensor Tensor::slice(int64_t dim, int64_t begin, int64_t end) const {
  Tensor part{resized(type, dim, end - begin), {}};
  auto [step, rows] = rowsOf(type, dim);
  for (int64_t row = 0; row < rows; ++row) {
    auto *first = bytes.data() + row * step * type.getDimSize(dim);
    part.bytes.insert(part.bytes.end(), first + begin * step, first + end * step);
  }
  return part;
}

Tensor plimsoll::test::join(const Tensor &a, const Tensor &b, int64_t dim) {
  Tensor whole{resized(a.type, dim, a.type.getDimSize(dim) + b.type.getDimSize(dim)), {}};
  auto [step, rows] = rowsOf(whole.type, dim);
  for (int64_t row = 0; row < rows; ++row)
    for (const Tensor *part : {&a, &b}) {
      int64_t bytes = step * part->type.getDimSize(dim);
      auto *first = part->bytes.data() + row * bytes;
      whole.bytes.insert(whole.bytes.end(), first, first + bytes);
    }
  return whole;
}

// Building ------------------------------------------------------------------

void OpRun::build(Operation *op, ArrayRef<OpTypes> copies) {
  types.assign(copies.begin(), copies.end());
  OpBuilder builder(op->getContext());
  Location loc = UnknownLoc::get(op->getContext());
  module = ModuleOp::create(loc);
  SmallVector<Type> arguments, returned;
  for (const OpTypes &copy : types) {
    llvm::append_range(arguments, copy.operands);
    llvm::append_range(returned, copy.results);
  }
  builder.setInsertionPointToEnd(module->getBody());
  auto function =
      func::FuncOp::create(builder, loc, "run", builder.getFunctionType(arguments, returned));
  function->setAttr(nn::kTimelineAttr,
                    nn::TimelineAttr::get(op->getContext(), nn::TimelineKind::evaluate, 1));
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  SmallVector<Value> results;
  unsigned next = 0;
  for (const OpTypes &copy : types) {
    Operation *made = builder.clone(*op);
    for (OpOperand &operand : made->getOpOperands())
      operand.set(block->getArgument(next++));
    for (auto [result, type] : llvm::zip(made->getResults(), copy.results))
      result.setType(type);
    if (!isa<nn::ReshapeOp>(made)) { // a view is no launch
      auto launch = nn::LaunchOp::create(builder, made->getLoc(), made);
      made->erase();
      made = launch;
    }
    llvm::append_range(results, made->getResults());
    ops.push_back(made);
  }
  func::ReturnOp::create(builder, loc, results);
}

int64_t OpRun::reserve(int64_t bytes) {
  constexpr int64_t kAlignment = 64;
  int64_t offset = arenaBytes;
  arenaBytes += (bytes + kAlignment) / kAlignment * kAlignment;
  return offset;
}

void OpRun::place(Operation *copy) {
  MLIRContext *context = copy->getContext();
  auto function = copy->getParentOfType<func::FuncOp>();
  Places &its = places.emplace_back();
  for (Value operand : copy->getOperands()) {
    int64_t bytes = nn::tensorBytes(operand.getType());
    its.operands.push_back(reserve(bytes));
    function.setArgAttr(cast<BlockArgument>(operand).getArgNumber(), plan::kPlaceAttr,
                        plan::PlaceAttr::get(context, its.operands.back(), bytes));
  }
  for (Type type : copy->getResultTypes())
    its.results.push_back(reserve(nn::tensorBytes(type)));
  if (isa<nn::ReshapeOp>(copy))
    its.results = its.operands;
  if (auto inPlace = dyn_cast<nn::InPlaceOpInterface>(copy);
      inPlace && inPlace.overwritesOperands())
    for (nn::InPlacePair pair : inPlace.getInPlacePairs())
      its.results[pair.result] = its.operands[pair.operand];
  SmallVector<Attribute> ofResults;
  for (auto [offset, type] : llvm::zip(its.results, copy->getResultTypes()))
    ofResults.push_back(plan::PlaceAttr::get(context, offset, nn::tensorBytes(type)));
  copy->setAttr(plan::kPlacesAttr, ArrayAttr::get(context, ofResults));
  auto launch = copy->getAttrOfType<plan::LaunchAttr>(plan::kLaunchAttr);
  if (launch && launch.getWorkspace() > 0)
    copy->setAttr(
        plan::kWorkspaceAttr,
        plan::PlaceAttr::get(context, reserve(launch.getWorkspace()), launch.getWorkspace()));
}

// Running -------------------------------------------------------------------

llvm::Error OpRun::lower() {
  MLIRContext *context = module->getContext();
  std::string message;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
    return success();
  });
  PassManager choose(context), finish(context);
  choose.addPass(kernels::createChooseKernelsPass(target));
  bool isValid = succeeded(verify(*module)) && succeeded(choose.run(*module));
  if (isValid) {
    for (Operation *copy : ops)
      place(copy);
    Builder builder(context);
    (*module)->setAttr(plan::kArenaAttr, builder.getI64IntegerAttr(arenaBytes));
    finish.addPass(lower::createLowerToExecPass());
    isValid = succeeded(finish.run(*module));
  }
  if (!isValid)
    return llvm::createStringError(message);
  arena = std::make_unique<executor::Arena>(arenaBytes);
  auto made = executor::Program::create(exec::firstTimeline(*module, exec::TimelineKind::evaluate),
                                        target->kernels(), *arena);
  if (!made)
    return made.takeError();
  program = std::move(*made);
  return llvm::Error::success();
}

llvm::Expected<OpRun> OpRun::create(Operation *op, ArrayRef<OpTypes> copies,
                                    std::shared_ptr<const target::Machine> target) {
  OpRun run;
  run.target = std::move(target);
  run.build(op, copies);
  if (llvm::Error error = run.lower())
    return error;
  return run;
}

std::vector<std::vector<Tensor>> OpRun::run(ArrayRef<std::vector<Tensor>> operands) {
  for (auto [copy, its] : llvm::zip(operands, places))
    for (auto [tensor, offset] : llvm::zip(copy, its.operands))
      std::memcpy(arena->data() + offset, tensor.bytes.data(), tensor.bytes.size());
  program.run();
  std::vector<std::vector<Tensor>> results;
  for (auto [copy, its] : llvm::zip(types, places)) {
    std::vector<Tensor> &of = results.emplace_back();
    for (auto [type, offset] : llvm::zip(copy.results, its.results)) {
      auto *begin = reinterpret_cast<const char *>(arena->data() + offset);
      of.push_back({cast<RankedTensorType>(type), {begin, begin + nn::tensorBytes(type)}});
    }
  }
  return results;
}
