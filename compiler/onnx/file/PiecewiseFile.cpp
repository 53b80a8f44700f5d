//===- PiecewiseFile.cpp - a file to write, with pieces not read yet --------------===//
#include "compiler/onnx/file/PiecewiseFile.h"

using namespace plimsoll::import;

static constexpr unsigned kVarint = 0, kLengthDelimited = 2;

static std::string varint(uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7)
    text += char(value | 0x80);
  return text + char(value);
}

static std::string key(unsigned field, unsigned wireType) {
  return varint(uint64_t(field) << 3 | wireType);
}

void PiecewiseFile::keep(llvm::StringRef text) {
  bytes += text.size();
  auto *last = pieces.empty() ? nullptr : std::get_if<llvm::StringRef>(&pieces.back());
  if (last && last->end() == text.begin())
    *last = llvm::StringRef(last->data(), last->size() + text.size());
  else
    pieces.push_back(text);
}

void PiecewiseFile::put(std::string text) {
  bytes += text.size();
  pieces.push_back(std::move(text));
}

void PiecewiseFile::put(TensorBytes data) {
  bytes += data.bytes;
  pieces.push_back(std::move(data));
}

void PiecewiseFile::append(PiecewiseFile &&other) {
  bytes += other.bytes;
  for (auto &piece : other.pieces)
    pieces.push_back(std::move(piece));
}

void PiecewiseFile::replace(llvm::StringRef kept, TensorBytes data) {
  PiecewiseFile result;
  for (auto &piece : pieces) {
    auto *whole = std::get_if<llvm::StringRef>(&piece);
    if (!whole || kept.begin() < whole->begin() || kept.end() > whole->end()) {
      result.pieces.push_back(std::move(piece));
      continue;
    }
    result.keep(whole->take_front(kept.begin() - whole->begin()));
    result.put(data);
    result.keep(whole->drop_front(kept.end() - whole->begin()));
  }
  pieces = std::move(result.pieces);
}

void PiecewiseFile::number(unsigned field, uint64_t value) {
  put(key(field, kVarint) + varint(value));
}

void PiecewiseFile::text(unsigned field, llvm::StringRef value) {
  put(key(field, kLengthDelimited) + varint(value.size()) + value.str());
}

void PiecewiseFile::tensor(unsigned field, TensorBytes data) {
  put(key(field, kLengthDelimited) + varint(data.bytes));
  put(std::move(data));
}

void PiecewiseFile::message(unsigned field, PiecewiseFile &&content) {
  put(key(field, kLengthDelimited) + varint(content.size()));
  append(std::move(content));
}

llvm::Error PiecewiseFile::write(llvm::raw_ostream &os) const {
  for (const auto &piece : pieces) {
    if (auto *kept = std::get_if<llvm::StringRef>(&piece)) {
      os << *kept;
    } else if (auto *made = std::get_if<std::string>(&piece)) {
      os << *made;
    } else {
      const TensorBytes &data = std::get<TensorBytes>(piece);
      std::string buffer(data.bytes, '\0');
      if (llvm::Error error = data.read(buffer.data()))
        return error;
      os << buffer;
    }
  }
  return llvm::Error::success();
}
