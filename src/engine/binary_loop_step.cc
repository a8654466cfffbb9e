#include "engine/binary_loop_step.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "graph/arithmetic.h"

namespace tessera {
namespace {

class BinaryLoopStep final : public Step {
 public:
  BinaryLoopStep(Binary::Kind kind, Operand a, Operand b, float* output)
      : kind_(kind), a_(std::move(a)), b_(std::move(b)), output_(output) {
    const size_t rank = std::max(a_.shape.size(), b_.shape.size());
    axes_.resize(rank);
    int64_t a_stride = 1;
    int64_t b_stride = 1;
    for (size_t back = 1; back <= rank; ++back) {
      Axis& axis = axes_[rank - back];
      AddSide(a_.shape, back, axis.extent, axis.a, a_stride);
      AddSide(b_.shape, back, axis.extent, axis.b, b_stride);
    }
  }

  Status Run() override {
    float* next = output_;
    Walk(a_.begin(), b_.begin(), next, 0);
    return Status::Ok();
  }
  size_t memory_bytes() const override {
    return (a_.constant.size() + b_.constant.size()) * sizeof(float);
  }

 private:
  struct Axis {
    int64_t extent = 1;
    int64_t a = 0;  // elements from one index to the next; 0 where the side is repeated
    int64_t b = 0;
  };

  static void AddSide(const std::vector<size_t>& shape, size_t back, int64_t& extent,
                      int64_t& along, int64_t& stride) {
    if (back > shape.size()) return;
    const auto own = static_cast<int64_t>(shape[shape.size() - back]);
    if (own == 1) return;
    extent = own;
    along = stride;
    stride *= own;
  }

  void Walk(const float* a, const float* b, float*& next, size_t level) const {
    if (level == axes_.size()) {
      *next++ = Apply(kind_, *a, *b);
      return;
    }
    const Axis& axis = axes_[level];
    for (int64_t i = 0; i < axis.extent; ++i) {
      Walk(a + i * axis.a, b + i * axis.b, next, level + 1);
    }
  }

  Binary::Kind kind_;
  Operand a_;
  Operand b_;
  float* output_;
  std::vector<Axis> axes_;  // outermost first
};

}  // namespace

StepPtr MakeBinaryLoopStep(Binary::Kind kind, Operand a, Operand b, float* output) {
  return std::make_unique<BinaryLoopStep>(kind, std::move(a), std::move(b), output);
}

}  // namespace tessera
