//===- Safetensors.cpp - reading safetensors files --------------------------===//
#include "Safetensors.h"

#include "Failure.h"
#include "Json.h"
#include "plimsoll/ElementType.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plimsoll {

int64_t elementBytes(const std::string &type) {
  for (const ElementTypeInfo &known : kElementTypes)
    if (type == known.safetensors)
      return known.bytes;
  // What programs have no tensors of, but files may.
  static const std::map<std::string, int64_t> others = {
      {"U64", 8}, {"U32", 4}, {"I16", 2}, {"U16", 2}, {"I8", 1}, {"F8_E4M3", 1}, {"F8_E5M2", 1}};
  auto found = others.find(type);
  return found == others.end() ? 0 : found->second;
}

std::string shapeText(const int64_t *shape, int rank) {
  std::string text = "[";
  for (int i = 0; i < rank; ++i)
    text.append(i ? ", " : "").append(std::to_string(shape[i]));
  return text.append("]");
}

int64_t SafetensorsFile::Tensor::count() const {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

SafetensorsFile::SafetensorsFile(const std::string &path) : name(path) {
  descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status)) {
    std::string reason = std::strerror(errno);
    if (descriptor >= 0)
      ::close(descriptor);
    throw Failure(format("cannot open '%s': %s", path.c_str(), reason.c_str()));
  }
  try {
    if (!S_ISREG(status.st_mode))
      throw Failure(format("'%s' is not a file", path.c_str()));
    parseHeader(status.st_size);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() {
  ::close(descriptor);
}

void SafetensorsFile::parseHeader(int64_t fileBytes) {
  uint64_t headerBytes = 0;
  if (fileBytes < 10)
    throw Failure(format("'%s' is not a safetensors file: it has %lld bytes", name.c_str(),
                         static_cast<long long>(fileBytes)));
  read(&headerBytes, 0, 8);
  if (headerBytes < 2 || headerBytes > 100'000'000)
    throw Failure(format("'%s' is not a safetensors file: its first 8 bytes are no header length",
                         name.c_str()));
  int64_t dataStart = 8 + static_cast<int64_t>(headerBytes);
  if (dataStart > fileBytes)
    throw Failure(format("'%s' is truncated, or not a safetensors file: its header should have %s "
                         "bytes, the file has %s",
                         name.c_str(), grouped(dataStart - 8).c_str(), grouped(fileBytes).c_str()));
  std::string text(headerBytes, '\0');
  read(text.data(), 8, dataStart - 8);
  if (text[0] != '{')
    throw Failure(
        format("'%s' is not a safetensors file: its header is no JSON object", name.c_str()));
  Json header;
  try {
    header = parseJson(text);
  } catch (const Failure &failure) {
    throw Failure(format("'%s' has a damaged header: %s", name.c_str(), failure.what()));
  }
  for (const auto &[key, value] : header.members)
    if (key != "__metadata__")
      addTensor(key, value, dataStart, fileBytes);
    else
      for (const auto &[word, meaning] : value.members)
        strings[word] = meaning.string;
}

void SafetensorsFile::addTensor(const std::string &tensor, const Json &entry, int64_t dataStart,
                                int64_t fileBytes) {
  auto damaged = [&](const char *what) {
    throw Failure(
        format("'%s' has a damaged header: tensor '%s': %s", name.c_str(), tensor.c_str(), what));
  };
  const Json *type = entry.find("dtype"), *shape = entry.find("shape");
  const Json *offsets = entry.find("data_offsets");
  if (!type || !shape || !offsets || offsets->items.size() != 2)
    damaged("dtype, shape or data_offsets is missing");
  int64_t bytes = elementBytes(type->string);
  if (!bytes)
    damaged("its dtype is unknown");
  Tensor parsed{type->string, {}, 0, 0};
  for (const Json &extent : shape->items) {
    if (extent.kind != Json::Kind::integer || extent.integer < 0 ||
        __builtin_mul_overflow(bytes, extent.integer, &bytes))
      damaged("its shape is impossible");
    parsed.shape.push_back(extent.integer);
  }
  int64_t begin = offsets->items[0].integer, end = offsets->items[1].integer;
  if (begin < 0 || end < begin || end - begin != bytes)
    damaged("its data_offsets do not match its shape");
  if (end > fileBytes - dataStart)
    throw Failure(format("'%s' is truncated: tensor '%s' ends at byte %s, the file at %s",
                         name.c_str(), tensor.c_str(), grouped(dataStart + end).c_str(),
                         grouped(fileBytes).c_str()));
  parsed.begin = dataStart + begin;
  parsed.end = dataStart + end;
  entries.emplace(tensor, std::move(parsed));
}

const SafetensorsFile::Tensor *SafetensorsFile::find(const std::string &tensor) const {
  auto found = entries.find(tensor);
  return found == entries.end() ? nullptr : &found->second;
}

const std::string *SafetensorsFile::metadata(const std::string &key) const {
  auto found = strings.find(key);
  return found == strings.end() ? nullptr : &found->second;
}

void SafetensorsFile::read(void *into, int64_t offset, int64_t bytes) const {
  char *place = static_cast<char *>(into);
  while (bytes > 0) {
    ssize_t got = ::pread(descriptor, place, bytes, offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      throw Failure(format("cannot read '%s': %s", name.c_str(),
                           got ? std::strerror(errno) : "it became shorter"));
    place += got, offset += got, bytes -= got;
  }
}

} // namespace plimsoll
