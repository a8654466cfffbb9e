#include "engine/unary_step.h"

#include <memory>

#include "engine/parallel_rows.h"
#include "engine/xnnpack_steps.h"
#include "graph/arithmetic.h"
#include "kernels/float_loops.h"

namespace tessera {
namespace {

// y = f(x) for a row of elements; y may be x.
void RunLoop(const Unary& unary, const float* x, float* y, int64_t count) {
  switch (unary.kind) {
    case Unary::Kind::kSilu:
      return Silu(x, y, count);
    case Unary::Kind::kGeluTanh:
      return GeluTanh(x, y, count);
    case Unary::Kind::kSoftplus:
      return Softplus(x, y, count);
    case Unary::Kind::kMish:
      return Mish(x, y, count);
    case Unary::Kind::kExp:
      return Exp(x, y, count);
    case Unary::Kind::kElu:
      return Elu({.negative = unary.alpha}, x, y, count);
    case Unary::Kind::kSelu:
      return Elu({.negative = unary.alpha * unary.beta, .positive = unary.beta}, x, y, count);
    case Unary::Kind::kCelu:
      return Elu({.negative = unary.alpha, .width = unary.alpha}, x, y, count);
    case Unary::Kind::kHardSigmoid:
      return HardSigmoid(unary.alpha, unary.beta, x, y, count);
    case Unary::Kind::kSoftsign:
      return Softsign(x, y, count);
    case Unary::Kind::kThresholdedRelu:
      return ThresholdedRelu(unary.alpha, x, y, count);
    case Unary::Kind::kReciprocal:
      return Reciprocal(x, y, count);
    default:
      for (int64_t i = 0; i < count; ++i) {
        y[i] = static_cast<float>(Apply(unary, static_cast<double>(x[i])));
      }
  }
}

class UnaryStep final : public Step {
 public:
  UnaryStep(const Unary& unary, Tensor input, Tensor output, pthreadpool_t threads)
      : unary_(unary), input_(input), output_(output), threads_(threads) {}

  Status Run() override {
    ParallelRows(threads_, input_.elements(), [&](int64_t begin, int64_t end, size_t) {
      RunLoop(unary_, input_.data + begin, output_.data + begin, end - begin);
    });
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  Unary unary_;
  Tensor input_;
  Tensor output_;
  pthreadpool_t threads_;
};

}  // namespace

Result<StepPtr> MakeUnaryStep(const Unary& unary, Tensor input, Tensor output,
                              pthreadpool_t threads) {
  if (XnnpackHas(unary.kind)) return MakeXnnpackUnaryStep(unary.kind, input, output, threads);
  return StepPtr(std::make_unique<UnaryStep>(unary, input, output, threads));
}

}  // namespace tessera
