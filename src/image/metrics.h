#ifndef TESSERA_IMAGE_METRICS_H_
#define TESSERA_IMAGE_METRICS_H_

#include <cstdint>

#include "core/status.h"

namespace tessera {

/// Fidelity of one image to another. PSNR in dB (infinity for equal images), SSIM in [-1, 1].
struct ImageComparison {
  double psnr_y = 0.0;
  double ssim_y = 0.0;
  double psnr_rgb = 0.0;
};

/// Compares two RGBA8 images of one shape the way the super-resolution field reports it: BT.601
/// luma in studio range kept unrounded, `border` pixels removed on every side, PSNR against a peak
/// of 255, SSIM with an 11x11 Gaussian of sigma 1.5 over the valid region (Wang et al., "Image
/// quality assessment: from error visibility to structural similarity", 2004). Alpha is ignored.
/// SSIM is NaN when the cropped image is smaller than the 11x11 window.
/// Errors: kInvalidArgument when nothing is left inside the border.
Result<ImageComparison> CompareImages(const uint8_t* a, const uint8_t* b, int64_t width,
                                      int64_t height, int64_t border);

}  // namespace tessera

#endif  // TESSERA_IMAGE_METRICS_H_
