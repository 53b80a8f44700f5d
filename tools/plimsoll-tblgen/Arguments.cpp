//===- Arguments.cpp - turns Kernels.td into headers of the runtime -------------===//
//
// Prints structs that name the sizes and scalars of launches, and the lists of each library's
// kernels. The printed files are part of the source, so that the runtime builds without this
// program.
//===----------------------------------------------------------------------===//
#include "Backends.h"
#include "KernelRecord.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;
using namespace plimsoll::tblgen;

static constexpr StringLiteral kOrigin =
    "// Printed by plimsoll-tblgen from dialects/exec/Kernels.td: change it there, then build the\n"
    "// target update-kernels.\n"
    "//===----------------------------------------------------------------------===//\n";

namespace {

class ArgumentsPrinter {
public:
  /// `list`: the C++ type to print for a list of sizes.
  ArgumentsPrinter(raw_ostream &os, StringRef list) : os(os), list(list) {}

  void print(const Record &kernel) {
    if (!seen.insert(argumentsOf(kernel)).second)
      return;
    printEnums(kernel.getValueAsListOfDefs("sizes"));
    StringRef options = kernel.getValueAsString("options");
    if (!options.empty() && seen.insert(options).second)
      printOptions(kernel, options);
    os << "struct " << argumentsOf(kernel) << " {\n";
    printFields(kernel, "sizes", "scalars");
    if (!options.empty())
      os << "  std::optional<" << options << "> options = {};\n";
    if (hasTypes(kernel))
      os << "  ElementType type = ElementType::f32;\n";
    if (hasPrecisions(kernel))
      os << "  Precision precision = Precision::stored;\n";
    os << "\n";
    printMost(kernel);
    os << "  void tell(LaunchNumbers &to) const {\n";
    printAdded(namesOf(kernel, "sizes"), "Sizes");
    printAdded(optional(namesOf(kernel, "optionalSizes")), "Sizes");
    printAdded(kernel.getValueAsListOfStrings("scalars"), "Scalars");
    printAdded(optional(kernel.getValueAsListOfStrings("optionalScalars")), "Scalars");
    if (hasTypes(kernel))
      os << "    to.type = type;\n";
    if (hasPrecisions(kernel))
      os << "    to.precision = precision;\n";
    os << "  }\n};\n\n";
  }

private:
  static bool hasTypes(const Record &kernel) {
    return kernel.getValueAsListOfStrings("types").size() > 1;
  }
  static bool hasPrecisions(const Record &kernel) {
    return !kernel.getValueAsListOfStrings("cudaPrecisions").empty();
  }

  void printEnums(const Records &sizes) {
    for (const Record *size : sizes) {
      StringRef name = size->getValueAsString("enumName");
      if (name.empty() || !seen.insert(name).second)
        continue;
      os << "enum class " << name << " : int64_t { ";
      interleaveComma(size->getValueAsListOfStrings("cases"), os);
      os << " };\n\n";
    }
  }

  void printOptions(const Record &kernel, StringRef name) {
    os << "struct " << name << " {\n";
    printFields(kernel, "optionalSizes", "optionalScalars");
    os << "};\n\n";
  }

  void printFields(const Record &kernel, StringRef sizes, StringRef scalars) {
    for (const Record *size : kernel.getValueAsListOfDefs(sizes))
      printField(*size);
    for (StringRef scalar : kernel.getValueAsListOfStrings(scalars))
      os << "  double " << scalar << " = 0;\n";
  }

  void printField(const Record &size) {
    StringRef name = size.getValueAsString("name"), rule = size.getValueAsString("rule");
    StringRef given = size.getValueAsString("standard"), standard = given.empty() ? "0" : given;
    StringRef type = size.getValueAsString("enumName");
    if (rule == "flag")
      os << "  bool " << name << " = false;\n";
    else if (rule == "choice")
      os << "  " << type << " " << name << " = {};\n";
    else if (size.getValueAsInt("count") == 0)
      os << "  " << list << " " << name << " = {};\n";
    else if (size.getValueAsInt("count") == 3)
      os << "  int64_t " << name << "[3] = {" << standard << ", " << standard << ", " << standard
         << "};\n";
    else
      os << "  int64_t " << name << " = " << standard << ";\n";
  }

  /// Prints functions that return the most sizes and scalars that a launch can have.
  void printMost(const Record &kernel) {
    int64_t sizes = 0;
    std::string repeated;
    for (const Record *size : both(kernel, "sizes", "optionalSizes")) {
      sizes += size->getValueAsInt("count");
      if (size->getValueAsInt("count") == 0)
        repeated = " + " + size->getValueAsString("name").str() + ".size()";
    }
    size_t scalars = kernel.getValueAsListOfStrings("scalars").size() +
                     kernel.getValueAsListOfStrings("optionalScalars").size();
    os << "  " << (repeated.empty() ? "static constexpr " : "") << "size_t mostSizes() "
       << (repeated.empty() ? "" : "const ") << "{ return " << sizes << repeated << "; }\n"
       << "  static constexpr size_t mostScalars() { return " << scalars << "; }\n";
  }

  using Names = std::vector<StringRef>;

  static Names namesOf(const Record &kernel, StringRef list) {
    Names names;
    for (const Record *size : kernel.getValueAsListOfDefs(list))
      names.push_back(size->getValueAsString("name"));
    return names;
  }

  /// Returns the names as fields of `options`.
  static std::vector<std::string> optional(const Names &names) {
    std::vector<std::string> result;
    for (StringRef name : names)
      result.push_back("options->" + name.str());
    return result;
  }

  template <typename List> void printAdded(const List &names, StringRef what) {
    if (names.empty())
      return;
    bool isOptional = StringRef(names.front()).starts_with("options->");
    os << (isOptional ? "    if (options)\n      " : "    ") << "to.add" << what << "(";
    interleaveComma(names, os);
    os << ");\n";
  }

  raw_ostream &os;
  StringRef list;
  StringSet<> seen;
};

} // namespace

bool plimsoll::tblgen::emitArguments(raw_ostream &os, const RecordKeeper &records) {
  os << "//===- KernelArguments.h - sizes and scalars of launches, by name -----------===//\n//\n"
     << "// A launch has them as numbers, in the order in which they stand here; see the header "
        "comment of\n// the kernel's file in runtime/kernels. What is left out has its value "
        "here.\n//\n"
     << kOrigin
     << "#ifndef PLIMSOLL_KERNELARGUMENTS_H\n#define PLIMSOLL_KERNELARGUMENTS_H\n\n"
        "#include \"plimsoll/Kernel.h\"\n\n#include <optional>\n\nnamespace plimsoll {\n\n";
  ArgumentsPrinter printer(os, "std::initializer_list<int64_t>");
  for (const Record *kernel : kernelsOf(records))
    printer.print(*kernel);
  os << "} // namespace plimsoll\n\n#endif // PLIMSOLL_KERNELARGUMENTS_H\n";
  return false;
}

bool plimsoll::tblgen::emitCallArguments(raw_ostream &os, const RecordKeeper &records) {
  ArgumentsPrinter printer(os, "llvm::ArrayRef<int64_t>");
  for (const Record *kernel : kernelsOf(records))
    printer.print(*kernel);
  return false;
}

static void printList(raw_ostream &os, const RecordKeeper &records, StringRef library,
                      StringRef macro) {
  os << "\n#ifdef " << macro << "\n";
  for (const Record *kernel : kernelsOf(records))
    for (const Record *origin : kernel->getValueAsListOfDefs("libraries"))
      if (origin->getValueAsString("cpp") == library)
        os << macro << "(" << kernel->getName() << ", " << argumentsOf(*kernel) << ")\n";
  os << "#endif\n";
}

/// Returns which of a rule's states are never negative, as bits.
static unsigned squaresOf(const Record &rule) {
  unsigned bits = 0;
  std::vector<StringRef> squares = rule.getValueAsListOfStrings("squares");
  for (auto [index, state] : enumerate(rule.getValueAsListOfStrings("states")))
    bits |= is_contained(squares, state) ? 1u << index : 0;
  return bits;
}

/// Prints the kernels of update rules: kernel, rule, struct of arguments, numbers of states and of
/// scalars, and which states are never negative.
static void printUpdates(raw_ostream &os, const RecordKeeper &records) {
  os << "\n#ifdef PLIMSOLL_UPDATE_KERNEL\n";
  for (const Record *rule : recordsOf(records, "UpdateRule"))
    os << "PLIMSOLL_UPDATE_KERNEL(" << rule->getValueAsString("name") << ", " << rule->getName()
       << ", " << argumentsOf(*records.getDef(rule->getValueAsString("name"))) << ", "
       << rule->getValueAsListInit("states")->size() << ", "
       << rule->getValueAsListInit("numbers")->size() << ", " << squaresOf(*rule) << ")\n";
  os << "#endif\n";
}

/// Prints the kernels of rules for rows: kernel, struct of the formula, struct of arguments,
/// numbers of states and of scalars.
static void printRowUpdates(raw_ostream &os, const RecordKeeper &records) {
  os << "\n#ifdef PLIMSOLL_UPDATE_ROWS_KERNEL\n";
  for (const Record *rows : recordsOf(records, "RowsRule")) {
    const Record *rule = rows->getValueAsDef("rule");
    os << "PLIMSOLL_UPDATE_ROWS_KERNEL(" << rows->getValueAsString("name") << ", "
       << rows->getValueAsString("formula") << ", "
       << argumentsOf(*records.getDef(rows->getValueAsString("name"))) << ", "
       << rule->getValueAsListInit("states")->size() << ", "
       << rule->getValueAsListInit("numbers")->size() << ")\n";
  }
  os << "#endif\n";
}

bool plimsoll::tblgen::emitKernelLists(raw_ostream &os, const RecordKeeper &records) {
  os << "//===- Kernels.inc - the kernels of each library -----------------------------===//\n//\n"
     << kOrigin;
  printList(os, records, "cpu", "PLIMSOLL_CPU_KERNEL");
  printList(os, records, "oneDnn", "PLIMSOLL_ONEDNN_KERNEL");
  printList(os, records, "cuda", "PLIMSOLL_CUDA_KERNEL");
  printUpdates(os, records);
  printRowUpdates(os, records);
  return false;
}
