//===- Optimizers.cpp - turns OptimizerKinds.td into the table of optimizers ----===//
#include "Backends.h"
#include "KernelRecord.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TableGen/TableGenBackend.h"

using namespace llvm;
using namespace plimsoll::tblgen;

static std::string strings(const Record &record, StringRef list) {
  std::string text = "{";
  ListSeparator comma;
  for (StringRef word : record.getValueAsListOfStrings(list))
    text += (StringRef(comma) + "\"" + word + "\"").str();
  return text + "}";
}

static void printRule(raw_ostream &os, const Record &rule) {
  os << "UpdateRule{\"" << rule.getValueAsString("name") << "\", " << strings(rule, "states")
     << ", " << strings(rule, "squares") << ", " << strings(rule, "numbers") << ", "
     << strings(rule, "flags") << "}";
}

static void printStateType(raw_ostream &os, const Record &type) {
  os << "{\"" << type.getValueAsString("name")
     << "\", ElementType::" << type.getValueAsString("element") << ", \""
     << type.getValueAsString("title") << "\"},\n";
}

static void printSetting(raw_ostream &os, const Record &setting) {
  os << "{\"" << setting.getValueAsString("key") << "\", \"" << setting.getValueAsString("name")
     << "\", " << setting.getValueAsString("standard") << ", "
     << (setting.getValueAsBit("isFlag") ? "true" : "false") << "}";
}

bool plimsoll::tblgen::emitOptimizers(raw_ostream &os, const RecordKeeper &records) {
  emitSourceFileHeader("optimizers", os, records);
  os << "#ifdef PLIMSOLL_STATE_TYPES\n#undef PLIMSOLL_STATE_TYPES\n";
  for (const Record *type : recordsOf(records, "StateType"))
    printStateType(os, *type);
  os << "#endif\n\n#ifdef PLIMSOLL_ROWS_RULES\n#undef PLIMSOLL_ROWS_RULES\n";
  for (const Record *rule : recordsOf(records, "RowsRule"))
    os << "{\"" << rule->getValueAsString("name") << "\", \""
       << rule->getValueAsDef("rule")->getValueAsString("name") << "\", "
       << (rule->getValueAsBit("catchesUp") ? "true" : "false") << "},\n";
  os << "#endif\n\n#ifdef PLIMSOLL_OPTIMIZERS\n#undef PLIMSOLL_OPTIMIZERS\n";
  for (const Record *kind : recordsOf(records, "Optimizer")) {
    os << "{\"" << kind->getValueAsString("name") << "\", \"" << kind->getValueAsString("title")
       << "\", " << kind->getValueAsString("learningRate") << ", "
       << kind->getValueAsString("weightDecay") << ",\n {";
    interleaveComma(kind->getValueAsListOfDefs("settings"), os,
                    [&](const Record *setting) { printSetting(os, *setting); });
    os << "},\n ";
    printRule(os, *kind->getValueAsDef("rule"));
    os << ",\n ";
    if (auto with = kind->getValueAsListOfDefs("momentumRule"); !with.empty())
      printRule(os, *with.front());
    else
      os << "std::nullopt";
    os << ", " << (kind->getValueAsBit("biasCorrected") ? "true" : "false") << "},\n";
  }
  os << "#endif\n";
  return false;
}
