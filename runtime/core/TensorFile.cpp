//===- TensorFile.cpp - tensors of a safetensors file, by a model's names ----===//
#include "plimsoll/TensorFile.h"

#include "Failure.h"
#include "State.h"

namespace plimsoll {

struct TensorFile::Content {
  explicit Content(const std::string &path) : file(path) {}
  SafetensorsFile file;
  std::vector<Slot> slots;
  std::vector<std::string> found; ///< the file's name of each slot, or empty
};

TensorFile::TensorFile(std::unique_ptr<Content> content) : content(std::move(content)) {}

TensorFile::~TensorFile() = default;

std::unique_ptr<TensorFile> TensorFile::open(const std::string &path, std::string &error) {
  try {
    return std::unique_ptr<TensorFile>(new TensorFile(std::make_unique<Content>(path)));
  } catch (const Failure &failure) {
    error = failure.what();
    return nullptr;
  }
}

std::vector<std::string> TensorFile::names() const {
  std::vector<std::string> result;
  for (const auto &[name, tensor] : content->file.tensors())
    result.push_back(name);
  return result;
}

std::vector<int64_t> TensorFile::shapeOf(const std::string &name) const {
  const SafetensorsFile::Tensor *tensor = content->file.find(name);
  return tensor ? tensor->shape : std::vector<int64_t>();
}

int64_t TensorFile::offsetOf(const std::string &name) const {
  const SafetensorsFile::Tensor *tensor = content->file.find(name);
  return tensor ? static_cast<int64_t>(tensor->begin) : -1;
}

std::string TensorFile::typeOf(const std::string &name) const {
  const SafetensorsFile::Tensor *tensor = content->file.find(name);
  return tensor ? tensor->type : std::string();
}

bool TensorFile::readFront(const std::string &name, int64_t bytes, std::byte *into,
                           std::string &error) const {
  const SafetensorsFile::Tensor *tensor = content->file.find(name);
  if (!tensor || tensor->end - tensor->begin < bytes) {
    error = "'" + content->file.path() + "': tensor '" + name + "' has fewer than " +
            std::to_string(bytes) + " bytes";
    return false;
  }
  try {
    content->file.read(into, tensor->begin, bytes);
    return true;
  } catch (const Failure &failure) {
    error = failure.what();
    return false;
  }
}

const std::string *TensorFile::metadata(const std::string &key) const {
  return content->file.metadata(key);
}

bool TensorFile::match(const std::vector<WantedTensor> &wanted, std::string &error) {
  content->slots.clear();
  for (const WantedTensor &tensor : wanted)
    content->slots.push_back({.name = tensor.name,
                              .aliases = tensor.aliases,
                              .shape = tensor.shape,
                              .type = tensor.type,
                              .transposed = false,
                              .trained = false,
                              .offset = 0,
                              .optional = tensor.optional});
  try {
    std::string warning;
    content->found =
        matchSlots(content->slots, content->file, {.anyPrefix = true, .owner = "model"}, warning);
    return true;
  } catch (const Failure &failure) {
    error = failure.what();
    return false;
  }
}

bool TensorFile::has(size_t index) const {
  return index < content->found.size() && !content->found[index].empty();
}

bool TensorFile::read(size_t index, bool transposed, std::byte *into, std::string &error) const {
  Slot slot = content->slots[index];
  slot.transposed = transposed;
  try {
    readSlot(slot, content->file, *content->file.find(content->found[index]), into);
    return true;
  } catch (const Failure &failure) {
    error = failure.what();
    return false;
  }
}

} // namespace plimsoll
