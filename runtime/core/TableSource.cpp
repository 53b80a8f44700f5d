//===- TableSource.cpp - rows of safetensors files --------------------------===//
//
// Columns are tensors with the names of the program's inputs, rows lie along dimension 0;
// several files are one table, in the order given. Columns of the input's type are read
// straight into the arena; narrower integers are widened. A column that is read
// whole has the input's shape; if all columns are, each file is one place.
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
bool fits(const std::string &column, ElementType input) {
  if (column == safetensorsType(input))
    return true;
  if (input == ElementType::u8 || input == ElementType::boolean)
    return column == "U8" || column == "BOOL";
  return input == ElementType::i64 && isInteger(column);
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
  TableSource(const TimelineInputs &inputs, const std::vector<std::string> &paths, bool evaluation)
      : inputs(inputs) {
    for (int i = 0; i < inputs.count(); ++i)
      (inputs[i].info.whole ? anyWhole : anyRows) = true;
    if (anyWhole && anyRows && paths.size() > 1)
      throw Failure("an input that is read whole would be that of several files; give one file");
    std::string problems;
    for (const std::string &path : paths) {
      files.push_back(std::make_unique<SafetensorsFile>(path));
      problems += check(*files.back());
    }
    if (!problems.empty())
      throw Failure("the data does not fit the program" + problems);
    if (total < (evaluation ? 1 : inputs.batchRows()))
      throw Failure(format("'%s' has %s rows, fewer than the batch of %s", paths[0].c_str(),
                           grouped(total).c_str(), grouped(inputs.batchRows()).c_str()));
    int64_t most = 0;
    for (int i = 0; i < inputs.count(); ++i)
      most = std::max(most, inputs[i].placeElements() * 8);
    staging.resize(most);
  }

  int64_t records() const override { return total; }
  std::string describe(int64_t place) const override {
    size_t file = fileOf(place);
    if (!anyRows)
      return files[file]->path();
    return format("row %lld of %s", static_cast<long long>(place - firstRow[file]),
                  files[file]->path().c_str());
  }

  bool read(const Batch &batch) override {
    for (int i = 0; i < inputs.count(); ++i)
      for (int64_t row = 0; batch.buffers[i] && row < inputs[i].places(batch.rows);)
        row += readRun(i, batch, row);
    return true;
  }

private:
  const TimelineInputs inputs;
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::vector<int64_t> firstRow;
  std::vector<std::vector<const SafetensorsFile::Tensor *>> columns; ///< [file][input]
  std::vector<unsigned char> staging;                                ///< one row
  int64_t total = 0;
  bool anyRows = false, anyWhole = false; ///< there are inputs read by rows, and read whole

  size_t fileOf(int64_t place) const {
    size_t file = 0;
    while (file + 1 < files.size() && place >= firstRow[file + 1])
      ++file;
    return file;
  }

  /// Returns all problems of a file, one in each line.
  std::string check(const SafetensorsFile &file) {
    std::string problems, present;
    for (const auto &[name, tensor] : file.tensors())
      present += (present.empty() ? "'" : ", '") + name + "'";
    int64_t rows = -1;
    columns.emplace_back();
    for (int i = 0; i < inputs.count(); ++i) {
      const InputInfo &info = inputs[i].info;
      const TensorInfo &input = inputs[i].tensor;
      const SafetensorsFile::Tensor *column = file.find(input.name);
      columns.back().push_back(column);
      if (!column) {
        problems += format("\n  '%s' has no column '%s'; it has %s", file.path().c_str(),
                           input.name, present.empty() ? "none" : present.c_str());
        continue;
      }
      problems += checkColumn(file, inputs[i], *column);
      if (info.whole)
        continue;
      int64_t here = column->shape.empty() ? 0 : column->shape[0];
      if (rows >= 0 && here != rows)
        problems +=
            format("\n  '%s': column '%s' has %s rows, the ones before have %s",
                   file.path().c_str(), input.name, grouped(here).c_str(), grouped(rows).c_str());
      rows = rows < 0 ? here : rows;
    }
    firstRow.push_back(total);
    total += anyRows ? rows : 1;
    return problems;
  }

  static std::string checkColumn(const SafetensorsFile &file, const Input &which,
                                 const SafetensorsFile::Tensor &column) {
    std::string problems;
    const auto &[info, input] = which;
    if (!fits(column.type, input.type))
      problems += format("\n  '%s': column '%s' is %s, the input is %s", file.path().c_str(),
                         input.name, column.type.c_str(), safetensorsType(input.type));
    int begin = info.whole ? 0 : 1, rank = static_cast<int>(column.shape.size());
    bool same = rank == input.rank;
    for (int i = begin; same && i < rank; ++i)
      same = column.shape[i] == input.shape[i];
    if (same)
      return problems;
    problems += format(
        "\n  '%s': column '%s' has the shape %s, %s %s %s expected", file.path().c_str(),
        input.name, shapeText(column.shape.data(), rank).c_str(),
        info.whole ? "the whole" : "rows of",
        shapeText(input.shape + begin, input.rank - begin).c_str(), info.whole ? "is" : "are");
    if (info.classes)
      problems += format(": the classes are %s; where they lie along another dimension, compile "
                         "with --loss=...,axis=N",
                         info.classes);
    return problems;
  }

  /// Reads row `row` of the batch together with the next rows of the batch that follow it in the
  /// file. Returns how many rows it read.
  int64_t readRun(int index, const Batch &batch, int64_t row) {
    const auto &[info, input] = inputs[index];
    size_t file = fileOf(batch.places[row]);
    const SafetensorsFile::Tensor &column = *columns[file][index];
    int64_t count = inputs[index].placeElements(), size = elementBytes(column.type);
    int64_t place = info.whole ? 0 : batch.places[row] - firstRow[file];
    int64_t offset = column.begin + place * count * size;
    std::byte *out = batch.buffers[index] + row * count * bytesOf(input.type);
    if (size != bytesOf(input.type)) {
      files[file]->read(staging.data(), offset, count * size);
      for (int64_t i = 0; i < count; ++i)
        reinterpret_cast<int64_t *>(out)[i] = widened(column.type, staging.data() + i * size);
      return 1;
    }
    int64_t run = 1;
    while (!info.whole && row + run < batch.rows &&
           batch.places[row + run] == batch.places[row] + run &&
           fileOf(batch.places[row + run]) == file)
      ++run;
    files[file]->read(out, offset, run * count * size);
    return run;
  }
};

} // namespace

std::unique_ptr<Source> makeTableSource(const TimelineInputs &inputs,
                                        const std::vector<std::string> &files, bool evaluation) {
  return std::make_unique<TableSource>(inputs, files, evaluation);
}

} // namespace plimsoll
