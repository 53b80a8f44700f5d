//===- Signatures.cpp - turns Kernels.td into the table of exec-verify ----------===//
//
// Prints, for every kernel, a function that computes the bytes that its buffers must have, and an
// entry of the table that KernelSignature.h declares.
//===----------------------------------------------------------------------===//
#include "Backends.h"
#include "KernelRecord.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TableGen/Error.h"
#include "llvm/TableGen/TableGenBackend.h"

using namespace llvm;
using namespace plimsoll::tblgen;

namespace {

std::string quoted(StringRef text) {
  return ("\"" + text + "\"").str();
}

class SignaturePrinter {
public:
  SignaturePrinter(raw_ostream &os, const Record &kernel)
      : os(os), kernel(kernel), name(kernel.getName().str()),
        buffers(both(kernel, "buffers", "optionalBuffers")) {}

  /// Prints what the entry of the table points to.
  void printParts() {
    os << "// " << name << "\n";
    printNeeds();
    printBuffers("buffers");
    printBuffers("optionalBuffers");
    printSizes("sizes");
    printSizes("optionalSizes");
    printNames("scalars");
    printNames("optionalScalars");
    os << "\n";
  }

  void printEntry() {
    os << "    {" << quoted(name) << ", " << quoted(kernel.getValueAsString("options"))
       << ",\n     " << part("buffers") << ", " << part("optionalBuffers") << ", " << part("sizes")
       << ", " << part("optionalSizes") << ",\n     " << part("scalars") << ", "
       << part("optionalScalars") << ", " << text(kernel.getValueAsBit("together")) << ",\n     "
       << libraries() << ", " << bits("types", "ElementType") << ", "
       << bits("cudaTypes", "ElementType") << ", " << bits("cudaPrecisions", "Precision")
       << ", needsOf_" << name << "},\n";
  }

private:
  static StringRef text(bool bit) { return bit ? "true" : "false"; }

  /// Returns the sum of the bits of a list's enumerators.
  std::string bits(StringRef list, StringRef type) {
    std::string sum;
    for (StringRef name : kernel.getValueAsListOfStrings(list))
      sum += (Twine(sum.empty() ? "" : " | ") + "bitOf(" + type + "::" + name + ")").str();
    return sum.empty() ? "0" : sum;
  }

  std::string array(StringRef list) { return "k_" + name + "_" + list.str(); }
  std::string part(StringRef list) {
    auto *values = kernel.getValueAsListInit(list);
    return values->empty() ? "{}" : array(list);
  }

  /// Prints sizes as constants with their names, so that formulas can be printed as they are.
  void printNeeds() {
    os << "static const char *needsOf_" << name
       << "([[maybe_unused]] ArrayRef<Count> numbers,\n    [[maybe_unused]] size_t each, "
          "MutableArrayRef<Need> needs) {\n";
    unsigned next = 0;
    for (const Record *size : both(kernel, "sizes", "optionalSizes"))
      printSize(*size, next);
    for (StringRef requirement : kernel.getValueAsListOfStrings("requirements"))
      os << "  if (!(" << requirement << "))\n    return " << quoted(requirement) << ";\n";
    for (auto [index, buffer] : enumerate(buffers)) {
      os << "  needs[" << index << "].elements = " << buffer->getValueAsString("count") << ";\n";
      StringRef when = buffer->getValueAsString("when");
      if (!when.empty())
        os << "  needs[" << index << "].there = " << when << ";\n";
    }
    os << "  return nullptr;\n}\n";
  }

  void printSize(const Record &size, unsigned &next) {
    StringRef own = size.getValueAsString("name");
    int64_t count = size.getValueAsInt("count");
    os << "  [[maybe_unused]] const ";
    if (count == 0)
      os << "ArrayRef<Count> " << own << " = numbers.drop_front(" << next << ");\n";
    else if (count == 1)
      os << "Count " << own << " = numbers[" << next << "];\n";
    else
      os << "Triple " << own << " = {numbers[" << next << "], numbers[" << next + 1 << "], numbers["
         << next + 2 << "]};\n";
    next += count;
  }

  void printBuffers(StringRef list) {
    if (kernel.getValueAsListInit(list)->empty())
      return;
    os << "static constexpr BufferSignature " << array(list) << "[] = {\n";
    for (const Record *buffer : kernel.getValueAsListOfDefs(list))
      os << "    {" << quoted(buffer->getValueAsString("name"))
         << ", BufferRole::" << buffer->getValueAsString("role")
         << ", BufferElement::" << buffer->getValueAsDef("element")->getValueAsString("cpp") << ", "
         << shares(*buffer) << ", " << text(buffer->getValueAsBit("nullable")) << ", "
         << text(!buffer->getValueAsString("when").empty()) << ", "
         << text(buffer->getValueAsBit("repeated")) << ", " << typeOf(*buffer) << "},\n";
    os << "};\n";
  }

  static std::string typeOf(const Record &buffer) {
    StringRef type = buffer.getValueAsString("type");
    return type.empty() ? "std::nullopt" : ("ElementType::" + type).str();
  }

  unsigned shares(const Record &buffer) {
    unsigned mask = 0;
    for (StringRef shared : buffer.getValueAsListOfStrings("shares")) {
      auto found = find_if(
          buffers, [&](const Record *other) { return other->getValueAsString("name") == shared; });
      if (found == buffers.end())
        PrintFatalError(kernel.getLoc(), name + " has no buffer '" + shared + "'");
      mask |= 1u << (found - buffers.begin());
    }
    return mask;
  }

  void printSizes(StringRef list) {
    if (kernel.getValueAsListInit(list)->empty())
      return;
    Records sizes = kernel.getValueAsListOfDefs(list);
    for (const Record *size : sizes)
      printCases(*size);
    os << "static constexpr SizeSignature " << array(list) << "[] = {\n";
    for (const Record *size : sizes) {
      StringRef standard = size->getValueAsString("standard");
      os << "    {" << quoted(size->getValueAsString("name"))
         << ", SizeRule::" << size->getValueAsString("rule") << ", " << size->getValueAsInt("count")
         << ", " << (standard.empty() ? "std::nullopt" : standard) << ", "
         << quoted(size->getValueAsString("enumName")) << ", " << cases(*size) << "},\n";
    }
    os << "};\n";
  }

  std::string cases(const Record &size) {
    if (size.getValueAsListInit("cases")->empty())
      return "{}";
    return "k_" + name + "_" + size.getValueAsString("name").str() + "_cases";
  }

  void printCases(const Record &size) {
    if (size.getValueAsListInit("cases")->empty())
      return;
    os << "static constexpr StringLiteral " << cases(size) << "[] = {";
    interleaveComma(size.getValueAsListOfStrings("cases"), os,
                    [&](StringRef each) { os << quoted(each); });
    os << "};\n";
  }

  void printNames(StringRef list) {
    if (kernel.getValueAsListInit(list)->empty())
      return;
    os << "static constexpr StringLiteral " << array(list) << "[] = {";
    interleaveComma(kernel.getValueAsListOfStrings(list), os,
                    [&](StringRef each) { os << quoted(each); });
    os << "};\n";
  }

  std::string libraries() {
    std::string mask;
    for (const Record *library : kernel.getValueAsListOfDefs("libraries")) {
      StringRef own = library->getValueAsString("cpp");
      mask +=
          (mask.empty() ? "k" : " | k") + std::string(1, toUpper(own[0])) + own.drop_front().str();
    }
    return mask;
  }

  raw_ostream &os;
  const Record &kernel;
  std::string name;
  Records buffers;
};

} // namespace

bool plimsoll::tblgen::emitSignatures(raw_ostream &os, const RecordKeeper &records) {
  emitSourceFileHeader("signatures of kernels", os, records);
  for (const Record *kernel : kernelsOf(records))
    SignaturePrinter(os, *kernel).printParts();
  os << "static const KernelSignature kSignatures[] = {\n";
  for (const Record *kernel : kernelsOf(records))
    SignaturePrinter(os, *kernel).printEntry();
  os << "};\n";
  return false;
}
