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
    for (int64_t i = 0; i < input_.elements(); ++i) {
      const float code = std::nearbyint(input_.data[i] / quantization_.scale);
      output_.data[i] = std::clamp(code, low, high) * quantization_.scale;
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
