#ifndef TESSERA_ENGINE_STEP_H_
#define TESSERA_ENGINE_STEP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/status.h"

namespace tessera {

/// A float32 NHWC tensor in planned memory, batch 1.
struct Tensor {
  float* data = nullptr;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;

  int64_t pixels() const { return height * width; }
  int64_t elements() const { return pixels() * channels; }
};

/// One prepared operation: shapes, memory and weights are fixed; Run only computes.
class Step {
 public:
  virtual ~Step() = default;
  virtual Status Run() = 0;
  /// Bytes this step holds beyond the tensors (packed weights, tables).
  virtual size_t memory_bytes() const = 0;
};

using StepPtr = std::unique_ptr<Step>;

}  // namespace tessera

#endif  // TESSERA_ENGINE_STEP_H_
