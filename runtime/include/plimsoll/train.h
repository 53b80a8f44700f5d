/*===- train.h - a training program as a library (plimsoll compile --emit=library) -===
 *
 *   plimsoll_train *t = plimsoll_train_create("start.safetensors");
 *   if (!t) { puts(plimsoll_train_error(NULL)); return 1; }
 *   for (...) {
 *     plimsoll_train_feed(t, "input_ids", ids, sizeof ids);
 *     plimsoll_train_feed(t, "labels", labels, sizeof labels);
 *     if (plimsoll_train_step(t, 3e-4)) puts(plimsoll_train_error(t));
 *     printf("%f\n", plimsoll_train_loss(t));
 *   }
 *   plimsoll_train_save(t, "end.safetensors");
 *   plimsoll_train_destroy(t);
 *
 * Functions that return int return 0 when done and 1 when failed, except for the two _count
 * functions, which return a count. The reason of a failure is plimsoll_train_error(t) until the
 * next call that can fail; the functions that fill a struct fail for an index out of range alone,
 * and leave no reason.
 *
 * All handles of a process, together, belong to one thread at a time: they share the primitives
 * that a library (oneDNN) has prepared. With several threads, hold one lock around every call.
 * A step runs on as many threads as the program was compiled for; the OpenMP settings of the
 * host are left as they are.
 *===---------------------------------------------------------------------------===*/
#ifndef PLIMSOLL_TRAIN_H
#define PLIMSOLL_TRAIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLIMSOLL_API __attribute__((visibility("default")))

/* A training program that runs: the arena with parameters and optimizer state. */
typedef struct plimsoll_train plimsoll_train;

enum plimsoll_type {
  PLIMSOLL_F32,
  PLIMSOLL_F64,
  PLIMSOLL_I64,
  PLIMSOLL_I32,
  PLIMSOLL_U8,
  PLIMSOLL_BOOL,
  PLIMSOLL_BF16,
  PLIMSOLL_F16
};

/* An input of the program. The strings and shapes live as long as the library. */
typedef struct plimsoll_input {
  const char *name;
  enum plimsoll_type type;
  int rank;
  const int64_t *shape; /* [rank]; the data is dense and row-major */
  size_t bytes;
  int labels; /* 1: the input that was added for the loss */
} plimsoll_input;

/* Maps the arena and loads parameters from a safetensors file (NULL: the file that was
 * written beside the library or program). Every parameter must be in it, but the frozen base of
 * adapters and a teacher may be left to the file beside the library; other tensors are ignored.
 * Returns NULL when failed, see plimsoll_train_error(NULL). */
PLIMSOLL_API plimsoll_train *plimsoll_train_create(const char *weights);
PLIMSOLL_API void plimsoll_train_destroy(plimsoll_train *train);

/* Inputs are numbered from 0. plimsoll_train_input() fills `input` with the shapes of timeline 0.
 */
PLIMSOLL_API int plimsoll_train_input_count(const plimsoll_train *train);
PLIMSOLL_API int plimsoll_train_input(const plimsoll_train *train, int index,
                                      plimsoll_input *input);

/* A timeline is what the program can run: TRAIN is the last or only micro-batch of a step and
 * updates the parameters, ACCUMULATE is any other micro-batch, EVALUATE computes the loss alone.
 * There may be several timelines of a kind, for example for different shapes. They are numbered
 * from 0. */
enum plimsoll_timeline_kind { PLIMSOLL_TRAIN, PLIMSOLL_ACCUMULATE, PLIMSOLL_EVALUATE };

typedef struct plimsoll_timeline {
  const char *name;
  enum plimsoll_timeline_kind kind;
} plimsoll_timeline;

PLIMSOLL_API int plimsoll_train_timeline_count(const plimsoll_train *train);
PLIMSOLL_API int plimsoll_train_timeline(const plimsoll_train *train, int index,
                                         plimsoll_timeline *timeline);
PLIMSOLL_API int plimsoll_train_timeline_input(const plimsoll_train *train, int timeline, int index,
                                               plimsoll_input *input);

/* Copies a whole batch of an input into the arena, for the next step, the next evaluation, or the
 * next run of `timeline`. `bytes` must be those of the input. Integers out of range (labels that
 * are no class and not the ignored one) fail. Timelines share bytes: feed every input again before
 * each run. Feeding for one timeline discards what was fed for another, and running that one then
 * fails.
 */
PLIMSOLL_API int plimsoll_train_feed(plimsoll_train *train, const char *input, const void *data,
                                     size_t bytes);
PLIMSOLL_API int plimsoll_train_feed_evaluation(plimsoll_train *train, const char *input,
                                                const void *data, size_t bytes);
PLIMSOLL_API int plimsoll_train_feed_timeline(plimsoll_train *train, int timeline,
                                              const char *input, const void *data, size_t bytes);

/* Runs one step with the inputs that were fed; lr < 0: the compiled learning rate. In a program
 * compiled with --accumulate=N a call runs one micro-batch: every N-th call updates the parameters
 * and counts as a step. Fails if the loss is not finite, unless all labels are ignored: the loss is
 * then a mean of nothing (NaN), and the gradients are 0. */
PLIMSOLL_API int plimsoll_train_step(plimsoll_train *train, double lr);
/* Runs one evaluation of the batch that was fed; parameters and optimizer state stay as they are.
 */
PLIMSOLL_API int plimsoll_train_evaluate(plimsoll_train *train);
/* Runs `timeline`, where plimsoll_train_step() and plimsoll_train_evaluate() run the first of its
 * kind. Fails if a step needs another kind now; lr is not used by evaluations. */
PLIMSOLL_API int plimsoll_train_run(plimsoll_train *train, int timeline, double lr);

/* The loss and the accuracy (0 to 1) of the last step or evaluation; within a step the mean over
 * its micro-batches so far. NaN before the first; accuracy is also NaN if the loss has none. */
PLIMSOLL_API float plimsoll_train_loss(const plimsoll_train *train);
PLIMSOLL_API float plimsoll_train_accuracy(const plimsoll_train *train);
/* Returns the number of steps done, those before a loaded checkpoint included. */
PLIMSOLL_API int64_t plimsoll_train_steps(const plimsoll_train *train);

/* Checkpoints are those of the command line; either can resume the other's. Saving fails within a
 * step (between micro-batches) and if a trained parameter or its state is not finite; the file of
 * before is then kept. Loading fails for the checkpoint of another program or another batch. */
PLIMSOLL_API int plimsoll_train_save(plimsoll_train *train, const char *path);
PLIMSOLL_API int plimsoll_train_load(plimsoll_train *train, const char *path);

/* Returns why the last call failed, "" if it did not. NULL: why the last create failed. */
PLIMSOLL_API const char *plimsoll_train_error(const plimsoll_train *train);

#ifdef __cplusplus
}
#endif

#endif /* PLIMSOLL_TRAIN_H */
