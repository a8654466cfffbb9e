#ifndef TESSERA_IMAGE_ALPHA_H_
#define TESSERA_IMAGE_ALPHA_H_

#include <cstdint>
#include <vector>

namespace tessera {

/// How far, in pixels, visible colour is carried under fully transparent pixels. Also how much
/// wider the overlap of tiles must be for images with transparency.
inline constexpr int64_t kBleedRadius = 8;

/// Scratch space for BleedColor, so that it allocates nothing while running.
struct BleedScratch {
  std::vector<uint8_t> known;
  std::vector<uint8_t> next;
};

/// True when any pixel of an RGBA8 image has alpha 0.
bool HasTransparentPixel(const uint8_t* rgba, int64_t pixels);

/// Gives fully transparent pixels of a straight-alpha RGBA8 image the mean colour of their visible
/// neighbours, one ring at a time, kBleedRadius rings deep. Editors leave arbitrary (often black)
/// colour there, and a network would smear it into the visible edge as a halo. Alpha is untouched.
/// The result of a pixel depends on pixels at most kBleedRadius away.
void BleedColor(uint8_t* rgba, int64_t width, int64_t height, BleedScratch& scratch);

}  // namespace tessera

#endif  // TESSERA_IMAGE_ALPHA_H_
