#include "engine/fake_quantize_step.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace tessera {
namespace {

class FakeQuantizeStep final : public Step {
 public:
  FakeQuantizeStep(const Quantization& quantization, Tensor input, Tensor output)
      : quantization_(quantization), input_(input), output_(output) {}

  Status Run() override {
    const auto zero_point = static_cast<float>(quantization_.zero_point);
    const float low = static_cast<float>(quantization_.lowest()) - zero_point;
    const float high = static_cast<float>(quantization_.highest()) - zero_point;
    // In variables of their own, so that the compiler knows that writing does not change them.
    const float scale = quantization_.scale;
    const float* from = input_.data;
    float* to = output_.data;
    const int64_t elements = input_.elements();
    for (int64_t i = 0; i < elements; ++i) {
      to[i] = std::min(std::max(std::nearbyint(from[i] / scale), low), high) * scale;
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  Quantization quantization_;
  Tensor input_;
  Tensor output_;
};

}  // namespace

Result<StepPtr> MakeFakeQuantizeStep(const Quantization& quantization, Tensor input,
                                     Tensor output) {
  return StepPtr(std::make_unique<FakeQuantizeStep>(quantization, input, output));
}

}  // namespace tessera
