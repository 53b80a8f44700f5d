//===- ParameterTable.cpp - what is trained, what is not, and why ------------------===//
#include "passes/prepare/ParameterTable.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

static ParameterRow rowOf(nn::ParameterOp parameter) {
  ParameterRow row;
  row.name = parameter.getSymName().str();
  llvm::append_range(row.shape, parameter.getFrameworkShape());
  row.kind = parameter.getTrainable() ? ParameterRow::Kind::Trained : ParameterRow::Kind::Frozen;
  row.decayed = parameter.getDecayed();
  row.sparse = parameter.getSparse();
  if (std::optional<APFloat> decay = parameter.getDecay())
    row.decay = decay->convertToDouble();
  if (std::optional<APFloat> factor = parameter.getLrScale())
    row.lrScale = factor->convertToDouble();
  row.reason = parameter.getReason().value_or("").str();
  if (nn::BytesAttr source = parameter.getSourceAttr())
    row.source = (source.getFile() + ":" + Twine(source.getOffset())).str();
  if (ArrayAttr aliases = parameter.getAliasesAttr())
    for (StringAttr alias : aliases.getAsRange<StringAttr>())
      row.aliases.push_back(alias.str());
  return row;
}

std::vector<ParameterRow> plimsoll::prepare::parameterTable(ModuleOp module) {
  std::vector<ParameterRow> rows;
  for (nn::ParameterOp parameter : module.getOps<nn::ParameterOp>())
    rows.push_back(rowOf(parameter));
  auto constants = module->getAttrOfType<ArrayAttr>(nn::kConstantsAttr);
  for (Attribute attribute : constants ? constants.getValue() : ArrayRef<Attribute>()) {
    auto entry = dyn_cast<DictionaryAttr>(attribute);
    auto name = entry ? entry.getAs<StringAttr>("name") : StringAttr();
    auto shape = entry ? entry.getAs<DenseI64ArrayAttr>("shape") : DenseI64ArrayAttr();
    auto reason = entry ? entry.getAs<StringAttr>("reason") : StringAttr();
    if (!name || !shape || !reason)
      continue;
    ParameterRow row;
    row.name = name.str();
    llvm::append_range(row.shape, shape.asArrayRef());
    row.kind = ParameterRow::Kind::Constant;
    row.reason = reason.str();
    rows.push_back(std::move(row));
  }
  return rows;
}
