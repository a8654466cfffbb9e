#include "engine/picture_steps.h"

#include <memory>
#include <utility>

#include "engine/luma.h"

namespace tessera {
namespace {

class ReadFloatsStep final : public Step {
 public:
  ReadFloatsStep(PixelReader reader, const PixelBuffers& pixels, Tensor output)
      : reader_(reader), pixels_(pixels), output_(output) {}

  Status Run() override {
    reader_.Read(pixels_.input, output_.pixels(), pixels_.alpha, output_.data);
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  PixelReader reader_;
  PixelBuffers pixels_;
  Tensor output_;
};

class WriteColorsStep final : public Step {
 public:
  WriteColorsStep(const OutputRange& range, const PictureFormat& format, const PixelBuffers& pixels,
                  Tensor input)
      : range_(range), format_(format), pixels_(pixels), input_(input) {}

  Status Run() override {
    const float* in = input_.data;
    const bool alpha = format_.has_alpha() && pixels_.alpha;
    uint8_t* pixel = pixels_.output;
    for (int64_t i = 0; i < input_.pixels(); ++i, pixel += kBytesPerPixel, in += format_.channels) {
      for (int64_t c = 0; c < kColors; ++c) {
        pixel[c] = OutputByte(range_, in[format_.NetworkChannel(c)]);
      }
      pixel[kColors] = alpha ? OutputByte(range_, in[kColors]) : 255;
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  OutputRange range_;
  PictureFormat format_;
  PixelBuffers pixels_;
  Tensor input_;
};

class WriteLumaStep final : public Step {
 public:
  WriteLumaStep(LumaWriter writer, Tensor input) : writer_(std::move(writer)), input_(input) {}

  Status Run() override {
    writer_.Begin();
    for (int64_t y = 0; y < input_.height; ++y) {
      writer_.WriteRow(y, input_.data + y * input_.width, 0);
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override { return writer_.memory_bytes(); }

 private:
  LumaWriter writer_;
  Tensor input_;
};

}  // namespace

StepPtr MakeReadFloatsStep(const ModelInfo& info, const PictureFormat& format,
                           const PixelBuffers& pixels, Tensor output) {
  return std::make_unique<ReadFloatsStep>(PixelReader(info, format), pixels, output);
}

Result<StepPtr> MakeWriteFloatsStep(const ModelInfo& info, const PictureFormat& format,
                                    const PixelBuffers& pixels, Tensor input, int64_t scale) {
  if (!format.is_luma()) {
    return StepPtr(
        std::make_unique<WriteColorsStep>(OutputRangeOf(info, format), format, pixels, input));
  }
  TESSERA_ASSIGN_OR_RETURN(LumaWriter writer,
                           LumaWriter::Create(info, format, pixels, input.width / scale,
                                              input.height / scale, scale, 1));
  return StepPtr(std::make_unique<WriteLumaStep>(std::move(writer), input));
}

}  // namespace tessera
