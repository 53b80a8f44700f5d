//===- OnnxRewriter.cpp - an ONNX file with some of its bytes replaced -------------===//
#include "compiler/onnx/export/OnnxRewriter.h"
#include "compiler/onnx/file/PiecewiseFile.h"
#include "compiler/onnx/file/WireFormat.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace plimsoll::import;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Alignment of external tensors, so that readers can map them.
static constexpr int64_t kPage = 4096;

namespace {

/// Builds the ONNX file and the file of external data.
class Rewriter {
public:
  Rewriter(const ModelFile &file, const FileEdits &edits, StringRef dataName, bool external)
      : file(file), bytes(file.buffer->getBuffer()), edits(edits), dataName(dataName),
        external(external) {}

  /// Returns the ONNX file. Adds problems for initializers whose old elements cannot be located.
  PiecewiseFile run(Problems &problems) {
    PiecewiseFile model;
    Fields fields(bytes, 0, bytes.size());
    while (fields.next())
      if (fields.number == field::kGraph && fields.wireType == 2)
        model.message(fields.number, graph(fields, problems));
      else
        model.keep(whole(fields));
    // Initializers that were made of nodes have their elements in these.
    for (int i = initializer; i < file.model.graph().initializer_size(); ++i)
      if (auto edit = edits.initializers.find(i); edit != edits.initializers.end())
        model.replace(bytes.substr(file.inlineBytes[i].offset, file.inlineBytes[i].size),
                      edit->second);
    return model;
  }

  /// The external data; empty if there is none.
  PiecewiseFile data;

private:
  StringRef whole(const Fields &fields) const { return bytes.slice(fields.start, fields.after()); }

  PiecewiseFile graph(const Fields &place, Problems &problems) {
    PiecewiseFile result;
    Fields fields(bytes, place.payload, place.payload + place.length);
    while (fields.next()) {
      if (fields.number == field::kNode && fields.wireType == 2)
        addNode(result, fields, node++);
      else if (fields.number == field::kInitializer && fields.wireType == 2)
        addInitializer(result, fields, initializer++, problems);
      else
        result.keep(whole(fields));
    }
    return result;
  }

  void addNode(PiecewiseFile &result, const Fields &place, int index) {
    auto first = edits.operands.lower_bound({index, 0});
    if (first == edits.operands.end() || first->first.first != index)
      return result.keep(whole(place));
    PiecewiseFile message;
    Fields fields(bytes, place.payload, place.payload + place.length);
    int operand = 0;
    while (fields.next()) {
      auto edit = edits.operands.end();
      if (fields.number == field::kNodeInput)
        edit = edits.operands.find({index, operand++});
      if (edit == edits.operands.end())
        message.keep(whole(fields));
      else
        message.text(field::kNodeInput, edit->second);
    }
    auto more = edits.operands.find({index, operand});
    if (more != edits.operands.end())
      message.text(field::kNodeInput, more->second);
    result.message(place.number, std::move(message));
  }

  void addInitializer(PiecewiseFile &result, const Fields &place, int index, Problems &problems) {
    bool outside = isExternal(file.initializer(index));
    std::optional<TensorBytes> elements;
    if (auto edit = edits.initializers.find(index); edit != edits.initializers.end())
      elements = edit->second;
    else if (outside)
      elements = kept(index, problems);
    bool moves = outside || (external && edits.initializers.count(index));
    if (elements)
      result.message(place.number, tensor(place, index, "", *elements, moves));
    else
      result.keep(whole(place));
    auto added = edits.added.find(index);
    if (added != edits.added.end())
      for (const NewTensor &other : added->second)
        result.message(place.number, newTensor(place, index, other, outside || external));
  }

  /// Returns the external elements of an initializer that is not replaced. Nothing after adding a
  /// problem.
  std::optional<TensorBytes> kept(int index, Problems &problems) {
    size_t before = problems.size();
    std::optional<ByteRange> range = file.locate(index, problems);
    if (!range && problems.size() == before)
      problems.add("initializer '" + file.initializer(index).name() + "'",
                   "the checkpoint does not hold it, and its external data is not there",
                   "put the file of external data beside the model");
    if (!range)
      return std::nullopt;
    llvm::SmallString<256> full(file.folder);
    path::append(full, range->file);
    return TensorBytes{
        range->size, [full = full.str().str(), range = *range](char *into) -> llvm::Error {
          auto slice = llvm::MemoryBuffer::getFileSlice(full, range.size, range.offset);
          if (!slice || int64_t((*slice)->getBufferSize()) != range.size)
            return llvm::createStringError("cannot read '" + full + "'");
          llvm::copy((*slice)->getBuffer(), into);
          return llvm::Error::success();
        }};
  }

  /// Returns the tensor at `place` with other elements, and with another name unless `name` is
  /// empty.
  PiecewiseFile tensor(const Fields &place, int index, StringRef name, const TensorBytes &elements,
                       bool outside) {
    PiecewiseFile result;
    Fields fields(bytes, place.payload, place.payload + place.length);
    while (fields.next()) {
      bool isElements = int64_t(fields.payload) == file.inlineBytes[index].offset &&
                        fields.length > 0 && field::isData(fields.number);
      bool places = fields.number == field::kExternalData || fields.number == field::kDataLocation;
      if (fields.number == field::kTensorName && !name.empty())
        result.text(fields.number, name);
      else if (isElements && !outside)
        result.tensor(fields.number, elements);
      else if (!(outside && (places || field::isData(fields.number))))
        result.keep(whole(fields));
    }
    if (outside)
      addExternal(result, elements);
    return result;
  }

  PiecewiseFile newTensor(const Fields &place, int index, const NewTensor &other, bool outside) {
    if (!other.type)
      return tensor(place, index, other.name, other.data, outside);
    onnx::TensorProto proto;
    proto.set_name(other.name);
    proto.set_data_type(infoOf(other.type->first).onnx);
    for (int64_t size : other.type->second)
      proto.add_dims(size);
    PiecewiseFile result;
    result.put(proto.SerializeAsString());
    if (outside)
      addExternal(result, other.data);
    else
      result.tensor(field::kRawData, other.data);
    return result;
  }

  /// Appends the elements to the data file and records their place in the tensor.
  void addExternal(PiecewiseFile &result, const TensorBytes &elements) {
    data.put(std::string((kPage - data.size() % kPage) % kPage, '\0'));
    std::pair<StringRef, std::string> entries[] = {{"location", dataName.str()},
                                                   {"offset", std::to_string(data.size())},
                                                   {"length", std::to_string(elements.bytes)}};
    for (auto &[key, value] : entries) {
      PiecewiseFile entry;
      entry.text(1, key);
      entry.text(2, value);
      result.message(field::kExternalData, std::move(entry));
    }
    result.number(field::kDataLocation, onnx::TensorProto::EXTERNAL);
    data.put(elements);
  }

  const ModelFile &file;
  StringRef bytes;
  const FileEdits &edits;
  StringRef dataName;
  bool external;
  int node = 0, initializer = 0;
};

/// Files that are written under temporary names beside their places; unfinished ones are removed.
class Drafts {
public:
  ~Drafts() {
    for (const auto &[draft, place] : files)
      fs::remove(draft);
  }

  llvm::Error write(const PiecewiseFile &file, const std::string &place) {
    std::string draft = place + ".tmp";
    std::error_code code;
    llvm::raw_fd_ostream os(draft, code);
    if (code)
      return llvm::createStringError("cannot write '" + place + "': " + code.message());
    files.push_back({draft, place});
    llvm::Error error = file.write(os);
    os.close();
    if (os.has_error() && !error)
      error = llvm::createStringError("cannot write '" + place + "': " + os.error().message());
    os.clear_error();
    return error;
  }

  llvm::Error finish() {
    for (const auto &[draft, place] : files)
      if (std::error_code code = fs::rename(draft, place))
        return llvm::createStringError("cannot write '" + place + "': " + code.message());
    return llvm::Error::success();
  }

private:
  std::vector<std::pair<std::string, std::string>> files;
};

} // namespace

llvm::Error plimsoll::import::writeEdited(const ModelFile &file, const FileEdits &edits,
                                          const std::string &output, int64_t maxFileBytes) {
  if (!edits.added.empty() &&
      edits.added.rbegin()->first >= int(scanInitializers(file.buffer->getBuffer()).size()))
    return llvm::createStringError(
        "'" + file.initializer(edits.added.rbegin()->first).name() +
        "' is a Constant node that stands for several parameters, which training "
        "made different; save the model with initializers instead of nodes");
  std::string dataPath = output + ".data", dataName = path::filename(dataPath).str();
  std::optional<Rewriter> rewriter;
  PiecewiseFile model;
  for (bool external : {edits.external, true}) {
    Problems problems;
    rewriter.emplace(file, edits, dataName, external);
    model = rewriter->run(problems);
    if (!problems.empty())
      return llvm::createStringError(problems.text("exported"));
    if (model.size() <= maxFileBytes)
      break;
  }
  if (model.size() > maxFileBytes)
    return llvm::createStringError("'" + output + "' would have " + llvm::Twine(model.size()) +
                                   " bytes beside its parameters; ONNX files end at 2 GiB");
  Drafts drafts;
  if (rewriter->data.size() > 0)
    if (llvm::Error error = drafts.write(rewriter->data, dataPath))
      return error;
  if (llvm::Error error = drafts.write(model, output))
    return error;
  return drafts.finish();
}
