//===- Gradients.cpp - turns Gradients.td into C++ -------------------------------===//
//
// Prints, for every `Gradient` record, a function that builds the gradient of each operand
// that needs one; and for every record, native ones included, an entry of the table.
//===----------------------------------------------------------------------===//
#include "Backends.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TableGen/Error.h"
#include "llvm/TableGen/Record.h"
#include "llvm/TableGen/TableGenBackend.h"

using namespace llvm;

namespace {

/// The names of an op's operands, attributes and results, from its definition.
struct OpNames {
  SmallVector<StringRef> operands, attributes, results;

  explicit OpNames(const Record &op) {
    const DagInit *arguments = op.getValueAsDag("arguments");
    for (auto [arg, name] : zip(arguments->getArgs(), arguments->getArgNames())) {
      bool isAttribute = cast<DefInit>(arg)->getDef()->isSubClassOf("Attr");
      (isAttribute ? attributes : operands).push_back(name->getValue());
    }
    for (const StringInit *name : op.getValueAsDag("results")->getArgNames())
      results.push_back(name->getValue());
  }
};

std::string fullName(const Record &op) {
  return (op.getValueAsDef("opDialect")->getValueAsString("name") + "." +
          op.getValueAsString("opName"))
      .str();
}

std::string functionName(const Record &op) {
  return "gradientOf" + op.getName().drop_front(3).drop_back(2).str();
}

/// Prints the expressions of one rule.
class RulePrinter {
public:
  RulePrinter(const Record &rule) : rule(rule), op(*rule.getValueAsDef("forward")), names(op) {}

  void print(raw_ostream &os) {
    ArrayRef<const Init *> gradients = rule.getValueAsListInit("operands")->getElements();
    if (gradients.size() != names.operands.size())
      PrintFatalError(rule.getLoc(), "rule of " + op.getName() + " has " + Twine(gradients.size()) +
                                         " gradients for " + Twine(names.operands.size()) +
                                         " operands");
    os << "// " << fullName(op) << "\nstatic LogicalResult " << functionName(op)
       << "(GradientBuilder &b, Operation *op) {\n";
    for (auto [index, init] : enumerate(gradients)) {
      auto *dag = cast<DagInit>(init);
      if (operatorName(dag) == "None")
        continue;
      operand = index;
      os << "  if (b.needs(" << index << "))\n    b.add(" << index << ", " << expression(dag)
         << ");\n";
    }
    os << "  return success();\n}\n\n";
  }

private:
  static StringRef operatorName(const DagInit *dag) {
    return cast<DefInit>(dag->getOperator())->getDef()->getName();
  }

  std::string value(StringRef name) {
    if (name == "dy")
      return "b.dy()";
    if (auto *it = find(names.operands, name); it != names.operands.end())
      return "b.operand(" + std::to_string(it - names.operands.begin()) + ")";
    if (auto *it = find(names.results, name); it != names.results.end())
      return "op->getResult(" + std::to_string(it - names.results.begin()) + ")";
    PrintFatalError(rule.getLoc(), op.getName() + " has no operand or result '" + name + "'");
  }

  std::string argument(const DagInit *dag, unsigned index) {
    if (auto *inner = dyn_cast<DagInit>(dag->getArg(index)))
      return expression(inner);
    return value(dag->getArgNameStr(index));
  }

  std::string expression(const DagInit *dag, int result = 0) {
    const Record *node = cast<DefInit>(dag->getOperator())->getDef();
    if (node->getName() == "Same")
      return argument(dag, 0);
    if (node->getName() == "Zero")
      return "b.number(0.0)";
    if (node->isSubClassOf("Number"))
      return "b.number(" + node->getValueAsString("value").str() + ")";
    if (node->isSubClassOf("Result"))
      return expression(cast<DagInit>(dag->getArg(0)), node->getValueAsInt("index"));
    if (!node->isSubClassOf("Op"))
      PrintFatalError(rule.getLoc(), "'" + node->getName() + "' is neither an op nor a helper");
    std::string text = "b.make(\"" + fullName(*node) + "\", {";
    for (unsigned i = 0; i < dag->getNumArgs(); ++i)
      text += (i ? ", " : "") + argument(dag, i);
    text += "}, {";
    ListSeparator comma;
    OpNames made(*node);
    for (StringRef attribute : made.attributes)
      if (is_contained(names.attributes, attribute))
        text += (StringRef(comma) + "\"" + attribute + "\"").str();
    return text + "}, " + std::to_string(operand) + ", " + std::to_string(result) + ", " +
           std::to_string(made.results.size()) + ")";
  }

  const Record &rule;
  const Record &op;
  OpNames names;
  unsigned operand = 0;
};

} // namespace

bool plimsoll::tblgen::emitGradients(raw_ostream &os, const RecordKeeper &records) {
  emitSourceFileHeader("gradient rules", os, records);
  for (const Record *rule : records.getAllDerivedDefinitions("Gradient"))
    RulePrinter(*rule).print(os);
  os << "static const GradientRule kGradientRules[] = {\n";
  for (const Record *rule : records.getAllDerivedDefinitions("Gradient"))
    os << "    {\"" << fullName(*rule->getValueAsDef("forward")) << "\", "
       << functionName(*rule->getValueAsDef("forward")) << "},\n";
  for (const Record *rule : records.getAllDerivedDefinitions("NativeGradient"))
    os << "    {\"" << fullName(*rule->getValueAsDef("forward")) << "\", "
       << rule->getValueAsString("native") << "},\n";
  os << "};\n";
  return false;
}
