#include "engine/int8/row_steps.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/int8/code_steps.h"

namespace tessera::int8 {
namespace {

class OpenRingStep final : public Step {
 public:
  OpenRingStep(const RowPasses& passes, const RowRing& ring, const CodeTensor& tensor,
               RowWindow& window, uint8_t* kept, Storage storage)
      : passes_(passes),
        ring_(ring),
        tensor_(tensor),
        window_(window),
        kept_(kept),
        storage_(storage) {}

  Status Run() override {
    const int64_t first = ring_.First(passes_.index());
    window_.first = first;
    // Before a picture's first row lies nothing but border.
    const int64_t known = passes_.index() == 0 ? 0 : ring_.kept;
    uint8_t* begin = tensor_.At(first, -tensor_.border);
    if (known > 0 && kept_ != begin) {
      std::memcpy(begin, kept_, static_cast<size_t>(known * tensor_.row));
    }
    FillBorder(tensor_, storage_, first + known, first + ring_.rows());
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  const RowPasses& passes_;
  RowRing ring_;
  CodeTensor tensor_;
  RowWindow& window_;
  uint8_t* kept_;
  Storage storage_;
};

class CloseRingStep final : public Step {
 public:
  CloseRingStep(const RowRing& ring, const CodeTensor& tensor, uint8_t* kept)
      : ring_(ring), tensor_(tensor), kept_(kept) {}

  Status Run() override {
    const uint8_t* rows = tensor_.At(tensor_.window->first + ring_.fresh, -tensor_.border);
    std::memmove(kept_, rows, static_cast<size_t>(ring_.kept * tensor_.row));
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  RowRing ring_;
  CodeTensor tensor_;
  uint8_t* kept_;
};

class PassStep final : public Step {
 public:
  PassStep(const RowPasses& passes, const RowShare& share, int64_t group, StepPtr step)
      : passes_(passes), share_(share), group_(group), step_(std::move(step)) {}

  Status Run() override {
    const int64_t begin = share_.Begin(passes_.index()) / group_;
    const int64_t end = share_.End(passes_.index()) / group_;
    if (begin < end) step_->AsRowStep()->RunRows(begin, end);
    return Status::Ok();
  }
  size_t memory_bytes() const override { return step_->memory_bytes(); }

 private:
  const RowPasses& passes_;
  RowShare share_;
  int64_t group_;
  StepPtr step_;
};

}  // namespace

RowPasses::RowPasses(const RowSchedule& schedule, int64_t width, int64_t output_width,
                     int64_t height, uint8_t* input, PixelBuffers& pixels)
    : count_(schedule.passes),
      ring_(schedule.picture),
      output_(schedule.shares.back()),
      row_bytes_(width * kBytesPerPixel),
      output_row_bytes_(output_width * kBytesPerPixel),
      height_(height),
      input_(input),
      pixels_(pixels) {
  pixels_.input = input;
  SetPass(0);
}

std::span<uint8_t> RowPasses::Next() const {
  const int64_t rows = std::clamp<int64_t>(height_ - index_ * ring_.fresh, 0, ring_.fresh);
  return {input_ + ring_.kept * row_bytes_, static_cast<size_t>(rows * row_bytes_)};
}

std::span<const uint8_t> RowPasses::Finished() const {
  if (finished_ < 0) return {};
  const int64_t rows = output_.End(finished_) - output_.Begin(finished_);
  return {pixels_.output, static_cast<size_t>(rows * output_row_bytes_)};
}

void RowPasses::Advance() {
  std::memmove(input_, input_ + ring_.fresh * row_bytes_,
               static_cast<size_t>(ring_.kept * row_bytes_));
  const int64_t done = index_;
  SetPass(index_ + 1 == count_ ? 0 : index_ + 1);
  finished_ = done;
}

void RowPasses::Restart() {
  SetPass(0);
  finished_ = -1;
}

void RowPasses::SetPass(int64_t index) {
  index_ = index;
  pixels_.first_input = ring_.First(index);
  pixels_.first_output = output_.Begin(index);
}

StepPtr MakeOpenRingStep(const RowPasses& passes, const RowRing& ring, const CodeTensor& tensor,
                         RowWindow& window, uint8_t* kept, Storage storage) {
  return std::make_unique<OpenRingStep>(passes, ring, tensor, window, kept, storage);
}

StepPtr MakeCloseRingStep(const RowRing& ring, const CodeTensor& tensor, uint8_t* kept) {
  return std::make_unique<CloseRingStep>(ring, tensor, kept);
}

StepPtr MakePassStep(const RowPasses& passes, const RowShare& share, int64_t group, StepPtr step) {
  return std::make_unique<PassStep>(passes, share, group, std::move(step));
}

}  // namespace tessera::int8
