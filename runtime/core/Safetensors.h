//===- Safetensors.h - reading safetensors files ----------------------------===//
//
// Format: u64 little-endian header length, JSON header (name -> dtype, shape,
// data_offsets; "__metadata__": strings), bytes. Files are read with pread, never
// mapped. Everything in the header is checked against the file's size before use.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SAFETENSORS_H
#define PLIMSOLL_CORE_SAFETENSORS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace plimsoll {

class SafetensorsFile {
public:
  struct Tensor {
    std::string type; ///< "F32", "I64", ...
    std::vector<int64_t> shape;
    int64_t begin, end; ///< bytes from the start of the file

    int64_t count() const;
  };

  /// Opens and checks `path`. Throws Failure.
  explicit SafetensorsFile(const std::string &path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile &) = delete;
  SafetensorsFile &operator=(const SafetensorsFile &) = delete;

  const std::string &path() const { return name; }
  const std::map<std::string, Tensor> &tensors() const { return entries; }
  const Tensor *find(const std::string &tensor) const;
  /// Returns the string `key` of the metadata, or null.
  const std::string *metadata(const std::string &key) const;

  /// Reads `bytes` bytes at `offset` from the start of the file. Throws Failure.
  void read(void *into, int64_t offset, int64_t bytes) const;

private:
  std::string name;
  int descriptor = -1;
  std::map<std::string, Tensor> entries;
  std::map<std::string, std::string> strings;

  void parseHeader(int64_t fileBytes);
  void addTensor(const std::string &tensor, const struct Json &entry, int64_t dataStart,
                 int64_t fileBytes);
};

/// Returns the bytes of one element of a safetensors type, 0 for an unknown one.
int64_t elementBytes(const std::string &type);

/// Returns a shape as text: "[4, 128]".
std::string shapeText(const int64_t *shape, int rank);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SAFETENSORS_H
