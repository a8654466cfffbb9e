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

class RowStep;

/// One prepared operation: shapes, memory and weights are fixed; Run only computes.
class Step {
 public:
  virtual ~Step() = default;
  virtual Status Run() = 0;
  /// Bytes this step holds beyond the tensors (packed weights, tables).
  virtual size_t memory_bytes() const = 0;
  /// The step itself, if it can make rows one by one.
  virtual RowStep* AsRowStep() { return nullptr; }
};

using StepPtr = std::unique_ptr<Step>;

/// A step that can make some rows of its results at a time: each row by itself, from rows of its
/// inputs.
class RowStep : public Step {
 public:
  /// `rows` are all that Run makes.
  explicit RowStep(int64_t rows) : rows_(rows) {}

  Status Run() final {
    RunRows(0, rows_);
    return Status::Ok();
  }
  RowStep* AsRowStep() final { return this; }

  /// Makes rows `begin` .. `end` - 1.
  virtual void RunRows(int64_t begin, int64_t end) = 0;

 private:
  int64_t rows_;
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_STEP_H_
