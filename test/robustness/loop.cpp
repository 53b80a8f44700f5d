//===- loop.cpp - a program that owns the training loop ----------------------===//
//
// loop CORPUS STEPS CHECKPOINT: trains on bytes in the order of --order=sequential.
//===----------------------------------------------------------------------===//
#include "libstep.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

static void require(bool good, const char *reason) {
  if (!good) {
    std::fprintf(stderr, "loop: error: %s\n", reason);
    std::exit(1);
  }
}

int main(int, char **argv) {
  std::ifstream file(argv[1], std::ios::binary);
  std::vector<char> corpus{std::istreambuf_iterator<char>(file), {}};
  plimsoll_train *train = plimsoll_train_create(nullptr);
  require(train, plimsoll_train_error(nullptr));
  require(plimsoll_train_input_count(train) == 2, "two inputs are expected");
  plimsoll_input ids;
  require(!plimsoll_train_input(train, 0, &ids) && !std::strcmp(ids.name, "input_ids"),
          "the first input is expected to be 'input_ids'");
  int64_t rows = ids.shape[0], length = ids.shape[1];

  // Misuse is refused without damage.
  std::vector<int64_t> batch(rows * length), labels(rows * length);
  require(plimsoll_train_feed(train, "ids", batch.data(), ids.bytes) == 1, "an unknown input");
  require(plimsoll_train_feed(train, "input_ids", batch.data(), 8) == 1, "a wrong size");
  require(*plimsoll_train_error(train) != 0, "no reason given");

  for (int64_t step = 0; step < std::atoll(argv[2]); ++step) {
    for (int64_t row = 0; row < rows; ++row) {
      int64_t begin = ((step * rows + row) * length) % (int64_t(corpus.size()) - length - 1);
      for (int64_t i = 0; i < length; ++i) {
        batch[row * length + i] = static_cast<unsigned char>(corpus[begin + i]);
        labels[row * length + i] = static_cast<unsigned char>(corpus[begin + i + 1]);
      }
    }
    bool stepped = !plimsoll_train_feed(train, "input_ids", batch.data(), ids.bytes) &&
                   !plimsoll_train_feed(train, "labels", labels.data(), ids.bytes) &&
                   !plimsoll_train_step(train, -1);
    require(stepped, plimsoll_train_error(train));
    std::printf("%.9g\n", plimsoll_train_loss(train));
  }
  bool saved = !plimsoll_train_save(train, argv[3]);
  require(saved, plimsoll_train_error(train));
  plimsoll_train_destroy(train);
}
