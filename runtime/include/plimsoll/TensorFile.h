//===- TensorFile.h - tensors of a safetensors file, by a model's names -----===//
//
// The compiler reads checkpoints with this. Names, aliases, prefixes and checks are those of the
// `--weights` option of a training program. Nothing here throws.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TENSORFILE_H
#define PLIMSOLL_TENSORFILE_H

#include "plimsoll/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace plimsoll {

/// A tensor of a model, with the name, shape and layout that the framework gives it.
struct WantedTensor {
  std::string name;
  std::vector<std::string> aliases;
  std::vector<int64_t> shape;
  ElementType type = ElementType::f32;
  bool optional = false; ///< the file may lack it
};

class TensorFile {
public:
  /// Opens the file and checks its header. Null, with the reason in `error`, if that fails.
  static std::unique_ptr<TensorFile> open(const std::string &path, std::string &error);
  ~TensorFile();

  /// Returns the names of all tensors in the file.
  std::vector<std::string> names() const;
  /// Returns the shape of the tensor `name`; empty if the file lacks it.
  std::vector<int64_t> shapeOf(const std::string &name) const;
  /// Returns the type of the tensor `name` as the file writes it, "F32" or "I64"; empty if the file
  /// lacks it.
  std::string typeOf(const std::string &name) const;
  /// Returns the offset in the file, in bytes, of the tensor `name`; -1 if the file lacks it.
  int64_t offsetOf(const std::string &name) const;
  /// Reads the first `bytes` bytes of the tensor `name`. False, with the reason in `error`, if it
  /// has fewer or the file cannot be read.
  bool readFront(const std::string &name, int64_t bytes, std::byte *into, std::string &error) const;
  /// Returns the string `key` of the metadata, or null.
  const std::string *metadata(const std::string &key) const;

  /// Finds every tensor of `wanted`, under any of its names and with any common prefix. False, with
  /// everything that is missing, surplus, or of another shape or type in `error`.
  bool match(const std::vector<WantedTensor> &wanted, std::string &error);
  /// True if `wanted[index]` of the last match is in the file.
  bool has(size_t index) const;
  /// Copies the bytes of `wanted[index]`, dense and row-major, to `into`; `transposed`: a matrix is
  /// transposed on the way. False, with the reason in `error`, if the file cannot be read.
  bool read(size_t index, bool transposed, std::byte *into, std::string &error) const;

private:
  struct Content;
  explicit TensorFile(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content;
};

} // namespace plimsoll

#endif // PLIMSOLL_TENSORFILE_H
