#include "graph/picture_format.h"

#include <string>

#include "graph/metadata.h"

namespace tessera {
namespace {

Status Unsupported(std::string message) {
  return Status(StatusCode::kUnsupported, std::move(message));
}

int64_t ChannelsOf(const Graph& graph, ValueId id) {
  const Shape& shape = graph.value(id).shape;
  return shape.size() == 4 ? shape[1] : kUnknownDim;
}

std::string Maps(int64_t inputs, int64_t outputs) {
  return "the network maps " + std::to_string(inputs) + (inputs == 1 ? " channel" : " channels") +
         " to " + std::to_string(outputs);
}

}  // namespace

Result<PictureFormat> PictureFormatOf(const Graph& graph) {
  const int64_t inputs = ChannelsOf(graph, graph.input);
  const int64_t outputs = ChannelsOf(graph, graph.output);
  const Color stated = graph.info.color;
  if (inputs != outputs || (inputs != 1 && inputs != 3 && inputs != 4)) {
    return Unsupported(Maps(inputs, outputs) +
                       "; on pictures run networks that map RGB to RGB (3 channels), luma to luma "
                       "(1) or RGBA to RGBA (4)");
  }
  const bool one = stated == Color::kY || stated == Color::kYFull || stated == Color::kGray;
  if (stated != Color::kByChannels && one != (inputs == 1)) {
    return Unsupported(Maps(inputs, outputs) + ", but its color is said to be '" +
                       std::string(ColorText(stated)) + "'; for " +
                       (inputs == 1 ? "one channel it is y, y-full or gray"
                                    : "three or four channels it is rgb or bgr"));
  }
  const Color usual = inputs == 1 ? Color::kY : Color::kRgb;
  return PictureFormat{inputs, stated == Color::kByChannels ? usual : stated};
}

}  // namespace tessera
