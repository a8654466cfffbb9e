// Numbers that depend on an image's height and width.
#include "graph/extent.h"

#include <doctest/doctest.h>

#include <optional>

namespace tessera {
namespace {

TEST_CASE("extents: exact quotients") {
  const Extent padded_height = Extent::Height() + Extent(8);
  const Extent padded_width = Extent::Width() + Extent(8);
  const std::optional<Extent> pixels = Extent::Product(padded_height, padded_width);
  REQUIRE(pixels);

  CHECK(Extent::Quotient(*pixels, padded_width) == padded_height);
  CHECK(Extent::Quotient(*pixels, padded_height) == padded_width);
  CHECK(Extent::Quotient(*pixels, *pixels) == Extent(1));
  CHECK(Extent::Quotient(padded_height, padded_height) == Extent(1));
  const std::optional<Extent> twice = Extent::Product(*pixels, Extent(2));
  CHECK(Extent::Quotient(*twice, *pixels) == Extent(2));

  CHECK_FALSE(Extent::Quotient(*pixels, Extent::Width()));
  CHECK_FALSE(Extent::Quotient(padded_height, padded_width));
  CHECK_FALSE(Extent::Quotient(Extent::Height(), *pixels));
  CHECK_FALSE(Extent::Quotient(Extent(8), Extent(0)));
}

}  // namespace
}  // namespace tessera
