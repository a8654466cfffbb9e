// What lies between a picture's bytes and a network: colours, luma, alpha.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/luma.h"
#include "engine/pixels.h"
#include "engine/range_doubts.h"
#include "engine/session.h"
#include "graph/channel_means.h"
#include "graph/model.h"
#include "graph/picture_format.h"
#include "graph_builder.h"
#include "image/bicubic.h"

namespace tessera {
namespace {

using test::GraphBuilder;

std::vector<uint8_t> RandomPixels(int64_t height, int64_t width, uint32_t seed, bool opaque) {
  std::mt19937 random(seed);
  std::vector<uint8_t> pixels(static_cast<size_t>(height * width * kBytesPerPixel));
  for (uint8_t& byte : pixels) byte = static_cast<uint8_t>(random() >> 16);
  for (size_t i = 3; i < pixels.size(); i += 4) {
    pixels[i] = opaque ? uint8_t{255} : std::max<uint8_t>(pixels[i], 1);
  }
  return pixels;
}

// --- a reference, all in double ---

double Keys(double x) {
  x = std::abs(x);
  if (x < 1.0) return 1.5 * x * x * x - 2.5 * x * x + 1.0;
  if (x < 2.0) return -0.5 * x * x * x + 2.5 * x * x - 4.0 * x + 2.0;
  return 0.0;
}

// One sample of a plane enlarged by `scale`; what lies outside is mirrored.
double Enlarged(const std::vector<double>& plane, int64_t height, int64_t width, int64_t scale,
                int64_t y, int64_t x) {
  const auto mirror = [](int64_t i, int64_t size) {
    while (i < 0 || i >= size) i = i < 0 ? -1 - i : 2 * size - 1 - i;
    return i;
  };
  const double center_y = (static_cast<double>(y) + 0.5) / static_cast<double>(scale) - 0.5;
  const double center_x = (static_cast<double>(x) + 0.5) / static_cast<double>(scale) - 0.5;
  double sum = 0.0;
  for (auto sy = static_cast<int64_t>(std::floor(center_y)) - 1; sy <= center_y + 2; ++sy) {
    for (auto sx = static_cast<int64_t>(std::floor(center_x)) - 1; sx <= center_x + 2; ++sx) {
      const int64_t index = mirror(sy, height) * width + mirror(sx, width);
      sum += Keys(center_y - static_cast<double>(sy)) * Keys(center_x - static_cast<double>(sx)) *
             plane[static_cast<size_t>(index)];
    }
  }
  return sum;
}

// MATLAB's rgb2ycbcr of numbers from 0 to 255.
std::array<double, 3> ToYcbcr(const uint8_t* rgb) {
  const double r = rgb[0] / 255.0;
  const double g = rgb[1] / 255.0;
  const double b = rgb[2] / 255.0;
  return {16.0 + 65.481 * r + 128.553 * g + 24.966 * b, 128.0 - 37.797 * r - 74.203 * g + 112.0 * b,
          128.0 + 112.0 * r - 93.786 * g - 18.214 * b};
}

// Its inverse, by Cramer's rule.
std::array<double, 3> ToRgb(const std::array<double, 3>& ycbcr) {
  const double m[3][3] = {
      {65.481, 128.553, 24.966}, {-37.797, -74.203, 112.0}, {112.0, -93.786, -18.214}};
  const double v[3] = {ycbcr[0] - 16.0, ycbcr[1] - 128.0, ycbcr[2] - 128.0};
  const auto determinant = [](const double a[3][3]) {
    return a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) -
           a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
           a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
  };
  std::array<double, 3> rgb;
  for (int column = 0; column < 3; ++column) {
    double replaced[3][3];
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j) replaced[i][j] = j == column ? v[i] : m[i][j];
    }
    rgb[static_cast<size_t>(column)] = 255.0 * determinant(replaced) / determinant(m);
  }
  return rgb;
}

// The picture of a network's `luma`, studio range over 255, and the input's colours.
std::vector<double> Reference(const std::vector<uint8_t>& input, int64_t height, int64_t width,
                              int64_t scale, const std::vector<float>& luma) {
  std::vector<double> cb;
  std::vector<double> cr;
  for (size_t i = 0; i < input.size(); i += 4) {
    const auto ycbcr = ToYcbcr(&input[i]);
    cb.push_back(ycbcr[1]);
    cr.push_back(ycbcr[2]);
  }
  std::vector<double> colors;
  for (int64_t y = 0; y < height * scale; ++y) {
    for (int64_t x = 0; x < width * scale; ++x) {
      const double own =
          255.0 * static_cast<double>(luma[static_cast<size_t>(y * width * scale + x)]);
      for (const double color : ToRgb({own, Enlarged(cb, height, width, scale, y, x),
                                       Enlarged(cr, height, width, scale, y, x)})) {
        colors.push_back(color);
      }
    }
  }
  return colors;
}

// Bytes are exact but for numbers next to a tie.
void CheckRounded(const uint8_t* rgba, const std::vector<double>& colors) {
  for (size_t i = 0; i < colors.size(); ++i) {
    const double expected = std::clamp(colors[i], 0.0, 255.0);
    CHECK(std::abs(rgba[i / 3 * 4 + i % 3] - expected) <= 0.5 + 1e-3);
  }
}

Model MakeModel(Graph graph, int64_t scale) {
  Model model;
  model.graph = std::move(graph);
  model.tiling.scale = scale;
  return model;
}

std::vector<uint8_t> Run(const Model& model, int64_t height, int64_t width, bool alpha,
                         const std::vector<uint8_t>& pixels) {
  SessionOptions options;
  options.width = width;
  options.height = height;
  options.alpha = alpha;
  Result<Session> session = Session::Create(model, options);
  REQUIRE_MESSAGE(session.ok(), session.status().message());
  for (int run = 0; run < 2; ++run) {
    std::copy(pixels.begin(), pixels.end(), session->input().begin());
    REQUIRE(session->Run(nullptr).ok());
  }
  return {session->output().begin(), session->output().end()};
}

// --- tests ---

TEST_CASE("picture format: what channels are") {
  const auto format = [](int64_t inputs, int64_t outputs, Color color) {
    GraphBuilder b(inputs);
    Graph graph = b.Finish(b.Convolve(b.input(), outputs));
    graph.info.color = color;
    return PictureFormatOf(graph);
  };
  CHECK(format(3, 3, Color::kByChannels)->color == Color::kRgb);
  CHECK(format(3, 3, Color::kBgr)->color == Color::kBgr);
  CHECK(format(4, 4, Color::kByChannels)->has_alpha());
  CHECK(format(4, 4, Color::kBgr)->NetworkChannel(0) == 2);
  CHECK(format(4, 4, Color::kBgr)->NetworkChannel(3) == 3);
  CHECK(format(1, 1, Color::kByChannels)->color == Color::kY);
  CHECK(format(1, 1, Color::kYFull)->needs_colors());
  CHECK_FALSE(format(1, 1, Color::kGray)->needs_colors());
  struct Refused {
    int64_t inputs;
    int64_t outputs;
    Color color;
    const char* because;
  };
  for (const Refused& refused :
       {Refused{3, 1, Color::kByChannels, "maps 3 channels to 1;"},
        Refused{1, 3, Color::kByChannels, "maps 1 channel to 3;"},
        Refused{2, 2, Color::kByChannels, "maps 2 channels to 2;"},
        Refused{1, 1, Color::kRgb, "said to be 'rgb'; for one channel it is y, y-full or gray"},
        Refused{3, 3, Color::kY, "said to be 'y'; for three or four channels it is rgb or bgr"}}) {
    const auto result = format(refused.inputs, refused.outputs, refused.color);
    REQUIRE_FALSE(result.ok());
    CHECK(result.status().code() == StatusCode::kUnsupported);
    CHECK(result.status().message().find(refused.because) != std::string::npos);
  }
}

TEST_CASE("bicubic rows: a plane enlarged by whole factors") {
  std::mt19937 random(3);
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{7, 9}, {1, 1}, {2, 3}, {1, 6}}) {
    std::vector<double> plane;
    for (int64_t i = 0; i < height * width; ++i) plane.push_back(random() % 511 - 255.0);
    const std::vector<float> floats(plane.begin(), plane.end());
    for (const int64_t scale : {1, 2, 3, 4, 8}) {
      const BicubicRows rows(width, height, scale);
      std::vector<float> scratch(static_cast<size_t>(rows.scratch_size()));
      std::vector<float> out(static_cast<size_t>(width * scale));
      for (int64_t y = 0; y < height * scale; ++y) {
        rows.Run(floats.data(), y, scratch.data(), out.data());
        for (int64_t x = 0; x < width * scale; ++x) {
          const double expected = Enlarged(plane, height, width, scale, y, x);
          CHECK(out[static_cast<size_t>(x % scale * width + x / scale)] ==
                doctest::Approx(expected).epsilon(1e-5).scale(100));
        }
      }
    }
  }
}

TEST_CASE("luma: a network of one channel, and the input's colours") {
  for (const int64_t scale : {1, 2, 3}) {
    CAPTURE(scale);
    constexpr int64_t kHeight = 6;
    constexpr int64_t kWidth = 5;
    const std::vector<uint8_t> input = RandomPixels(kHeight, kWidth, 7, true);
    const std::vector<float> luma =
        test::RandomFloats(static_cast<size_t>(kHeight * kWidth * scale * scale), 8, 0.0f, 1.0f);
    const PictureFormat format = {1, Color::kY};
    std::vector<uint8_t> output(luma.size() * 4);
    Result<LumaWriter> writer =
        LumaWriter::Create({}, format, {input.data(), output.data()}, kWidth, kHeight, scale, 1);
    REQUIRE(writer.ok());
    writer->Begin();
    for (int64_t y = 0; y < kHeight * scale; ++y) {
      writer->WriteRow(y, &luma[static_cast<size_t>(y * kWidth * scale)], 0);
    }
    CheckRounded(output.data(), Reference(input, kHeight, kWidth, scale, luma));
    for (size_t i = 3; i < output.size(); i += 4) CHECK(output[i] == 255);
  }
}

TEST_CASE("luma: what a pixel is to the network") {
  const std::vector<uint8_t> pixels = RandomPixels(4, 4, 9, true);
  std::vector<float> studio(16);
  PixelReader({}, {1, Color::kY}).Read(pixels.data(), 16, false, studio.data());
  for (size_t i = 0; i < 16; ++i) {
    CHECK(studio[i] == doctest::Approx(ToYcbcr(&pixels[4 * i])[0] / 255.0).epsilon(1e-6));
  }
  ModelInfo info;
  info.input_range = {0.0f, 255.0f};
  info.mean.fill(10.0f);
  info.stddev.fill(2.0f);
  const std::array<uint8_t, 4> gray = {77, 77, 77, 255};
  float full = 0.0f;
  PixelReader(info, {1, Color::kGray}).Read(gray.data(), 1, false, &full);
  CHECK(full == doctest::Approx((77.0 - 10.0) / 2.0).epsilon(1e-6));
}

TEST_CASE("session: a luma network that changes nothing gives the picture back") {
  for (const Color color : {Color::kY, Color::kYFull}) {
    GraphBuilder b(1);
    Model model = MakeModel(b.Finish(b.Apply(Clip{}, {b.input()})), 1);
    model.graph.info.color = color;
    model.graph.info.input_range = model.graph.info.output_range = {-1.0f, 1.0f};
    const std::vector<uint8_t> pixels = RandomPixels(9, 8, 11, true);
    CHECK(Run(model, 9, 8, false, pixels) == pixels);
  }
}

TEST_CASE("session: a grey network makes grey pictures") {
  GraphBuilder b(1);
  Model model = MakeModel(b.Finish(b.Apply(Clip{}, {b.input()})), 1);
  model.graph.info.color = Color::kGray;
  const std::vector<uint8_t> pixels = RandomPixels(3, 4, 12, true);
  const std::vector<uint8_t> output = Run(model, 3, 4, false, pixels);
  for (size_t i = 0; i < pixels.size(); i += 4) {
    const double luma = (ToYcbcr(&pixels[i])[0] - 16.0) * 255.0 / 219.0;
    CHECK(std::abs(output[i] - luma) <= 0.501);
    CHECK(output[i] == output[i + 1]);
    CHECK(output[i] == output[i + 2]);
    CHECK(output[i + 3] == 255);
  }
}

TEST_CASE("session: a network of four channels makes alpha itself") {
  for (const Color color : {Color::kRgb, Color::kBgr}) {
    GraphBuilder b(4);
    const ValueId turned = b.Apply(Binary{Binary::Kind::kMul},
                                   {b.input(), b.Constant({1, 4, 1, 1}, {1.0f, 1.0f, 1.0f, 0.5f})});
    Model model = MakeModel(b.Finish(turned), 1);
    model.graph.info.color = color;
    const std::vector<uint8_t> pixels = RandomPixels(4, 5, 13, false);
    const std::vector<uint8_t> kept = Run(model, 4, 5, true, pixels);
    const std::vector<uint8_t> ignored = Run(model, 4, 5, false, pixels);
    for (size_t i = 0; i < pixels.size(); ++i) {
      const bool is_alpha = i % 4 == 3;
      CHECK(kept[i] == (is_alpha ? OutputByte({}, pixels[i] / 255.0f * 0.5f) : pixels[i]));
      CHECK(ignored[i] == (is_alpha ? 255 : pixels[i]));
    }
  }
}

Model LoadedAs(Graph graph) {
  Model model = MakeModel(std::move(graph), 1);
  model.channel_means = ChannelMeansOf(model.graph);
  return model;
}

TEST_CASE("doubts: a network that wants another range, or another order of colours") {
  constexpr double kAny = 1e9;
  GraphBuilder sound(3);
  CHECK(FindRangeDoubts(LoadedAs(sound.Finish(sound.Relu(sound.input()))), kAny).empty());

  const auto shifted = [](int64_t channels, float shift) {
    GraphBuilder b(channels);
    const ValueId y = b.Add(b.input(), b.Constant({}, {shift}));
    return LoadedAs(b.Finish(b.Apply(Clip{0.0f, 255.0f}, {y})));
  };
  for (const int64_t channels : {1, 3, 4}) {
    CAPTURE(channels);
    const auto doubts = FindRangeDoubts(shifted(channels, 1.0f), kAny);
    REQUIRE(doubts.size() == 1);
    CHECK(doubts[0].find("--input-range 0,255 --output-range 0,255") != std::string::npos);
  }
  Model told = shifted(3, 1.0f);
  told.graph.info.input_range = told.graph.info.output_range = {0.0f, 255.0f};
  CHECK(FindRangeDoubts(told, kAny).empty());
  told.multiplications_per_pixel = 1e6;
  CHECK(FindRangeDoubts(shifted(3, 1.0f), 0.0).empty());

  const auto centred = [](std::vector<float> means, Color color) {
    GraphBuilder b(3);
    const ValueId mean = b.Constant({1, 3, 1, 1}, std::move(means));
    const ValueId x = b.Apply(Binary{Binary::Kind::kSub}, {b.input(), mean});
    Model model = LoadedAs(b.Finish(b.Add(x, mean)));
    model.graph.info.color = color;
    return FindRangeDoubts(model, 0.0);
  };
  const std::vector<float> bgr = {103.939f, 116.779f, 123.68f};
  REQUIRE(centred(bgr, Color::kByChannels).size() == 1);
  CHECK(centred(bgr, Color::kRgb)[0].find("set color to 'bgr'") != std::string::npos);
  CHECK(centred(bgr, Color::kBgr).empty());
  CHECK(centred({0.4488f, 0.4371f, 0.4040f}, Color::kRgb).empty());
  CHECK(centred({114.444f, 111.4605f, 103.02f}, Color::kBgr).size() == 1);
  CHECK(centred({1.0f, 2.0f, 3.0f}, Color::kRgb).empty());
}

TEST_CASE("channel means: EDSR's shift is a convolution") {
  GraphBuilder b(3);
  const ValueId weights =
      b.Constant({3, 3, 1, 1}, {2.0f, 0.0f, 0.0f, 0.0f, 2.0f, 0.0f, 0.0f, 0.0f, 2.0f});
  const ValueId bias = b.Constant({3}, {-0.8976f, -0.8742f, -0.808f});
  const Graph graph = b.Finish(b.Apply(Conv{}, {b.input(), weights, bias}));
  REQUIRE(ChannelMeansOf(graph));
  CHECK((*ChannelMeansOf(graph))[0] == doctest::Approx(0.4488f));
  GraphBuilder other(3);
  CHECK_FALSE(ChannelMeansOf(other.Finish(other.Convolve(other.input(), 3))));
}

TEST_CASE("session: scale 1 leaves alpha as it is") {
  GraphBuilder b(3);
  const Model model = MakeModel(b.Finish(b.Convolve(b.input(), 3)), 1);
  const std::vector<uint8_t> pixels = RandomPixels(7, 6, 14, false);
  const std::vector<uint8_t> output = Run(model, 7, 6, true, pixels);
  for (size_t i = 3; i < pixels.size(); i += 4) CHECK(output[i] == pixels[i]);
}

TEST_CASE("session: tiles of a luma network overlap by as much as bicubic needs") {
  constexpr int64_t kSize = 12;
  constexpr int64_t kScale = 2;
  GraphBuilder b(1);
  Model model = MakeModel(b.Finish(b.UpsampleNearest(b.input(), kScale)), kScale);
  CHECK(model.tiling.overlap == 0);
  const int64_t overlap = RequiredOverlap(model, false);
  CHECK(overlap == 2);
  const std::vector<uint8_t> pixels = RandomPixels(kSize, kSize, 15, true);
  const std::vector<uint8_t> whole = Run(model, kSize, kSize, false, pixels);
  // The lower right quarter and a half, cut out.
  constexpr int64_t kFirst = 4;
  constexpr int64_t kTile = kSize - kFirst;
  std::vector<uint8_t> part;
  for (int64_t y = kFirst; y < kSize; ++y) {
    const auto row = pixels.begin() + (y * kSize + kFirst) * 4;
    part.insert(part.end(), row, row + kTile * 4);
  }
  const std::vector<uint8_t> tile = Run(model, kTile, kTile, false, part);
  for (int64_t y = overlap * kScale; y < kTile * kScale; ++y) {
    for (int64_t x = overlap * kScale * 4; x < kTile * kScale * 4; ++x) {
      const int64_t at = (y + kFirst * kScale) * kSize * kScale * 4 + kFirst * kScale * 4 + x;
      CHECK(tile[static_cast<size_t>(y * kTile * kScale * 4 + x)] ==
            whole[static_cast<size_t>(at)]);
    }
  }
}

}  // namespace
}  // namespace tessera
