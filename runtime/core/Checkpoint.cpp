//===- Checkpoint.cpp - saving a run, and the state of a saved run ----------===//
#include "Checkpoint.h"

#include "Json.h"
#include "Text.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace plimsoll {
namespace {

constexpr int kFormatVersion = 1;
constexpr int64_t kBufferBytes = 1 << 20;
constexpr int64_t kMetadataRoom = 2048; ///< the part of the metadata that changes

} // namespace

bool writeAll(int descriptor, const void *data, size_t bytes) {
  const char *at = static_cast<const char *>(data);
  while (bytes > 0) {
    ssize_t put = ::write(descriptor, at, bytes);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    at += put, bytes -= static_cast<size_t>(put);
  }
  return true;
}

CheckpointWriter::CheckpointWriter(const Program &program, std::vector<Slot> given,
                                   const std::string &path, const std::string &choices)
    : program(program), slots(std::move(given)), target(path), temporary(path + ".tmp") {
  size_t slash = path.rfind('/');
  directory = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  struct stat status;
  if (stat(directory.c_str(), &status) || !S_ISDIR(status.st_mode))
    throw Failure(
        format("cannot save to '%s': there is no directory '%s'", path.c_str(), directory.c_str()));
  if (!stat(path.c_str(), &status) && S_ISDIR(status.st_mode))
    throw Failure(format("cannot save to '%s': it is a directory", path.c_str()));
  if (access(directory.c_str(), W_OK))
    throw Failure(format("cannot save to '%s': %s", path.c_str(), std::strerror(errno)));
  buildTensorText();
  buildAliasText(choices);
  // The header is as long as makes the data start at a multiple of 64 bytes.
  int64_t most = static_cast<int64_t>(tensorText.size() + aliasText.size()) + kMetadataRoom;
  headerCapacity = (most + 8 + 63) / 64 * 64;
  header.resize(headerCapacity);
  buffer.resize(kBufferBytes);
}

void CheckpointWriter::buildTensorText() {
  for (const Slot &slot : slots) {
    tensorText += ",";
    appendQuoted(tensorText, slot.name);
    tensorText += format(
        ":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%lld,%lld]}", safetensorsType(slot.type),
        shapeText(slot.shape.data(), static_cast<int>(slot.shape.size())).c_str(),
        static_cast<long long>(dataBytes), static_cast<long long>(dataBytes + slot.bytes()));
    dataBytes += slot.bytes();
  }
  tensorText += "}";
}

/// Builds {"wte.weight":["lm_head.weight"]} as a quoted string: metadata values are strings.
void CheckpointWriter::buildAliasText(const std::string &choices) {
  std::string plain = "{";
  for (const Slot &slot : slots) {
    if (slot.aliases.empty())
      continue;
    plain += plain.size() > 1 ? "," : "";
    appendQuoted(plain, slot.name);
    for (size_t i = 0; i < slot.aliases.size(); ++i) {
      plain += i ? "," : ":[";
      appendQuoted(plain, slot.aliases[i]);
    }
    plain += "]";
  }
  appendQuoted(aliasText, plain + "}");
  aliasText += ",\"model\":";
  appendQuoted(aliasText, program.model);
  aliasText += ",\"fingerprint\":";
  appendQuoted(aliasText, program.fingerprint);
  if (!choices.empty()) {
    aliasText += ",\"choices\":";
    appendQuoted(aliasText, choices);
  }
  if (program.loraAlpha != 0)
    aliasText += format(",\"lora_alpha\":\"%.17g\"", program.loraAlpha);
}

void CheckpointWriter::buildHeader(const RunState &s) {
  Text text;
  text.add("{\"__metadata__\":{\"format\":\"plimsoll\",\"format_version\":\"%d\",\"step\":\"%lld\","
           "\"steps\":\"%lld\",\"seed\":\"%llu\","
           "\"rng\":\"philox4x32-10 seed=%llu step=%lld\",\"data_position\":\"%lld\","
           "\"order\":\"%s\",\"lr\":\"%.17g\",\"lr_schedule\":\"%s\",\"weight_decay\":\"%.17g\"",
           kFormatVersion, static_cast<long long>(s.step), static_cast<long long>(s.steps),
           static_cast<unsigned long long>(s.seed), static_cast<unsigned long long>(s.seed),
           static_cast<long long>(s.step), static_cast<long long>(s.dataPosition),
           s.shuffle ? "shuffled" : "sequential", s.learningRate, s.schedule, s.weightDecay);
  if (s.hasBest)
    text.add(",\"best_eval_loss\":\"%.17g\",\"best_step\":\"%lld\","
             "\"evaluations_since_best\":\"%lld\"",
             s.bestLoss, static_cast<long long>(s.bestStep),
             static_cast<long long>(s.evaluationsSinceBest));
  if (s.evaluationPending)
    text.add(",\"evaluation\":\"pending\"");
  text.add(",\"aliases\":");
  char *at = header.data() + 8;
  auto put = [&](const char *data, size_t size) {
    std::memcpy(at, data, size);
    at += size;
  };
  put(text.data(), text.size());
  put(aliasText.data(), aliasText.size());
  put("}", 1);
  put(tensorText.data(), tensorText.size());
  std::memset(at, ' ', header.data() + headerCapacity - at);
  uint64_t length = static_cast<uint64_t>(headerCapacity - 8);
  std::memcpy(header.data(), &length, 8);
}

bool CheckpointWriter::writeFile(int descriptor, const std::byte *arena) {
  if (!writeAll(descriptor, header.data(), header.size()))
    return false;
  for (const Slot &slot : slots)
    if (!writeSlot(descriptor, slot, arena))
      return false;
  return fsync(descriptor) == 0;
}

/// Checks and writes the slot in pieces, so that each is still in the cache when it is written.
bool CheckpointWriter::writeSlot(int descriptor, const Slot &slot, const std::byte *arena) {
  for (int64_t begin = 0; begin < slot.bytes(); begin += kBufferBytes) {
    int64_t bytes = std::min(kBufferBytes, slot.bytes() - begin);
    const std::byte *piece = arena + slot.offset + begin;
    if (slot.transposed) {
      copyOut(slot, arena, begin, bytes, buffer.data());
      piece = buffer.data();
    }
    int64_t bad = slot.trained ? firstNotFinite(slot.type, piece, bytes) : -1;
    if (bad >= 0) {
      spoilt = &slot, spoiltElement = begin / bytesOf(slot.type) + bad;
      return false;
    }
    if (!writeAll(descriptor, piece, bytes))
      return false;
  }
  return true;
}

std::string CheckpointWriter::keptText() const {
  struct stat status;
  return stat(target.c_str(), &status) ? "" : "; the checkpoint of before is untouched";
}

void CheckpointWriter::fail(const char *doing, int error) {
  std::string room;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG)
    room = format(": it needs %s bytes", grouped(bytes()).c_str());
  struct statvfs space;
  if ((error == ENOSPC || error == EDQUOT) && !statvfs(directory.c_str(), &space))
    room += format(", the disk has %s free",
                   grouped(static_cast<long long>(space.f_bavail * space.f_frsize)).c_str());
  throw Failure(format("cannot %s the checkpoint '%s': %s%s%s", doing, target.c_str(),
                       std::strerror(error), room.c_str(), keptText().c_str()));
}

void CheckpointWriter::save(const RunState &state, const std::byte *arena) {
  buildHeader(state);
  spoilt = nullptr;
  int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail("create", errno);
  bool written = writeFile(descriptor, arena);
  int error = errno;
  if (::close(descriptor) && written)
    written = false, error = errno;
  if (written && ::rename(temporary.c_str(), target.c_str()))
    written = false, error = errno;
  if (!written) {
    ::unlink(temporary.c_str());
    if (spoilt)
      throw NotFinite(format("step %lld: '%s' is not finite (element %lld of %lld), so '%s' was "
                             "not written%s",
                             static_cast<long long>(state.step), spoilt->name.c_str(),
                             static_cast<long long>(spoiltElement),
                             static_cast<long long>(spoilt->count()), target.c_str(),
                             keptText().c_str()));
    fail("write", error);
  }
  int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder); // some file systems cannot; the rename is atomic nevertheless
    ::close(folder);
  }
}

int64_t rowsTaken(const Program &program, int64_t steps) {
  const Timeline *train = firstTimeline(program, TimelineKind::train);
  bool rows = train && program.inputCount && train->inputs[0].rank;
  return steps * program.microBatches * (rows ? train->inputs[0].shape[0] : 1);
}

RunState readRunState(const Program &program, const SafetensorsFile &file) {
  auto text = [&](const char *key) {
    const std::string *value = file.metadata(key);
    if (!value)
      throw Failure(format("'%s' is no checkpoint of a training program (its metadata has no "
                           "'%s'); to start from its parameters, use --weights",
                           file.path().c_str(), key));
    return value->c_str();
  };
  if (std::strtol(text("format_version"), nullptr, 10) > kFormatVersion)
    throw Failure(format("'%s' has format version %s; this program knows %d", file.path().c_str(),
                         text("format_version"), kFormatVersion));
  if (std::strcmp(text("fingerprint"), program.fingerprint))
    throw Failure(format("'%s' was saved by another model or optimizer (%s, fingerprint %s; this "
                         "is %s, fingerprint %s); to start from its parameters alone, use "
                         "--weights",
                         file.path().c_str(), text("model"), text("fingerprint"), program.model,
                         program.fingerprint));
  RunState state;
  state.step = std::strtoll(text("step"), nullptr, 10);
  state.steps = std::strtoll(text("steps"), nullptr, 10);
  state.seed = std::strtoull(text("seed"), nullptr, 10);
  state.dataPosition = std::strtoll(text("data_position"), nullptr, 10);
  // The data rule (Feeder.h) derives the place in the data from the step and the batch alone.
  if (state.dataPosition != rowsTaken(program, state.step))
    throw Failure(format(
        "'%s' was saved by a program compiled for another batch: its %s steps took %s rows of the "
        "data, those of this program take %s; to start from its parameters alone, use --weights",
        file.path().c_str(), grouped(state.step).c_str(), grouped(state.dataPosition).c_str(),
        grouped(rowsTaken(program, state.step)).c_str()));
  state.shuffle = !std::strcmp(text("order"), "shuffled");
  state.learningRate = std::strtod(text("lr"), nullptr);
  state.weightDecay = std::strtod(text("weight_decay"), nullptr);
  std::snprintf(state.schedule, sizeof(state.schedule), "%s", text("lr_schedule"));
  if (const std::string *best = file.metadata("best_eval_loss"))
    state.hasBest = true, state.bestLoss = std::strtod(best->c_str(), nullptr);
  auto count = [&](const char *key) {
    const std::string *value = file.metadata(key);
    return value ? std::strtoll(value->c_str(), nullptr, 10) : 0;
  };
  state.bestStep = count("best_step");
  state.evaluationsSinceBest = count("evaluations_since_best");
  state.evaluationPending = file.metadata("evaluation") != nullptr;
  if (const std::string *choices = file.metadata("choices"))
    state.choices = *choices;
  return state;
}

} // namespace plimsoll
