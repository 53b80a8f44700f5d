//===- TensorFile.h - tensors of a safetensors file, under a model's names --===//
//
// How the compiler reads checkpoints: names, aliases, prefixes and checks are those of a
// training program's own `--weights`. Nothing here throws.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TENSORFILE_H
#define PLIMSOLL_TENSORFILE_H

#include "plimsoll/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace plimsoll {

/// A tensor that a model has, as the framework knows it.
struct WantedTensor {
  std::string name;
  std::vector<std::string> aliases;
  std::vector<int64_t> shape;
  ElementType type = ElementType::f32;
  bool optional = false; ///< the file may lack it
};

class TensorFile {
public:
  /// Opens and checks the header; null, and the reason in `error`, where it is wrong.
  static std::unique_ptr<TensorFile> open(const std::string &path, std::string &error);
  ~TensorFile();

  /// Every tensor in the file.
  std::vector<std::string> names() const;
  /// The shape of a tensor of the file; empty for one that is not there.
  std::vector<int64_t> shapeOf(const std::string &name) const;
  /// Its type as the file writes it, "F32" or "I64"; empty for one that is not there.
  std::string typeOf(const std::string &name) const;
  /// Where its first byte is in the file; -1 for one that is not there.
  int64_t offsetOf(const std::string &name) const;
  /// Its first `bytes`. False, with the reason in `error`, where there are not as many or the
  /// file cannot be read.
  bool readFront(const std::string &name, int64_t bytes, std::byte *into, std::string &error) const;
  /// A string of the metadata, or null.
  const std::string *metadata(const std::string &key) const;

  /// Finds every tensor of `wanted`, under any of its names and behind any prefix. False, with
  /// everything that is missing, surplus, or of another shape or type in `error`.
  bool match(const std::vector<WantedTensor> &wanted, std::string &error);
  /// True if `wanted[index]` of the last match is in the file.
  bool has(size_t index) const;
  /// The bytes of `wanted[index]`, dense; of a matrix also its transpose. False, with the reason
  /// in `error`, where the file cannot be read.
  bool read(size_t index, bool transposed, std::byte *into, std::string &error) const;

private:
  struct Content;
  explicit TensorFile(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content;
};

} // namespace plimsoll

#endif // PLIMSOLL_TENSORFILE_H
