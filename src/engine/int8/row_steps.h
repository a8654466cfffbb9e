#ifndef TESSERA_ENGINE_INT8_ROW_STEPS_H_
#define TESSERA_ENGINE_INT8_ROW_STEPS_H_

#include <cstdint>
#include <span>

#include "engine/int8/code_tensor.h"
#include "engine/int8/row_schedule.h"
#include "engine/pixels.h"
#include "engine/step.h"

namespace tessera::int8 {

/// How far a picture is that passes through in rows. Its bytes lie in `pixels`, which move on with
/// it: the input's kept rows and those to come, and the output's rows of one pass.
class RowPasses {
 public:
  /// `width` pixels in, `output_width` out.
  RowPasses(const RowSchedule& schedule, int64_t width, int64_t output_width, int64_t height,
            uint8_t* input, PixelBuffers& pixels);

  int64_t index() const { return index_; }

  /// Where the rows belong that the next pass takes; empty when it has them all.
  std::span<uint8_t> Next() const;
  /// The rows that the pass before made; empty when it made none.
  std::span<const uint8_t> Finished() const;

  /// To the next pass, or after the last one to the first of another picture.
  void Advance();
  void Restart();

 private:
  void SetPass(int64_t index);

  int64_t count_;
  RowRing ring_;
  RowShare output_;
  int64_t row_bytes_;
  int64_t output_row_bytes_;
  int64_t height_;
  uint8_t* input_;
  PixelBuffers& pixels_;
  int64_t index_ = 0;
  int64_t finished_ = -1;  // the pass before, of this picture
};

/// Before a tensor's first rows in a pass are made: brings back the rows that were kept in `kept`,
/// unless they stayed where they are, and fills the border of the new ones.
StepPtr MakeOpenRingStep(const RowPasses& passes, const RowRing& ring, const CodeTensor& tensor,
                         RowWindow& window, uint8_t* kept, Storage storage);

/// After its last use in a pass.
StepPtr MakeCloseRingStep(const RowRing& ring, const CodeTensor& tensor, uint8_t* kept);

/// Makes the rows of each pass; `group` of them are one row of `step`, a RowStep.
StepPtr MakePassStep(const RowPasses& passes, const RowShare& share, int64_t group, StepPtr step);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_ROW_STEPS_H_
