//===- TokenSource.cpp - windows of a long sequence of tokens ---------------===//
//
// Files of u8, u16 or u32 tokens, little endian, are one sequence of len tokens in the order
// given. A row of T tokens at place o is tokens[o : o+T] with labels tokens[o+1 : o+T+1].
// Row g (from 0) of a sequential run is at o = (g * T) mod (len - T - 1); an epoch of a
// shuffled run has the (len - 1) / T windows that do not overlap.
//===----------------------------------------------------------------------===//
#include "Failure.h"
#include "Source.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plimsoll {
namespace {

/// Returns the index of the one input that takes tokens. Throws Failure if there is not exactly
/// one.
int tokenInput(const TimelineInputs &inputs) {
  int found = -1;
  for (int i = 0; i < inputs.count(); ++i) {
    const Input input = inputs[i];
    if (input.info.labels)
      continue;
    bool whole = input.tensor.type == ElementType::i64 || input.tensor.type == ElementType::i32;
    if (found >= 0 || !whole)
      throw Failure(format("a tokens: source gives token ids and labels alone, but this program "
                           "also takes '%s'; use a safetensors: source",
                           input.tensor.name));
    found = i;
  }
  if (found < 0 || !inputs.program.tokenLabels)
    throw Failure("a tokens: source needs a program whose labels are the next tokens; use a "
                  "safetensors: source");
  return found;
}

struct TokenFile {
  std::string name;
  int descriptor = -1;
  int width = 0;
  int64_t first = 0, count = 0; ///< its tokens in the whole sequence: [first, first + count)
};

class TokenSource : public Source {
public:
  TokenSource(const TimelineInputs &inputs, const std::vector<std::string> &specs)
      : inputs(inputs), input(tokenInput(inputs)), length(inputs[input].rowElements()) {
    for (const std::string &spec : specs)
      open(spec);
    window.resize(length + 1);
    raw.resize((length + 1) * 4);
    if (!streaming && total < length + 2)
      throw Failure(format("'%s' has %s tokens; a row of %s and its labels need at least %s",
                           files[0].name.c_str(), grouped(total).c_str(), grouped(length).c_str(),
                           grouped(length + 2).c_str()));
  }
  ~TokenSource() override {
    for (const TokenFile &file : files)
      if (file.descriptor > 0)
        ::close(file.descriptor);
  }

  int64_t records() const override { return (total - 1) / length; }
  int64_t place(int64_t record) const override { return record * length; }
  int64_t sequentialPlace(int64_t g) const override {
    return streaming ? g : static_cast<int64_t>(__int128(g) * length % (total - length - 1));
  }
  bool stream() const override { return streaming; }
  std::string describe(int64_t place) const override {
    return format("tokens from %lld of %s",
                  static_cast<long long>(streaming ? place * length : place),
                  files[0].name.c_str());
  }

  void skipRows(int64_t rows) override {
    while (rows-- > 0 && nextOfStream()) {
    }
  }

  bool read(const Batch &batch) override {
    for (int64_t row = 0; row < batch.rows; ++row) {
      if (streaming ? !nextOfStream() : !load(batch.places[row], 0, length + 1))
        return false;
      for (int i = 0; i < inputs.count(); ++i)
        if (batch.buffers[i])
          store(inputs[i], row, batch.buffers[i]);
    }
    return true;
  }

private:
  const TimelineInputs inputs;
  int input;
  int64_t length, total = 0;
  std::vector<TokenFile> files;
  std::vector<uint32_t> window; ///< the tokens of a row and the next one
  std::vector<unsigned char> raw;
  bool streaming = false, started = false;

  int widthByVocabulary() const {
    int64_t limit = inputs[input].info.limit;
    return limit > 0 && limit <= 256 ? 1 : limit > 65536 ? 4 : 2;
  }

  void open(const std::string &spec) {
    TokenFile file;
    file.name = spec;
    size_t colon = spec.rfind(':');
    std::string type = colon == spec.npos ? "" : spec.substr(colon + 1);
    file.width = type == "u8" ? 1 : type == "u16" ? 2 : type == "u32" ? 4 : 0;
    if (file.width)
      file.name = spec.substr(0, colon);
    else
      file.width = widthByVocabulary();
    file.first = total;
    if (file.name == "-") {
      streaming = true;
      file.name = "standard input";
      file.descriptor = 0;
    } else {
      openRegular(file);
    }
    files.push_back(file);
    total += file.count;
    if (streaming && files.size() > 1)
      throw UsageError("--data=tokens:- cannot be joined with other files");
  }

  void openRegular(TokenFile &file) {
    file.descriptor = ::open(file.name.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file.descriptor < 0 || fstat(file.descriptor, &status))
      throw Failure(format("cannot open '%s': %s", file.name.c_str(), std::strerror(errno)));
    if (!S_ISREG(status.st_mode))
      throw Failure(
          format("'%s' is not a file; a stream is read with --data=tokens:-", file.name.c_str()));
    if (status.st_size % file.width)
      throw Failure(format("'%s' has %s bytes, which is no whole number of u%d tokens; name the "
                           "type with tokens:FILE:u8, :u16 or :u32",
                           file.name.c_str(), grouped(status.st_size).c_str(), 8 * file.width));
    file.count = status.st_size / file.width;
  }

  void widen(const TokenFile &file, int64_t into, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      uint32_t value = 0;
      std::memcpy(&value, raw.data() + i * file.width, file.width);
      window[into + i] = value;
    }
  }

  /// Reads `count` tokens from `place` on, across files, to `window[into]` and following.
  bool load(int64_t place, int64_t into, int64_t count) {
    for (const TokenFile &file : files) {
      if (count == 0 || place >= file.first + file.count)
        continue;
      int64_t here = file.first + file.count - place;
      here = here < count ? here : count;
      readBytes(file, here * file.width, (place - file.first) * file.width);
      widen(file, into, here);
      place += here, into += here, count -= here;
    }
    return true;
  }

  void readBytes(const TokenFile &file, int64_t bytes, int64_t offset) {
    for (int64_t done = 0; done < bytes;) {
      ssize_t got = ::pread(file.descriptor, raw.data() + done, bytes - done, offset + done);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        throw Failure(format("cannot read '%s': %s", file.name.c_str(),
                             got ? std::strerror(errno) : "it became shorter"));
      done += got;
    }
  }

  /// Reads the next window of the stream; its first token is the last of the previous one.
  bool nextOfStream() {
    int64_t fresh = started ? length : length + 1;
    if (started)
      window[0] = window[length];
    int64_t bytes = fresh * files[0].width, done = 0;
    while (done < bytes) {
      ssize_t got = ::read(0, raw.data() + done, bytes - done);
      if (got <= 0)
        return false; // the end, or a signal: either way training stops here
      done += got;
    }
    widen(files[0], length + 1 - fresh, fresh);
    started = true;
    return true;
  }

  void store(const Input &what, int64_t row, std::byte *buffer) const {
    const uint32_t *from = window.data() + (what.info.labels ? 1 : 0);
    for (int64_t i = 0; i < length; ++i)
      if (what.tensor.type == ElementType::i32)
        reinterpret_cast<int32_t *>(buffer)[row * length + i] = static_cast<int32_t>(from[i]);
      else
        reinterpret_cast<int64_t *>(buffer)[row * length + i] = from[i];
  }
};

} // namespace

std::unique_ptr<Source> makeTokenSource(const TimelineInputs &inputs,
                                        const std::vector<std::string> &files) {
  return std::make_unique<TokenSource>(inputs, files);
}

} // namespace plimsoll
