//===- TableSource.cpp - rows of safetensors files --------------------------===//
//
// Columns are tensors named as the program's inputs, rows lie along dimension 0;
// several files are one table, in the order given. Columns of the input's own type go
// straight into the arena; integers of other widths are widened on the way.
//===----------------------------------------------------------------------===//
#include "Failure.h"
#include "Safetensors.h"
#include "Source.h"
#include "State.h"

#include <cstring>

namespace plimsoll {
namespace {

bool isInteger(const std::string &type) {
  return type[0] == 'I' || type == "U8" || type == "U16" || type == "U32" || type == "BOOL";
}

/// Whether a column of this type can feed this input.
bool fits(const std::string &column, DType input) {
  if (column == safetensorsType(input))
    return true;
  if (input == DType::u8 || input == DType::boolean)
    return column == "U8" || column == "BOOL";
  return input == DType::i64 && isInteger(column);
}

int64_t widened(const std::string &type, const unsigned char *from) {
  int64_t value = 0;
  int64_t size = elementBytes(type);
  std::memcpy(&value, from, size);
  int unused = static_cast<int>(64 - 8 * size);
  return type[0] == 'I' ? static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused
                        : value;
}

class TableSource : public Source {
public:
  TableSource(const Program &program, const std::vector<std::string> &paths) : program(program) {
    std::string problems;
    for (const std::string &path : paths) {
      files.push_back(std::make_unique<SafetensorsFile>(path));
      problems += check(*files.back());
    }
    if (!problems.empty())
      throw Failure("the data does not fit the program" + problems);
    if (total < batchRows(program))
      throw Failure(format("'%s' has %s rows, fewer than the batch of %s", paths[0].c_str(),
                           grouped(total).c_str(), grouped(batchRows(program)).c_str()));
    int64_t most = 0;
    for (int i = 0; i < program.inputCount; ++i)
      most = std::max(most, rowElements(program.inputs[i].tensor) * 8);
    staging.resize(most);
  }

  int64_t records() const override { return total; }
  std::string describe(int64_t place) const override {
    size_t file = fileOf(place);
    return format("row %lld of %s", static_cast<long long>(place - firstRow[file]),
                  files[file]->path().c_str());
  }

  bool read(const Batch &batch) override {
    for (int i = 0; i < program.inputCount; ++i)
      for (int64_t row = 0; batch.buffers[i] && row < batch.rows;)
        row += readRun(i, batch, row);
    return true;
  }

private:
  const Program &program;
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::vector<int64_t> firstRow;
  std::vector<std::vector<const SafetensorsFile::Tensor *>> columns; ///< [file][input]
  std::vector<unsigned char> staging;                                ///< one row
  int64_t total = 0;

  size_t fileOf(int64_t place) const {
    size_t file = 0;
    while (file + 1 < files.size() && place >= firstRow[file + 1])
      ++file;
    return file;
  }

  /// Every problem of a file, a line each.
  std::string check(const SafetensorsFile &file) {
    std::string problems, present;
    for (const auto &[name, tensor] : file.tensors())
      present += (present.empty() ? "'" : ", '") + name + "'";
    int64_t rows = -1;
    columns.emplace_back();
    for (int i = 0; i < program.inputCount; ++i) {
      const TensorInfo &input = program.inputs[i].tensor;
      const SafetensorsFile::Tensor *column = file.find(input.name);
      columns.back().push_back(column);
      if (!column) {
        problems += format("\n  '%s' has no column '%s'; it has %s", file.path().c_str(),
                           input.name, present.empty() ? "none" : present.c_str());
        continue;
      }
      problems += checkColumn(file, input, *column);
      int64_t here = column->shape.empty() ? 0 : column->shape[0];
      if (rows >= 0 && here != rows)
        problems +=
            format("\n  '%s': column '%s' has %s rows, the ones before have %s",
                   file.path().c_str(), input.name, grouped(here).c_str(), grouped(rows).c_str());
      rows = rows < 0 ? here : rows;
    }
    firstRow.push_back(total);
    total += rows;
    return problems;
  }

  static std::string checkColumn(const SafetensorsFile &file, const TensorInfo &input,
                                 const SafetensorsFile::Tensor &column) {
    std::string problems;
    if (!fits(column.type, input.type))
      problems += format("\n  '%s': column '%s' is %s, the input is %s", file.path().c_str(),
                         input.name, column.type.c_str(), safetensorsType(input.type));
    bool same = static_cast<int>(column.shape.size()) == input.rank;
    for (int i = 1; same && i < input.rank; ++i)
      same = column.shape[i] == input.shape[i];
    if (!same)
      problems += format(
          "\n  '%s': column '%s' has the shape %s, rows of %s are expected", file.path().c_str(),
          input.name, shapeText(column.shape.data(), static_cast<int>(column.shape.size())).c_str(),
          shapeText(input.shape + 1, input.rank - 1).c_str());
    return problems;
  }

  /// Reads row `row` of the batch and those behind it that follow it in the file; returns how many.
  int64_t readRun(int index, const Batch &batch, int64_t row) {
    const TensorInfo &input = program.inputs[index].tensor;
    size_t file = fileOf(batch.places[row]);
    const SafetensorsFile::Tensor &column = *columns[file][index];
    int64_t count = rowElements(input), size = elementBytes(column.type);
    int64_t offset = column.begin + (batch.places[row] - firstRow[file]) * count * size;
    std::byte *out = batch.buffers[index] + row * count * bytesOf(input.type);
    if (size != bytesOf(input.type)) {
      files[file]->read(staging.data(), offset, count * size);
      for (int64_t i = 0; i < count; ++i)
        reinterpret_cast<int64_t *>(out)[i] = widened(column.type, staging.data() + i * size);
      return 1;
    }
    int64_t run = 1;
    while (row + run < batch.rows && batch.places[row + run] == batch.places[row] + run &&
           fileOf(batch.places[row + run]) == file)
      ++run;
    files[file]->read(out, offset, run * count * size);
    return run;
  }
};

} // namespace

std::unique_ptr<Source> makeTableSource(const Program &program,
                                        const std::vector<std::string> &files) {
  return std::make_unique<TableSource>(program, files);
}

} // namespace plimsoll
