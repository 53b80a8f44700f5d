//===- AttentionTest.cpp - attention against a plain f64 reference ----------===//
#include "KernelHarness.h"

namespace {

class Attention : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Isa, Attention, testing::ValuesIn(libraries()), libraryName);

struct Case {
  int64_t b, h, kv, t, s, d, v, layout, causal, maskKind;
};

/// Returns the index of element (entry, head, time, i).
int64_t at(const Case &c, int64_t entry, int64_t head, int64_t time, int64_t i, int64_t heads,
           int64_t length, int64_t dim) {
  return (c.layout ? (entry * length + time) * heads + head
                   : (entry * heads + head) * length + time) *
             dim +
         i;
}

/// Forward and backward in f64, straight from the definition.
struct Reference {
  const Case &c;
  const Floats &q, &k, &v, &dout, &mask;
  double scale;
  std::vector<double> out, dq, dk, dv;

  void head(int64_t e, int64_t h) {
    int64_t g = h / (c.h / c.kv);
    for (int64_t i = 0; i < c.t; ++i) {
      std::vector<double> p(c.s), dp(c.s);
      double sum = 0, delta = 0;
      for (int64_t j = 0; j < c.s; ++j) {
        double score = 0;
        for (int64_t d = 0; d < c.d; ++d)
          score +=
              double(q[at(c, e, h, i, d, c.h, c.t, c.d)]) * k[at(c, e, g, j, d, c.kv, c.s, c.d)];
        score = score * scale + (c.maskKind ? mask[i * c.s + j] : 0.0f);
        p[j] = c.causal && j > i ? 0 : std::exp(score);
        sum += p[j];
      }
      for (int64_t j = 0; j < c.s; ++j) {
        p[j] = sum > 0 ? p[j] / sum : 0;
        for (int64_t d = 0; d < c.v; ++d) {
          int64_t o = at(c, e, h, i, d, c.h, c.t, c.v), x = at(c, e, g, j, d, c.kv, c.s, c.v);
          out[o] += p[j] * v[x];
          dv[x] += p[j] * dout[o];
          dp[j] += double(dout[o]) * v[x];
        }
        delta += p[j] * dp[j];
      }
      for (int64_t j = 0; j < c.s; ++j)
        for (int64_t d = 0; d < c.d; ++d) {
          int64_t a = at(c, e, h, i, d, c.h, c.t, c.d), x = at(c, e, g, j, d, c.kv, c.s, c.d);
          dq[a] += p[j] * (dp[j] - delta) * scale * k[x];
          dk[x] += p[j] * (dp[j] - delta) * scale * q[a];
        }
    }
  }
};

const Case cases[] = {
    {2, 4, 2, 77, 77, 16, 24, 0, 1, 0},  {1, 3, 3, 50, 200, 64, 64, 1, 0, 2},
    {2, 2, 1, 50, 140, 20, 20, 1, 0, 1}, {1, 2, 2, 130, 130, 32, 32, 0, 1, 1},
    {1, 1, 1, 1, 1, 1, 1, 0, 0, 0},
};

TEST_P(Attention, MatchesReferenceForAnyThreadCount) {
  for (const Case &c : cases) {
    Floats q = random(c.b * c.h * c.t * c.d), k = random(c.b * c.kv * c.s * c.d);
    Floats v = random(c.b * c.kv * c.s * c.v), dout = random(c.b * c.h * c.t * c.v);
    Floats added = random(c.t * c.s);
    std::vector<uint8_t> keep(c.t * c.s);
    for (int64_t i = 0; c.maskKind == 1 && i < c.t * c.s; ++i) {
      keep[i] = i / c.s != 3 && i % 3 != 1; // query 3 sees nothing
      added[i] = keep[i] ? 0.0f : -INFINITY;
    }
    const void *mask = c.maskKind == 2 ? (void *)added.data() : (void *)keep.data();
    Sizes sizes = {c.b, c.h, c.kv, c.t, c.s, c.d, c.v, c.layout, c.causal, c.maskKind, 0, 0, c.s};
    Reference wanted{c, q, k, v, dout, added, 0.37, {}, {}, {}, {}};
    wanted.out.resize(dout.size()), wanted.dq.resize(q.size());
    wanted.dk.resize(k.size()), wanted.dv.resize(v.size());
    for (int64_t i = 0; i < c.b * c.h; ++i)
      wanted.head(i / c.h, i % c.h);
    Floats firstOut, firstDk;
    for (int threads : {1, 2, 3}) {
      Floats out = nans(dout.size()), lse = nans(c.b * c.h * c.t);
      Floats dq = nans(q.size()), dk = nans(k.size()), dv = nans(v.size());
      run("attention",
          {q.data(), k.data(), v.data(), c.maskKind ? mask : nullptr, out.data(), lse.data()},
          sizes, {0.37}, threads);
      run("attention_grad",
          {q.data(), k.data(), v.data(), c.maskKind ? mask : nullptr, out.data(), lse.data(),
           dout.data(), dq.data(), dk.data(), dv.data()},
          sizes, {0.37}, threads);
      if (threads == 1)
        firstOut = out, firstDk = dk;
      EXPECT_TRUE(sameBits(out, firstOut) && sameBits(dk, firstDk));
      EXPECT_LT(worst(out, wanted.out), 3e-6);
      EXPECT_LT(worst(dq, wanted.dq) * (c.d > 1), 3e-6);
      EXPECT_LT(worst(dk, wanted.dk) * (c.d > 1), 3e-6);
      EXPECT_LT(worst(dv, wanted.dv), 3e-6);
    }
  }
}

/// Returns the heads of q, k and v, [batch, time, heads, dim], as one tensor.
Floats pack(const Case &c, const Floats &q, const Floats &k, const Floats &v) {
  Floats packed;
  for (int64_t step = 0; step < c.b * c.t; ++step) {
    packed.insert(packed.end(), &q[step * c.h * c.d], &q[step * c.h * c.d] + c.h * c.d);
    for (const Floats *part : {&k, &v})
      packed.insert(packed.end(), &(*part)[step * c.kv * c.d],
                    &(*part)[step * c.kv * c.d] + c.kv * c.d);
  }
  return packed;
}

TEST_P(Attention, HasTheSameBitsOnPartsOfOneTensor) {
  for (const Case &c :
       {Case{2, 4, 2, 77, 77, 16, 16, 1, 1, 0}, Case{1, 3, 3, 50, 50, 20, 20, 1, 0, 0}}) {
    Floats q = random(c.b * c.t * c.h * c.d), k = random(c.b * c.t * c.kv * c.d);
    Floats v = random(k.size()), dout = random(q.size()), packed = pack(c, q, k, v);
    Floats lse = nans(c.b * c.h * c.t), out = nans(q.size()), dq = out;
    Floats dk = nans(k.size()), dv = dk, packedOut = out, packedLse = lse,
           gradient = nans(packed.size());
    Sizes sizes = {c.b, c.h, c.kv, c.t, c.s, c.d, c.v, c.layout, c.causal, 0, 0, 0, 0};
    run("attention", {q.data(), k.data(), v.data(), nullptr, out.data(), lse.data()}, sizes, {0.3});
    run("attention_grad",
        {q.data(), k.data(), v.data(), nullptr, out.data(), lse.data(), dout.data(), dq.data(),
         dk.data(), dv.data()},
        sizes, {0.3});
    constexpr size_t layout = 7;
    sizes[layout] = 2;
    run("attention", {packed.data(), nullptr, nullptr, nullptr, packedOut.data(), packedLse.data()},
        sizes, {0.3});
    run("attention_grad",
        {packed.data(), nullptr, nullptr, nullptr, out.data(), lse.data(), dout.data(),
         gradient.data(), nullptr, nullptr},
        sizes, {0.3});
    EXPECT_TRUE(sameBits(packedOut, out) && sameBits(packedLse, lse));
    EXPECT_TRUE(sameBits(gradient, pack(c, dq, dk, dv)));
  }
}

/// Operands in bf16 are widened: the weights have the bits of the same operands in f32.
TEST_P(Attention, InBf16HasTheBitsOfWideOperands) {
  for (const Case &c : cases) {
    Halves q = narrowed(random(c.b * c.h * c.t * c.d)),
           k = narrowed(random(c.b * c.kv * c.s * c.d));
    Halves v = narrowed(random(c.b * c.kv * c.s * c.v));
    Halves dout = narrowed(random(c.b * c.h * c.t * c.v)), out = dout;
    Floats wideQ = widened(q), wideK = widened(k), wideV = widened(v), wideDout = widened(dout);
    Floats added = random(c.t * c.s);
    std::vector<uint8_t> keep(c.t * c.s, 1);
    const void *mask = c.maskKind == 0   ? nullptr
                       : c.maskKind == 2 ? (void *)added.data()
                                         : keep.data();
    Sizes sizes = {c.b, c.h, c.kv, c.t, c.s, c.d, c.v, c.layout, c.causal, c.maskKind, 0, 0, c.s};
    Floats wideOut = nans(out.size()), lse = nans(c.b * c.h * c.t), wideLse = lse;
    Floats gradients[2][3] = {{nans(q.size()), nans(k.size()), nans(v.size())},
                              {nans(q.size()), nans(k.size()), nans(v.size())}};
    run("attention", {q.data(), k.data(), v.data(), mask, out.data(), lse.data()}, sizes, {0.37}, 2,
        plimsoll::ElementType::bf16);
    run("attention",
        {wideQ.data(), wideK.data(), wideV.data(), mask, wideOut.data(), wideLse.data()}, sizes,
        {0.37});
    EXPECT_TRUE(sameBits(lse, wideLse));
    EXPECT_TRUE(sameBits(widened(out), widened(narrowed(wideOut))));
    wideOut = widened(out);
    run("attention_grad",
        {q.data(), k.data(), v.data(), mask, out.data(), lse.data(), dout.data(),
         gradients[0][0].data(), gradients[0][1].data(), gradients[0][2].data()},
        sizes, {0.37}, 2, plimsoll::ElementType::bf16);
    run("attention_grad",
        {wideQ.data(), wideK.data(), wideV.data(), mask, wideOut.data(), lse.data(),
         wideDout.data(), gradients[1][0].data(), gradients[1][1].data(), gradients[1][2].data()},
        sizes, {0.37});
    for (int i : {0, 1, 2})
      EXPECT_TRUE(sameBits(gradients[0][i], gradients[1][i])) << "gradient " << i;
  }
}

} // namespace
