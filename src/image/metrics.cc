#include "image/metrics.h"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace tessera {
namespace {

struct Plane {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<double> samples;

  double at(int64_t x, int64_t y) const { return samples[static_cast<size_t>(y * width + x)]; }
};

double Luma(const uint8_t* pixel) {
  return (65.481 * pixel[0] + 128.553 * pixel[1] + 24.966 * pixel[2]) / 255.0 + 16.0;
}

Plane CroppedLuma(const uint8_t* rgba, int64_t width, int64_t height, int64_t border) {
  Plane plane{width - 2 * border, height - 2 * border, {}};
  plane.samples.reserve(static_cast<size_t>(plane.width * plane.height));
  for (int64_t y = border; y < height - border; ++y) {
    for (int64_t x = border; x < width - border; ++x) {
      plane.samples.push_back(Luma(rgba + 4 * (y * width + x)));
    }
  }
  return plane;
}

double Psnr(double mean_squared_error) {
  if (mean_squared_error == 0.0) return std::numeric_limits<double>::infinity();
  return 10.0 * std::log10(255.0 * 255.0 / mean_squared_error);
}

double MeanSquaredError(const Plane& a, const Plane& b) {
  double sum = 0.0;
  for (size_t i = 0; i < a.samples.size(); ++i) {
    const double difference = a.samples[i] - b.samples[i];
    sum += difference * difference;
  }
  return sum / static_cast<double>(a.samples.size());
}

double RgbMeanSquaredError(const uint8_t* a, const uint8_t* b, int64_t width, int64_t height,
                           int64_t border) {
  double sum = 0.0;
  int64_t count = 0;
  for (int64_t y = border; y < height - border; ++y) {
    for (int64_t x = border; x < width - border; ++x) {
      for (int64_t c = 0; c < 3; ++c, ++count) {
        const int64_t i = 4 * (y * width + x) + c;
        const double difference = static_cast<double>(a[i]) - b[i];
        sum += difference * difference;
      }
    }
  }
  return sum / static_cast<double>(count);
}

constexpr int64_t kWindow = 11;

std::array<double, kWindow> GaussianWindow() {
  constexpr double kSigma = 1.5;
  std::array<double, kWindow> window;
  double sum = 0.0;
  const int64_t center = kWindow / 2;
  for (int64_t i = 0; i < kWindow; ++i) {
    const auto x = static_cast<double>(i - center);
    sum += window[static_cast<size_t>(i)] = std::exp(-x * x / (2.0 * kSigma * kSigma));
  }
  for (double& weight : window) weight /= sum;
  return window;
}

// Gaussian-weighted local means over the valid region, separably.
Plane LocalMean(const Plane& plane) {
  static const std::array<double, kWindow> kWeights = GaussianWindow();
  Plane rows{plane.width - kWindow + 1, plane.height, {}};
  for (int64_t y = 0; y < rows.height; ++y) {
    for (int64_t x = 0; x < rows.width; ++x) {
      double sum = 0.0;
      for (int64_t i = 0; i < kWindow; ++i) {
        sum += kWeights[static_cast<size_t>(i)] * plane.at(x + i, y);
      }
      rows.samples.push_back(sum);
    }
  }
  Plane result{rows.width, plane.height - kWindow + 1, {}};
  for (int64_t y = 0; y < result.height; ++y) {
    for (int64_t x = 0; x < result.width; ++x) {
      double sum = 0.0;
      for (int64_t i = 0; i < kWindow; ++i) {
        sum += kWeights[static_cast<size_t>(i)] * rows.at(x, y + i);
      }
      result.samples.push_back(sum);
    }
  }
  return result;
}

Plane Product(const Plane& a, const Plane& b) {
  Plane product = a;
  for (size_t i = 0; i < a.samples.size(); ++i) product.samples[i] *= b.samples[i];
  return product;
}

double Ssim(const Plane& a, const Plane& b) {
  if (a.width < kWindow || a.height < kWindow) return std::numeric_limits<double>::quiet_NaN();
  constexpr double kC1 = (0.01 * 255.0) * (0.01 * 255.0);
  constexpr double kC2 = (0.03 * 255.0) * (0.03 * 255.0);
  const Plane mean_a = LocalMean(a);
  const Plane mean_b = LocalMean(b);
  const Plane square_a = LocalMean(Product(a, a));
  const Plane square_b = LocalMean(Product(b, b));
  const Plane cross = LocalMean(Product(a, b));
  double sum = 0.0;
  for (size_t i = 0; i < cross.samples.size(); ++i) {
    const double ma = mean_a.samples[i];
    const double mb = mean_b.samples[i];
    const double variance_a = square_a.samples[i] - ma * ma;
    const double variance_b = square_b.samples[i] - mb * mb;
    const double covariance = cross.samples[i] - ma * mb;
    sum += ((2.0 * ma * mb + kC1) * (2.0 * covariance + kC2)) /
           ((ma * ma + mb * mb + kC1) * (variance_a + variance_b + kC2));
  }
  return sum / static_cast<double>(cross.samples.size());
}

}  // namespace

Result<ImageComparison> CompareImages(const uint8_t* a, const uint8_t* b, int64_t width,
                                      int64_t height, int64_t border) {
  if (border < 0 || width <= 2 * border || height <= 2 * border) {
    return Status(StatusCode::kInvalidArgument, "nothing of the image is left inside the border");
  }
  const Plane luma_a = CroppedLuma(a, width, height, border);
  const Plane luma_b = CroppedLuma(b, width, height, border);
  ImageComparison comparison;
  comparison.psnr_y = Psnr(MeanSquaredError(luma_a, luma_b));
  comparison.ssim_y = Ssim(luma_a, luma_b);
  comparison.psnr_rgb = Psnr(RgbMeanSquaredError(a, b, width, height, border));
  return comparison;
}

}  // namespace tessera
