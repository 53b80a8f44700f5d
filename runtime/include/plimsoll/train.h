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
 * Functions that return int return 0 when done, 1 when failed; the reason is then
 * plimsoll_train_error(t) until the next call.
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

typedef struct plimsoll_input {
  const char *name;
  enum plimsoll_type type;
  int rank;
  const int64_t *shape;
  size_t bytes;
  int labels; /* 1: the input that was added for the loss */
} plimsoll_input;

/* Maps the arena and loads parameters from a safetensors file (NULL: the file that was
 * written beside the library or program). Every parameter must be in it; other tensors are
 * left out. NULL when failed, see plimsoll_train_error(NULL). */
PLIMSOLL_API plimsoll_train *plimsoll_train_create(const char *weights);
PLIMSOLL_API void plimsoll_train_destroy(plimsoll_train *train);

PLIMSOLL_API int plimsoll_train_input_count(const plimsoll_train *train);
PLIMSOLL_API int plimsoll_train_input(const plimsoll_train *train, int index,
                                      plimsoll_input *input);

/* What the program can run: a step's last or only micro-batch, which updates; its other
 * micro-batches; an evaluation. There may be several of a kind, of other shapes for one. The shapes
 * of plimsoll_train_input() are those of timeline 0. */
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
 * next run of a timeline. Timelines share bytes: feed every input again before each call. What
 * was fed for one is gone once something is fed for another, and the call then fails. */
PLIMSOLL_API int plimsoll_train_feed(plimsoll_train *train, const char *input, const void *data,
                                     size_t bytes);
PLIMSOLL_API int plimsoll_train_feed_evaluation(plimsoll_train *train, const char *input,
                                                const void *data, size_t bytes);
PLIMSOLL_API int plimsoll_train_feed_timeline(plimsoll_train *train, int timeline,
                                              const char *input, const void *data, size_t bytes);

/* One step with the inputs fed; lr < 0: the compiled learning rate. Of a program compiled with
 * --accumulate=N, one micro-batch: every N-th call updates and counts as a step. A loss that is not
 * finite fails, but where all labels are ignored: it is a mean of nothing then (NaN), and its
 * gradients are 0. */
PLIMSOLL_API int plimsoll_train_step(plimsoll_train *train, double lr);
PLIMSOLL_API int plimsoll_train_evaluate(plimsoll_train *train);
/* Runs one timeline, as a step or an evaluation does with the first of its kind. */
PLIMSOLL_API int plimsoll_train_run(plimsoll_train *train, int timeline, double lr);

/* Of the last step (of its micro-batches so far, their mean) or evaluation. accuracy: NaN where the
 * loss has none. */
PLIMSOLL_API float plimsoll_train_loss(const plimsoll_train *train);
PLIMSOLL_API float plimsoll_train_accuracy(const plimsoll_train *train);
PLIMSOLL_API int64_t plimsoll_train_steps(const plimsoll_train *train);

/* Checkpoints are those of the command line: one can go on with the other's. What is not finite
 * is not saved, and what was saved by a program of another batch is not loaded. */
PLIMSOLL_API int plimsoll_train_save(plimsoll_train *train, const char *path);
PLIMSOLL_API int plimsoll_train_load(plimsoll_train *train, const char *path);

/* Why the last call failed, "" when it did not; NULL: of the last create. */
PLIMSOLL_API const char *plimsoll_train_error(const plimsoll_train *train);

#ifdef __cplusplus
}
#endif

#endif /* PLIMSOLL_TRAIN_H */
