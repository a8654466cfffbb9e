// Bytes as the choice of nodes, shapes and attributes of a network that is nearly right: what the
// engine computes of it is compared with the reference interpreter on the graph as it was imported.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "checks.h"
#include "choices.h"
#include "engine/float_executor.h"
#include "engine/pixels.h"
#include "graph/import_onnx.h"
#include "graph/model.h"
#include "onnx/reader.h"
#include "onnx_builder.h"
#include "reference_interpreter.h"

namespace tessera::fuzz {
namespace {

using test::OnnxAttribute;
using test::OnnxBuilder;

// A tensor of the network while it is built; extents in sixths of the image's, so that strides,
// shuffles and enlargements by 2 and 3 can follow one another.
struct Drawn {
  std::string name;
  int64_t channels = 0;
  int64_t sixths = 6;
};

class NetworkWriter {
 public:
  explicit NetworkWriter(Choices choices) : choices_(choices) {
    file_.Input("input", {1, 3, -1, -1});
    tensors_.push_back({"input", 3});
  }

  std::vector<uint8_t> Write() {
    constexpr size_t kMostNodes = 12;
    while (!choices_.empty() && tensors_.size() <= kMostNodes) AddNode();
    file_.Output(tensors_.back().name);
    return file_.Build();
  }

 private:
  using Attributes = std::vector<OnnxAttribute>;

  void AddNode() {
    const Drawn x = choices_.Of(tensors_);
    switch (choices_.Int(0, 9)) {
      case 0:
      case 1:
        return AddConv(x);
      case 2:
        return AddUnary(x);
      case 3:
        return AddBinary(x);
      case 4:
        return AddConcat(x);
      case 5:
        return AddSlice(x);
      case 6:
        return AddShuffle(x);
      case 7:
        return AddResize(x);
      case 8:
        return AddPool(x);
      default:
        return AddPad(x);
    }
  }

  void Emit(const std::string& op, const std::vector<std::string>& inputs, Drawn y,
            const Attributes& attributes = {}) {
    y.name = "t" + std::to_string(tensors_.size());
    file_.Node(op, inputs, y.name, attributes, op + y.name);
    tensors_.push_back(std::move(y));
  }

  std::string Floats(const std::vector<int64_t>& shape) {
    size_t count = 1;
    for (const int64_t extent : shape) count *= static_cast<size_t>(extent);
    std::string name = "c" + std::to_string(constants_++);
    file_.Floats(name, shape, choices_.Floats(count));
    return name;
  }

  std::string Ints(const std::vector<int64_t>& elements) {
    std::string name = "c" + std::to_string(constants_++);
    file_.Ints(name, elements);
    return name;
  }

  void AddConv(const Drawn& x) {
    const int64_t groups = choices_.Bool() && x.channels <= 8 ? x.channels : 1;
    const int64_t outputs = groups * choices_.Int(1, 4);
    const int64_t kernel = 2 * choices_.Int(0, 2) + 1;
    const int64_t dilation = choices_.Int(1, 2);
    const bool halves = x.sixths % 2 == 0 && choices_.Int(0, 3) == 0;
    const int64_t pad = dilation * (kernel / 2);
    Emit("Conv",
         {x.name, Floats({outputs, x.channels / groups, kernel, kernel}), Floats({outputs})},
         {"", outputs, halves ? x.sixths / 2 : x.sixths},
         {OnnxAttribute::Int("group", groups), OnnxAttribute::Ints("pads", {pad, pad, pad, pad}),
          OnnxAttribute::Ints("dilations", {dilation, dilation}),
          OnnxAttribute::Ints("strides", {halves ? 2 : 1, halves ? 2 : 1})});
  }

  void AddUnary(const Drawn& x) {
    static const std::vector<std::string> kOps = {"Relu",     "LeakyRelu",   "Sigmoid", "Tanh",
                                                  "Abs",      "HardSigmoid", "Elu",     "Softplus",
                                                  "Softsign", "HardSwish",   "Neg",     "Clip"};
    const std::string& op = choices_.Of(kOps);
    if (op == "Clip") return Emit(op, {x.name, Floats({}), ""}, x);
    Emit(op, {x.name}, x);
  }

  void AddBinary(const Drawn& x) {
    static const std::vector<std::string> kOps = {"Add", "Sub", "Mul", "Min", "Max"};
    const std::string& op = choices_.Of(kOps);
    const Drawn& other = choices_.Of(tensors_);
    const bool fits = other.channels == x.channels && other.sixths == x.sixths;
    Emit(op, {x.name, fits ? other.name : Floats({1, x.channels, 1, 1})}, x);
  }

  void AddConcat(const Drawn& x) {
    const Drawn& other = choices_.Of(tensors_);
    if (other.sixths != x.sixths || other.channels + x.channels > 32) return;
    Emit("Concat", {x.name, other.name}, {"", x.channels + other.channels, x.sixths},
         {OnnxAttribute::Int("axis", 1)});
  }

  void AddSlice(const Drawn& x) {
    const int64_t first = choices_.Int(0, x.channels - 1);
    const int64_t count = choices_.Int(1, x.channels - first);
    Emit("Slice", {x.name, Ints({first}), Ints({first + count}), Ints({1})}, {"", count, x.sixths});
  }

  void AddShuffle(const Drawn& x) {
    const int64_t block = choices_.Int(2, 3);
    if (choices_.Bool()) {
      if (x.channels % (block * block) != 0 || x.sixths * block > 36) return;
      return Emit("DepthToSpace", {x.name}, {"", x.channels / (block * block), x.sixths * block},
                  {OnnxAttribute::Int("blocksize", block),
                   OnnxAttribute::String("mode", choices_.Bool() ? "CRD" : "DCR")});
    }
    if (x.sixths % block != 0 || x.channels * block * block > 36) return;
    Emit("SpaceToDepth", {x.name}, {"", x.channels * block * block, x.sixths / block},
         {OnnxAttribute::Int("blocksize", block)});
  }

  void AddResize(const Drawn& x) {
    static const std::vector<std::string> kModes = {"nearest", "linear", "cubic"};
    static const std::vector<std::string> kCoordinates = {"asymmetric", "half_pixel",
                                                          "pytorch_half_pixel"};
    const int64_t factor = choices_.Int(2, 3);
    if (x.sixths * factor > 36) return;
    const std::string scales = "c" + std::to_string(constants_++);
    const auto ratio = static_cast<float>(factor);
    file_.Floats(scales, {4}, {1, 1, ratio, ratio});
    Emit("Resize", {x.name, "", scales}, {"", x.channels, x.sixths * factor},
         {OnnxAttribute::String("mode", choices_.Of(kModes)),
          OnnxAttribute::String("coordinate_transformation_mode", choices_.Of(kCoordinates)),
          OnnxAttribute::String("nearest_mode", "floor")});
  }

  void AddPool(const Drawn& x) {
    if (choices_.Int(0, 3) == 0) {
      // A gate: it has one pixel, so it must meet a picture again at once.
      const std::string mean = "m" + std::to_string(constants_++);
      file_.Node("GlobalAveragePool", {x.name}, mean, {}, mean);
      return Emit("Mul", {x.name, mean}, x);
    }
    Emit(choices_.Bool() ? "MaxPool" : "AveragePool", {x.name}, x,
         {OnnxAttribute::Ints("kernel_shape", {3, 3}), OnnxAttribute::Ints("pads", {1, 1, 1, 1}),
          OnnxAttribute::Ints("strides", {1, 1})});
  }

  void AddPad(const Drawn& x) {
    static const std::vector<std::string> kModes = {"constant", "reflect", "edge"};
    const std::string padded = "p" + std::to_string(constants_++);
    file_.Node("Pad", {x.name, Ints({0, 0, 1, 1, 0, 0, 1, 1})}, padded,
               {OnnxAttribute::String("mode", choices_.Of(kModes))}, padded);
    Emit("Conv", {padded, Floats({2, x.channels, 3, 3})}, {"", 2, x.sixths});
  }

  Choices choices_;
  OnnxBuilder file_{18};
  std::vector<Drawn> tensors_;
  int64_t constants_ = 0;
};

std::vector<float> Image(int64_t height, int64_t width) {
  std::vector<float> image(static_cast<size_t>(3 * height * width));
  for (size_t i = 0; i < image.size(); ++i) {
    image[i] = static_cast<float>(i * 2654435761U % 256) / 255.0f;
  }
  return image;
}

// From [channel][y][x] to [y][x][channel], which tensors are in.
void ToNhwc(const std::vector<float>& planes, const Tensor& tensor) {
  const int64_t pixels = tensor.height * tensor.width;
  for (int64_t c = 0; c < tensor.channels; ++c) {
    for (int64_t i = 0; i < pixels; ++i) {
      tensor.data[i * tensor.channels + c] = planes[static_cast<size_t>(c * pixels + i)];
    }
  }
}

std::vector<float> ToPlanes(const Tensor& tensor) {
  const int64_t pixels = tensor.height * tensor.width;
  std::vector<float> planes(static_cast<size_t>(tensor.channels * pixels));
  for (int64_t c = 0; c < tensor.channels; ++c) {
    for (int64_t i = 0; i < pixels; ++i) {
      planes[static_cast<size_t>(c * pixels + i)] = tensor.data[i * tensor.channels + c];
    }
  }
  return planes;
}

void CheckClose(const std::vector<float>& actual, const std::vector<float>& expected) {
  constexpr float kTolerance = 2e-3f;
  Check(actual.size() == expected.size(), "another number of elements");
  float largest = 1.0f;
  for (const float x : expected) {
    if (!std::isfinite(x)) return;
    largest = std::max(largest, std::abs(x));
  }
  for (size_t i = 0; i < actual.size(); ++i) {
    const float difference = std::abs(actual[i] - expected[i]);
    Check(difference <= kTolerance * largest, "element " + std::to_string(i) + " is " +
                                                  std::to_string(actual[i]) + ", not " +
                                                  std::to_string(expected[i]));
  }
}

void Compare(const Graph& imported, const Model& model) {
  constexpr int64_t kLargestTile = 64;
  const TilingFacts& tiling = model.tiling;
  if (tiling.smallest > kLargestTile) return;
  const int64_t height = tiling.smallest + tiling.size_multiple;
  const int64_t width = tiling.smallest;
  Result<FloatExecutor> executor = FloatExecutor::Create(model.graph, height, width, 1);
  if (!executor.ok()) return CheckFailure(executor.status());
  const std::vector<float> image = Image(height, width);
  ToNhwc(image, executor->input());
  const Status status = executor->Run(nullptr);
  Check(status.ok(), status.message());
  CheckClose(ToPlanes(executor->output()), test::Interpret(imported, image, height, width));
}

}  // namespace
}  // namespace tessera::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tessera;  // NOLINT(google-build-using-namespace): the one function out of it
  const std::vector<uint8_t> file = fuzz::NetworkWriter(fuzz::Choices({data, size})).Write();
  const Result<Model> model = LoadModel(file);
  if (!model.ok()) {
    fuzz::CheckFailure(model.status());
    return 0;
  }
  Result<onnx::Model> read = onnx::ReadModel(file);
  const Result<Graph> imported = ImportOnnx(std::move(read).value());
  fuzz::Compare(imported.value(), *model);
  return 0;
}
