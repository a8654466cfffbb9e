// What a file leaves open: which output, the values of other inputs; and all that stands in the
// way.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "graph/model.h"
#include "onnx_builder.h"

namespace tessera {
namespace {

using test::OnnxAttribute;
using test::OnnxBuilder;

Model MustLoad(const OnnxBuilder& builder, const LoadOptions& options = {}) {
  Result<Model> model = LoadModel(builder.Build(), options);
  REQUIRE_MESSAGE(model.ok(), model.status().message());
  return std::move(model).value();
}

void CheckRefused(const OnnxBuilder& builder, const LoadOptions& options,
                  const std::string& mention) {
  const Status status = LoadModel(builder.Build(), options).status();
  CAPTURE(status.message());
  CHECK(status.code() == StatusCode::kUnsupported);
  CHECK(status.message().find(mention) != std::string::npos);
}

LoadOptions Output(const std::string& name) {
  LoadOptions options;
  options.output = name;
  return options;
}

LoadOptions Input(const std::string& name, const std::vector<double>& elements) {
  LoadOptions options;
  options.inputs = {{name, elements}};
  return options;
}

// Features, a picture as it came, one twice as large, the same again, and what cannot run.
OnnxBuilder ManyOutputs() {
  OnnxBuilder b;
  b.Input("x", {1, 3, -1, -1});
  for (const char* name : {"features", "same", "large", "again", "strange"}) b.Output(name);
  b.Floats("w", {12, 3, 1, 1}, std::vector<float>(36, 0.1f));
  b.Node("Relu", {"x"}, "same").Node("Conv", {"x", "w"}, "features");
  const std::vector<OnnxAttribute> two = {OnnxAttribute::Int("blocksize", 2)};
  b.Node("DepthToSpace", {"features"}, "large", two).Node("Relu", {"large"}, "again");
  return b.Node("NonMaxSuppression", {"x"}, "strange");
}

TEST_CASE("options: of several outputs the largest picture is taken, or the one that is named") {
  const Model model = MustLoad(ManyOutputs());
  CHECK(model.output == "large");
  CHECK(model.outputs == std::vector<std::string>{"features", "same", "large", "again", "strange"});
  CHECK(model.tiling.scale == 2);
  CHECK(model.graph.nodes.size() == 2);  // nothing that another output needs
  CHECK(MustLoad(ManyOutputs(), Output("again")).graph.nodes.size() == 3);
  CHECK(MustLoad(ManyOutputs(), Output("same")).tiling.scale == 1);
  CheckRefused(ManyOutputs(), Output("small"), "no output 'small'; it has 'features', 'same'");
  CHECK(LoadModel(ManyOutputs().Build(), Output("strange")).status().code() ==
        StatusCode::kModelOp);
}

OnnxBuilder WithFactor(const std::vector<int64_t>& shape, int32_t type = 1) {
  OnnxBuilder b;
  b.Input("x", {1, 3, -1, -1}).Input("factor", shape, type).Output("y");
  if (type != 1) {
    b.Node("Cast", {"factor"}, "real", {OnnxAttribute::Int("to", 1)});
    return b.Node("Mul", {"x", "real"}, "y");
  }
  return b.Node("Mul", {"x", "factor"}, "y");
}

TEST_CASE("options: another input takes the value that is named, or is refused") {
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{}, std::vector<int64_t>{1}, std::vector<int64_t>{-1}}) {
    const Model model = MustLoad(WithFactor(shape), Input("factor", {2.5}));
    CHECK(std::any_of(model.graph.values.begin(), model.graph.values.end(), [](const Value& value) {
      return value.constant && value.constant->floats == std::vector<float>{2.5f};
    }));
  }
  MustLoad(WithFactor({1}, 7), Input("factor", {2}));
  CheckRefused(WithFactor({1}, 7), Input("factor", {2.5}), "whole numbers");
  CheckRefused(WithFactor({}), {}, "an input 'factor' of shape [] that needs a value");
  CheckRefused(WithFactor({4}), Input("factor", {2}), "has shape [4], so it cannot be 1 number");
  CheckRefused(WithFactor({1}), Input("scale", {2}), "no input 'scale'; it has 'x', 'factor'");
  CheckRefused(WithFactor({1, 3, -1, -1}), {}, "several pictures ('x', 'factor')");
  // An input that nothing reads needs no value.
  OnnxBuilder unread;
  unread.Input("unread", {1}).Input("x", {1, 3, -1, -1}).Output("y");
  MustLoad(unread.Node("Relu", {"x"}, "y"));
}

TEST_CASE("options: all that stands in the way is told of at once") {
  OnnxBuilder b;
  b.Input("x", {1, 3, -1, -1}).Output("y").Floats("w", {3, 3, 3, 3}, std::vector<float>(81, 0.1f));
  b.Node("RoiAlign", {"x"}, "a", {}, "first");
  b.Node("RoiAlign", {"a"}, "b", {}, "second");
  b.Node("Conv", {"b", "w"}, "c", {OnnxAttribute::Ints("dilations", {99, 99})}, "wide");
  b.Node("Relu", {"c"}, "d", {}, "fine");
  b.Node("Hardmax", {"d"}, "e", {}, "third");
  b.Node("NhwcConv", {"e"}, "f", {}, "layout", "com.microsoft");
  b.Node("Reorder", {"f"}, "y", {}, "nchwc", "com.microsoft.nchwc");
  b.Node("Einsum", {"x"}, "unused", {}, "not needed");
  std::vector<Status> obstacles;
  const Status status = LoadModel(b.Build(), {}, &obstacles).status();
  CHECK(status.code() == StatusCode::kModelOp);
  REQUIRE(obstacles.size() == 5);
  const std::vector<std::string> wanted = {"'first'", "'wide': dilations 99", "'third'",
                                           "'layout' comes from domain 'com.microsoft'",
                                           "ORT_ENABLE_EXTENDED"};
  for (size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(obstacles[i].message());
    CHECK(obstacles[i].message().find(wanted[i]) != std::string::npos);
    CHECK(status.message().find(wanted[i]) != std::string::npos);
  }
  CHECK(obstacles[0].message().find("and of 1 more") != std::string::npos);
  CHECK(status.message().starts_with("5 things stand in the way: (1) operator RoiAlign"));
}

TEST_CASE("options: what only follows from an obstacle is no obstacle") {
  OnnxBuilder b;
  b.Input("x", {1, 3, -1, -1}).Output("y");
  b.Node("NonZero", {"x"}, "n", {}, "the_node");
  // What the first makes is no constant, so that these could not be imported either.
  b.Node("Resize", {"x", "", "n"}, "r").Node("PRelu", {"r", "n"}, "p").Node("Pad", {"p", "n"}, "y");
  std::vector<Status> obstacles;
  CHECK(!LoadModel(b.Build(), {}, &obstacles).ok());
  REQUIRE(obstacles.size() == 1);
  CHECK(obstacles[0].message().find("the_node") != std::string::npos);
}

}  // namespace
}  // namespace tessera
