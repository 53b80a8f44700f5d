//===- CallText.cpp - the arguments of a kernel's launch -------------------------===//
#include "compiler/codegen/CallText.h"
#include "compiler/codegen/CppText.h"
#include "dialects/exec/KernelSignature.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;
using exec::SizeRule;

namespace {

/// Prints fields in the order in which KernelArguments.h declares them.
class FieldPrinter {
public:
  explicit FieldPrinter(MLIRContext *context) : context(context) {}

  void sizes(ArrayRef<exec::SizeSignature> signatures, ArrayRef<int64_t> numbers) {
    for (const exec::SizeSignature &size : signatures) {
      size_t count = size.count ? size.count : numbers.size();
      print(size, numbers.take_front(count));
      numbers = numbers.drop_front(count);
    }
  }

  void scalars(ArrayRef<StringLiteral> names, ArrayRef<double> numbers) {
    for (auto [name, number] : llvm::zip(names, numbers))
      field(name, literal(number, Float64Type::get(context)));
  }

  void field(StringRef name, const Twine &value) {
    text += (text.empty() ? "." : ", .") + (name + " = " + value).str();
  }

  std::string take() { return "{" + std::exchange(text, "") + "}"; }

private:
  void print(const exec::SizeSignature &size, ArrayRef<int64_t> numbers) {
    if (size.rule == SizeRule::choice)
      return choice(size, numbers.front());
    auto isStandard = [&](int64_t number) { return number == size.standard; };
    if (size.count > 0 && llvm::all_of(numbers, isStandard))
      return;
    if (size.rule == SizeRule::flag)
      field(size.name, "true");
    else if (size.count == 1)
      field(size.name, Twine(numbers.front()));
    else
      field(size.name, "{" + joined(numbers) + "}");
  }

  void choice(const exec::SizeSignature &size, int64_t number) {
    StringRef name = size.cases[number];
    if (name != "none")
      field(size.name, size.enumName + "::" + name);
  }

  static std::string joined(ArrayRef<int64_t> numbers) {
    std::string text;
    llvm::raw_string_ostream os(text);
    llvm::interleaveComma(numbers, os);
    return text;
  }

  MLIRContext *context;
  std::string text;
};

} // namespace

std::string plimsoll::codegen::argumentsOf(exec::CallOp call) {
  const exec::KernelSignature &signature = *exec::findKernelSignature(call.getKernel());
  ArrayRef<double> scalars = call.getScalars();
  std::string error;
  size_t buffers = call.getBuffers().size() - call.getWorkspace();
  KernelKey key = call.getKey();
  exec::KernelNumbers numbers =
      *exec::readNumbers(signature, key.type, call.getSizes(), scalars.size(), buffers, error);
  ArrayRef<int64_t> sizes = numbers.sizes;
  size_t own = sizes.size();
  for (const exec::SizeSignature &size : signature.optionalSizes)
    own -= size.count;
  FieldPrinter options(call.getContext()), all(call.getContext());
  options.sizes(signature.optionalSizes, sizes.drop_front(own));
  all.sizes(signature.sizes, sizes.take_front(own));
  all.scalars(signature.scalars, scalars);
  if (numbers.hasOptions) {
    options.scalars(signature.optionalScalars, scalars.drop_front(signature.scalars.size()));
    all.field("options", signature.options + options.take());
  }
  if (key.type != ElementType::f32)
    all.field("type", std::string("ElementType::") + nameOf(key.type));
  if (key.precision != Precision::stored)
    all.field("precision", std::string("Precision::") + narrowFactors(key.type, key.precision));
  return all.take();
}
