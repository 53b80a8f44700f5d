//===- TensorData.cpp - the bytes of initializers ------------------------------===//
#include "compiler/onnx/file/ModelFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace plimsoll::import;
using llvm::Twine;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

bool plimsoll::import::isExternal(const onnx::TensorProto &tensor) {
  return tensor.data_location() == onnx::TensorProto::EXTERNAL;
}

// External files ------------------------------------------------------------

namespace {
struct External {
  std::string location;
  int64_t offset = 0, length = -1;
  bool valid = true;
};
} // namespace

static External externalOf(const onnx::TensorProto &tensor) {
  External result;
  auto number = [&](llvm::StringRef text, int64_t &value) {
    if (text.getAsInteger(10, value) || value < 0)
      result.valid = false;
  };
  for (const auto &entry : tensor.external_data()) {
    if (entry.key() == "location")
      result.location = entry.value();
    else if (entry.key() == "offset")
      number(entry.value(), result.offset);
    else if (entry.key() == "length")
      number(entry.value(), result.length);
  }
  return result;
}

/// True if `location`, with links followed, is inside the folder.
static bool insideFolder(llvm::StringRef folder, llvm::StringRef location) {
  if (location.empty() || path::is_absolute(location) || location.contains('\0'))
    return false;
  llvm::SmallString<256> normal(location);
  path::remove_dots(normal, /*remove_dot_dot=*/true);
  if (normal.empty() || *path::begin(normal) == "..")
    return false;
  llvm::SmallString<256> full(folder), realFull, realFolder;
  path::append(full, normal);
  if (fs::real_path(full, realFull))
    return true; // it does not exist, which is reported elsewhere
  if (fs::real_path(folder.empty() ? "." : folder, realFolder))
    return false;
  return llvm::StringRef(realFull).starts_with((realFolder + "/").str()) || realFolder == "/";
}

static std::optional<int64_t> declaredBytes(const onnx::TensorProto &tensor) {
  auto count = elementCount(llvm::ArrayRef(tensor.dims().data(), tensor.dims().size()));
  auto dtype = dtypeOf(tensor.data_type());
  if (!count || !dtype)
    return std::nullopt;
  return *count * byteSize(*dtype);
}

static std::optional<ByteRange> locateExternal(const ModelFile &file,
                                               const onnx::TensorProto &tensor, int64_t bytes,
                                               Problems &problems) {
  External external = externalOf(tensor);
  auto problem = [&](const Twine &what, const Twine &fix = "") -> std::optional<ByteRange> {
    problems.add("initializer '" + tensor.name() + "'", what, fix);
    return std::nullopt;
  };
  if (!external.valid)
    return problem("its external offset or length is not a number");
  if (external.location != file.given && !insideFolder(file.folder, external.location))
    return problem("its external data '" + external.location + "' is outside the model's folder",
                   "move the file beside the model and save the model again");
  if (external.length >= 0 && external.length != bytes)
    return problem("its shape needs " + Twine(bytes) + " bytes, its external data has " +
                   Twine(external.length));
  llvm::SmallString<256> full(file.folder);
  path::append(full, external.location);
  uint64_t size = 0;
  if (fs::file_size(full, size)) {
    if (file.weightsOptional || !problems.isFirst(external.location))
      return std::nullopt;
    return problem("its external data '" + external.location + "' does not exist",
                   "put it beside the model, or draw the weights with --init=normal:0.02");
  }
  if (external.offset > int64_t(size) || bytes > int64_t(size) - external.offset)
    return problem("its external data '" + external.location + "' has " + Twine(size) +
                       " bytes; bytes " + Twine(external.offset) + " to " +
                       Twine(uint64_t(external.offset) + bytes) + " are needed",
                   "copy the whole file");
  return ByteRange{external.location, external.offset, bytes};
}

std::optional<ByteRange> ModelFile::locate(int index, Problems &problems) const {
  const onnx::TensorProto &tensor = initializer(index);
  std::optional<int64_t> bytes = declaredBytes(tensor);
  if (!bytes)
    return std::nullopt; // the check of the graph reports it
  if (isExternal(tensor))
    return locateExternal(*this, tensor, *bytes, problems);
  InlineBytes found = inlineBytes[index];
  if (found.size != *bytes) {
    problems.add(
        "initializer '" + tensor.name() + "'",
        "its shape " + shapeText(llvm::ArrayRef(tensor.dims().data(), tensor.dims_size())) +
            " needs " + Twine(*bytes) + " bytes in one piece, the file has " + Twine(found.size),
        "export the model again, or save it with onnx.save");
    return std::nullopt;
  }
  // The name as the file system has it, which need not be UTF-8 (`name` is).
  return ByteRange{llvm::sys::path::filename(path).str(), found.offset, found.size};
}

std::optional<std::string> ModelFile::read(int index, int64_t limit, Problems &problems) const {
  std::optional<ByteRange> range = locate(index, problems);
  if (!range || range->size > limit)
    return std::nullopt;
  if (!isExternal(initializer(index)))
    return buffer->getBuffer().substr(range->offset, range->size).str();
  llvm::SmallString<256> full(folder);
  path::append(full, range->file);
  auto slice = llvm::MemoryBuffer::getFileSlice(full, range->size, range->offset);
  if (!slice)
    return std::nullopt;
  return (*slice)->getBuffer().str();
}

// Elements ------------------------------------------------------------------

template <typename T> static void fromBytes(HostTensor &tensor, llvm::StringRef bytes) {
  for (int64_t i = 0, n = tensor.size(); i < n; ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    if (tensor.isFloat())
      tensor.floats[i] = double(value);
    else
      tensor.setInt(i, int64_t(value));
  }
}

static void fromHalves(HostTensor &tensor, llvm::StringRef bytes) {
  for (int64_t i = 0, n = tensor.size(); i < n; ++i) {
    uint16_t bits;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    tensor.floats[i] = halfOf(bits, tensor.dtype);
  }
}

static void fromRaw(HostTensor &tensor, llvm::StringRef bytes) {
  switch (tensor.dtype) {
  case DType::boolean:
  case DType::u8:
    return fromBytes<uint8_t>(tensor, bytes);
  case DType::i32:
    return fromBytes<int32_t>(tensor, bytes);
  case DType::i64:
    return fromBytes<int64_t>(tensor, bytes);
  case DType::f32:
    return fromBytes<float>(tensor, bytes);
  case DType::f64:
    return fromBytes<double>(tensor, bytes);
  case DType::f16:
  case DType::bf16:
    return fromHalves(tensor, bytes);
  }
}

template <typename Field> static bool fromField(HostTensor &tensor, const Field &field) {
  if (int64_t(field.size()) != tensor.size())
    return false;
  for (int64_t i = 0; i < tensor.size(); ++i)
    if (tensor.isFloat())
      tensor.floats[i] = double(field.Get(int(i)));
    else
      tensor.setInt(i, int64_t(field.Get(int(i))));
  return true;
}

static bool fromFields(HostTensor &tensor, const onnx::TensorProto &proto) {
  switch (tensor.dtype) {
  case DType::f32:
    return fromField(tensor, proto.float_data());
  case DType::f64:
    return fromField(tensor, proto.double_data());
  case DType::i64:
    return fromField(tensor, proto.int64_data());
  case DType::f16:
  case DType::bf16: // as bit patterns
    if (!fromField(tensor, proto.int32_data()))
      return false;
    for (double &number : tensor.floats)
      number = halfOf(static_cast<uint16_t>(number), tensor.dtype);
    return true;
  default:
    return fromField(tensor, proto.int32_data());
  }
}

std::optional<HostTensor> plimsoll::import::readTensor(const onnx::TensorProto &proto,
                                                       llvm::StringRef external,
                                                       int64_t maxElements, const Twine &where,
                                                       Problems &problems) {
  std::optional<DType> dtype = dtypeOf(proto.data_type());
  auto dims = llvm::ArrayRef(proto.dims().data(), proto.dims_size());
  std::optional<int64_t> count = elementCount(dims);
  if (!dtype || !count || *count > maxElements) {
    problems.add(where,
                 !dtype ? "holds " + onnxTypeName(proto.data_type()) + ", which is not supported"
                        : "its shape " + Twine(shapeText(dims)) + " is invalid or too large",
                 !dtype ? "export the model in f32" : "");
    return std::nullopt;
  }
  llvm::StringRef raw = isExternal(proto) ? external : llvm::StringRef(proto.raw_data());
  bool useRaw = isExternal(proto) || proto.has_raw_data();
  // Check sizes first: a shape may promise far more elements than the file has.
  int64_t stored = useRaw ? int64_t(raw.size()) / byteSize(*dtype)
                          : int64_t(proto.float_data_size()) + proto.double_data_size() +
                                proto.int64_data_size() + proto.int32_data_size();
  if (stored != *count || (useRaw && int64_t(raw.size()) % byteSize(*dtype))) {
    problems.add(where, "its shape " + Twine(shapeText(dims)) + " has " + Twine(*count) +
                            " elements, the file has " + Twine(stored));
    return std::nullopt;
  }
  HostTensor tensor(*dtype, dims);
  if (useRaw)
    fromRaw(tensor, raw);
  else if (!fromFields(tensor, proto)) {
    problems.add(where, "its data is stored as another type");
    return std::nullopt;
  }
  return tensor;
}
