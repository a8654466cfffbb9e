#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "graph/import_onnx.h"
#include "graph/model.h"
#include "graph/passes.h"
#include "graph/validate.h"
#include "graph_builder.h"
#include "import_checks.h"
#include "onnx/reader.h"
#include "onnx_builder.h"
#include "reference_interpreter.h"

namespace tessera {
namespace {

using test::CheckRefused;
using test::Dense;
using test::Import;
using test::Interpret;
using test::MustImport;
using test::OnnxAttribute;
using test::OnnxBuilder;
using test::OnnxTensor;

using Attributes = std::vector<OnnxAttribute>;

// A model of one operator between 'x' [1, channels, H, W] and 'y'.
OnnxBuilder OneNode(int64_t opset, const std::string& op_type,
                    const std::vector<std::string>& more_inputs, const Attributes& attributes,
                    int64_t channels = 1) {
  std::vector<std::string> inputs = {"x"};
  inputs.insert(inputs.end(), more_inputs.begin(), more_inputs.end());
  OnnxBuilder builder(opset);
  builder.Input("x", {1, channels, -1, -1}).Output("y");
  return builder.Node(op_type, inputs, "y", attributes, "the_node");
}

Dense Run(const OnnxBuilder& builder, const Dense& input) {
  return Interpret(MustImport(builder), input);
}

const Dense kRow = {{1, 1, 1, 4}, {-2.0f, -0.5f, 1.0f, 3.0f}};

TEST_CASE("import: Relu, LeakyRelu, PRelu") {
  CHECK(Run(OneNode(13, "Relu", {}, {}), kRow).elements ==
        std::vector<float>{0.0f, 0.0f, 1.0f, 3.0f});
  CHECK(Run(OneNode(13, "LeakyRelu", {}, {OnnxAttribute::Float("alpha", 0.5f)}), kRow).elements ==
        std::vector<float>{-1.0f, -0.25f, 1.0f, 3.0f});
  CHECK(Run(OneNode(13, "PRelu", {"s"}, {}).Floats("s", {1, 1, 1}, {0.25f}), kRow).elements ==
        std::vector<float>{-0.5f, -0.125f, 1.0f, 3.0f});
}

TEST_CASE("import: Clip with attributes and with inputs") {
  const std::vector<float> expected = {-1.0f, -0.5f, 1.0f, 2.0f};
  CHECK(Run(OneNode(7, "Clip", {},
                    {OnnxAttribute::Float("min", -1.0f), OnnxAttribute::Float("max", 2.0f)}),
            kRow)
            .elements == expected);
  CHECK(
      Run(OneNode(13, "Clip", {"lo", "hi"}, {}).Floats("lo", {}, {-1.0f}).Floats("hi", {}, {2.0f}),
          kRow)
          .elements == expected);
  // An omitted limit, and an infinite one, are no limit.
  CHECK(Run(OneNode(13, "Clip", {"", "hi"}, {}).Floats("hi", {}, {2.0f}), kRow).elements ==
        std::vector<float>{-2.0f, -0.5f, 1.0f, 2.0f});
  CHECK(Run(OneNode(13, "Clip", {"lo"}, {}).Floats("lo", {}, {-INFINITY}), kRow).elements ==
        kRow.elements);
  CheckRefused(OneNode(13, "Clip", {"lo"}, {}).Floats("lo", {}, {NAN}), StatusCode::kModelFormat,
               "the_node");
  CheckRefused(OneNode(13, "Clip", {"lo", "lo"}, {}).Floats("lo", {}, {1.0f}),
               StatusCode::kModelFormat, "min must be less than max");
}

TEST_CASE("import: arithmetic with constants on either side") {
  const auto with_constant = [](const char* op_type, bool constant_first) {
    OnnxBuilder b;
    b.Input("x", {1, 1, -1, -1}).Output("y").Floats("c", {1}, {2.0f});
    using Names = std::vector<std::string>;
    b.Node(op_type, constant_first ? Names{"c", "x"} : Names{"x", "c"}, "y");
    return Run(b, kRow).elements;
  };
  CHECK(with_constant("Add", false) == std::vector<float>{0.0f, 1.5f, 3.0f, 5.0f});
  CHECK(with_constant("Sub", false) == std::vector<float>{-4.0f, -2.5f, -1.0f, 1.0f});
  CHECK(with_constant("Sub", true) == std::vector<float>{4.0f, 2.5f, 1.0f, -1.0f});
  CHECK(with_constant("Mul", false) == std::vector<float>{-4.0f, -1.0f, 2.0f, 6.0f});
  CHECK(with_constant("Div", false) == std::vector<float>{-1.0f, -0.25f, 0.5f, 1.5f});
  CHECK(with_constant("Div", true) == std::vector<float>{-1.0f, -4.0f, 2.0f, 2.0f / 3.0f});
  // Integers beside tensors are numbers that an exporter wrote without their type.
  CHECK(Run(OneNode(13, "Add", {"i"}, {}).Ints("i", {1}), kRow).elements ==
        std::vector<float>{-1.0f, 0.5f, 2.0f, 4.0f});
}

TEST_CASE("import: Conv with padding, stride, groups") {
  // A 1x2 kernel that subtracts the left neighbour.
  const auto conv = [](const Attributes& attributes) {
    return OneNode(13, "Conv", {"w"}, attributes).Floats("w", {1, 1, 1, 2}, {-1.0f, 1.0f});
  };
  CHECK(Run(conv({}), kRow).elements == std::vector<float>{1.5f, 1.5f, 2.0f});
  CHECK(Run(conv({OnnxAttribute::Ints("pads", {0, 1, 0, 0})}), kRow).elements ==
        std::vector<float>{-2.0f, 1.5f, 1.5f, 2.0f});
  CHECK(Run(conv({OnnxAttribute::String("auto_pad", "SAME_LOWER")}), kRow).elements ==
        std::vector<float>{-2.0f, 1.5f, 1.5f, 2.0f});
  CHECK(Run(conv({OnnxAttribute::String("auto_pad", "SAME_UPPER")}), kRow).elements ==
        std::vector<float>{1.5f, 1.5f, 2.0f, -3.0f});
  CHECK(Run(conv({OnnxAttribute::String("auto_pad", "VALID"),
                  OnnxAttribute::Ints("strides", {2, 2})}),
            kRow)
            .elements == std::vector<float>{1.5f, 2.0f});
  CHECK(Run(conv({OnnxAttribute::Ints("dilations", {1, 2})}), kRow).elements ==
        std::vector<float>{3.0f, 3.5f});
  const OnnxBuilder depthwise = OneNode(13, "Conv", {"w", "b"}, {OnnxAttribute::Int("group", 2)}, 2)
                                    .Floats("w", {2, 1, 1, 1}, {2.0f, 3.0f})
                                    .Floats("b", {2}, {0.5f, -0.5f});
  CHECK(Run(depthwise, {{1, 2, 1, 1}, {1.0f, 1.0f}}).elements == std::vector<float>{2.5f, 2.5f});
}

TEST_CASE("import: Conv that does not fit or is not supported names its node") {
  const auto conv = [](const std::vector<int64_t>& weights, const Attributes& attributes) {
    size_t count = 1;
    for (const int64_t extent : weights) count *= static_cast<size_t>(extent);
    return OneNode(13, "Conv", {"w"}, attributes, 3)
        .Floats("w", weights, std::vector<float>(count, 1.0f));
  };
  CheckRefused(conv({4, 2, 3, 3}, {}), StatusCode::kModelFormat, "the_node");
  CheckRefused(conv({4, 3, 3}, {}), StatusCode::kModelFormat, "three axes");
  CheckRefused(conv({4, 3, 3, 3, 3}, {}), StatusCode::kModelOp, "one or two axes");
  CheckRefused(conv({4, 3, 3, 3}, {OnnxAttribute::Ints("strides", {17, 17})}), StatusCode::kModelOp,
               "strides 17");
  CheckRefused(conv({4, 3, 3, 3}, {OnnxAttribute::Ints("kernel_shape", {5, 5})}),
               StatusCode::kModelFormat, "kernel_shape");
  CheckRefused(conv({4, 1, 3, 3}, {OnnxAttribute::Int("group", 3)}), StatusCode::kModelFormat,
               "groups");
  CheckRefused(conv({4, 3, 3, 3}, {OnnxAttribute::Ints("pads", {0, 0, -1, 0})}),
               StatusCode::kModelOp, "padding of -1");
  CheckRefused(conv({4, 3, 3, 3}, {OnnxAttribute::String("auto_pad", "SOME")}),
               StatusCode::kModelFormat, "SOME");
  CheckRefused(conv({4, 3, 3, 3}, {OnnxAttribute::Int("strange", 1)}), StatusCode::kModelOp,
               "'strange'");
  CheckRefused(conv({4, 3, 3, 3}, {OnnxAttribute::Int("strides", 2)}), StatusCode::kModelFormat,
               "wrong type");
  CheckRefused(OneNode(13, "Conv", {"x"}, {}), StatusCode::kModelOp, "must be a constant");
  CheckRefused(OneNode(13, "Conv", {}, {}), StatusCode::kModelFormat, "input 1 is missing");
  CheckRefused(OneNode(13, "Conv", {"w"}, {}).Floats("w", {1, 1, 1, 1}, {NAN}),
               StatusCode::kModelFormat, "'w' holds a value that is not a finite number");
}

TEST_CASE("import: Concat and DepthToSpace in both orders") {
  const Dense two = {{1, 1, 1, 2}, {1.0f, 2.0f}};
  CHECK(Run(OneNode(13, "Concat", {"x"}, {OnnxAttribute::Int("axis", -3)}), two).shape ==
        Shape{1, 2, 1, 2});
  const Dense deep = {{1, 8, 1, 1}, {0, 1, 2, 3, 4, 5, 6, 7}};
  const auto shuffle = [&](const Attributes& attributes) {
    return Run(OneNode(13, "DepthToSpace", {}, attributes, 8), deep).elements;
  };
  const OnnxAttribute by_two = OnnxAttribute::Int("blocksize", 2);
  CHECK(shuffle({by_two, OnnxAttribute::String("mode", "CRD")}) ==
        std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(shuffle({by_two}) == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
  CheckRefused(OneNode(13, "DepthToSpace", {}, {by_two}, 6), StatusCode::kModelFormat,
               "multiple of 4");
  CheckRefused(OneNode(13, "DepthToSpace", {}, {}, 4), StatusCode::kModelFormat, "blocksize");
}

TEST_CASE("import: Pad with attributes, inputs and axes") {
  const std::vector<float> expected = {-2.0f, -0.5f, 1.0f, 3.0f, 9.0f};
  CHECK(Run(OneNode(7, "Pad", {},
                    {OnnxAttribute::Ints("pads", {0, 0, 0, 0, 0, 0, 0, 1}),
                     OnnxAttribute::Float("value", 9.0f)}),
            kRow)
            .elements == expected);
  CHECK(Run(OneNode(13, "Pad", {"p", "v"}, {})
                .Ints("p", {0, 0, 0, 0, 0, 0, 0, 1})
                .Floats("v", {}, {9.0f}),
            kRow)
            .elements == expected);
  CHECK(Run(OneNode(18, "Pad", {"p", "v", "a"}, {})
                .Ints("p", {0, 1})
                .Floats("v", {}, {9.0f})
                .Ints("a", {-1}),
            kRow)
            .elements == expected);
  CheckRefused(OneNode(13, "Pad", {"p"}, {OnnxAttribute::String("mode", "mirror")}),
               StatusCode::kModelOp, "mirror");
  CheckRefused(OneNode(13, "Pad", {"p"}, {}).Ints("p", {1, 1, 0, 0, 0, 0, 0, 0}),
               StatusCode::kModelOp, "height and width");
}

TEST_CASE("import: Resize of every operator set") {
  const Dense two = {{1, 1, 1, 2}, {1.0f, 3.0f}};
  const std::vector<float> twice = {1, 1, 3, 3, 1, 1, 3, 3};
  const std::vector<float> scales = {1, 1, 2, 2};
  CHECK(Run(OneNode(7, "Upsample", {}, {OnnxAttribute::Floats("scales", scales)}), two).elements ==
        twice);
  CHECK(Run(OneNode(9, "Upsample", {"s"}, {}).Floats("s", {4}, scales), two).elements == twice);
  CHECK(Run(OneNode(10, "Resize", {"s"}, {}).Floats("s", {4}, scales), two).elements == twice);
  CHECK(Run(OneNode(13, "Resize", {"", "s"}, {}).Floats("s", {4}, scales), two).elements == twice);
  CHECK(Run(OneNode(11, "Resize", {"roi", "s"}, {}).Floats("roi", {0}, {}).Floats("s", {4}, scales),
            two)
            .elements == twice);
  CHECK(Run(OneNode(18, "Resize", {"", "s"}, {OnnxAttribute::Ints("axes", {2, 3})})
                .Floats("s", {2}, {2, 2}),
            two)
            .elements == twice);
  CHECK(
      Run(OneNode(13, "Resize", {"", "s"},
                  {OnnxAttribute::String("coordinate_transformation_mode", "tf_half_pixel_for_nn"),
                   OnnxAttribute::String("nearest_mode", "floor")})
              .Floats("s", {4}, scales),
          two)
          .elements == twice);
  const Dense linear =
      Run(OneNode(13, "Resize", {"", "s"}, {OnnxAttribute::String("mode", "linear")})
              .Floats("s", {4}, {1, 1, 1, 2}),
          two);
  CHECK(linear.elements == std::vector<float>{1.0f, 1.5f, 2.5f, 3.0f});
}

TEST_CASE("import: Resize by sizes needs a fixed input and a simple factor") {
  const auto sized = [](const std::vector<int64_t>& input, const std::vector<int64_t>& sizes) {
    OnnxBuilder b(13);
    b.Input("x", input).Output("y").Ints("sizes", sizes);
    return b.Node("Resize", {"x", "", "", "sizes"}, "y", {}, "the_node");
  };
  const Graph graph = MustImport(sized({1, 3, 8, 12}, {1, 3, 24, 36}));
  const auto* resize = std::get_if<Resize>(&graph.nodes[0].operation);
  REQUIRE(resize);
  CHECK(resize->scale == std::array<double, 2>{3.0, 3.0});
  CheckRefused(sized({1, 3, -1, -1}, {1, 3, 24, 36}), StatusCode::kModelOp, "axis of H to 24");
  CheckRefused(sized({1, 3, 8, 8}, {1, 6, 16, 16}), StatusCode::kModelOp, "height and width");
  CheckRefused(sized({1, 3, 101, 101}, {1, 3, 203, 203}), StatusCode::kModelOp, "scale of 2.0099");
}

TEST_CASE("import: Resize refuses what it cannot do, naming it") {
  const auto resize = [](const Attributes& attributes, const std::vector<float>& scales) {
    return OneNode(13, "Resize", {"", "s"}, attributes).Floats("s", {4}, scales);
  };
  CheckRefused(resize({OnnxAttribute::String("mode", "lanczos")}, {1, 1, 2, 2}),
               StatusCode::kModelOp, "lanczos");
  CheckRefused(
      resize({OnnxAttribute::String("mode", "cubic"), OnnxAttribute::Float("cubic_coeff_a", NAN)},
             {1, 1, 2, 2}),
      StatusCode::kModelFormat, "cubic_coeff_a");
  CheckRefused(
      resize({OnnxAttribute::String("coordinate_transformation_mode", "tf_crop_and_resize")},
             {1, 1, 2, 2}),
      StatusCode::kModelOp, "tf_crop_and_resize");
  CheckRefused(resize({}, {1, 2, 2, 2}), StatusCode::kModelOp, "height and width");
  CheckRefused(resize({}, {1, 1, 3.14159f, 2}), StatusCode::kModelOp, "3.14159");
  CheckRefused(resize({}, {1, 1, NAN, 2}), StatusCode::kModelOp, "scale");
  CheckRefused(OneNode(13, "Resize", {}, {}), StatusCode::kModelFormat, "neither");
}

TEST_CASE("import: Identity, Dropout, Cast and Constant leave no node") {
  OnnxBuilder b;
  b.Input("x", {1, 1, -1, -1}, 10).Output("y");
  b.Node("Cast", {"x"}, "a", {OnnxAttribute::Int("to", 1)});
  b.Node("Identity", {"a"}, "b");
  b.Node("Dropout", {"b"}, "c");
  b.Node("Constant", {}, "two",
         {OnnxAttribute::Tensor("value", OnnxTensor::Floats("", {}, {2.0f}))});
  b.Node("Constant", {}, "three", {OnnxAttribute::Int("value_int", 3)});
  b.Node("Cast", {"three"}, "three_f", {OnnxAttribute::Int("to", 10)});
  b.Node("Mul", {"c", "two"}, "d");
  b.Node("Add", {"d", "three_f"}, "e");
  b.Node("Cast", {"e"}, "y", {OnnxAttribute::Int("to", 10)});
  const Graph graph = MustImport(b);
  CHECK(graph.nodes.size() == 2);
  CHECK(Interpret(graph, kRow).elements == std::vector<float>{-1.0f, 2.0f, 5.0f, 9.0f});
  CheckRefused(OneNode(13, "Cast", {}, {OnnxAttribute::Int("to", 2)}), StatusCode::kModelOp,
               "casts");
  CheckRefused(OneNode(13, "Constant", {}, {}), StatusCode::kModelOp, "dense");
}

TEST_CASE("import: BatchNormalization") {
  const OnnxBuilder b = OneNode(13, "BatchNormalization", {"s", "b", "m", "v"},
                                {OnnxAttribute::Float("epsilon", 0.0f)})
                            .Floats("s", {1}, {3.0f})
                            .Floats("b", {1}, {1.0f})
                            .Floats("m", {1}, {1.0f})
                            .Floats("v", {1}, {4.0f});
  CHECK(Run(b, kRow).elements == std::vector<float>{-3.5f, -1.25f, 1.0f, 4.0f});
  CheckRefused(OneNode(14, "BatchNormalization", {}, {OnnxAttribute::Int("training_mode", 1)}),
               StatusCode::kModelOp, "training");
  CheckRefused(OneNode(13, "BatchNormalization", {"s", "b", "s", "s"}, {})
                   .Floats("s", {1}, {1.0f})
                   .Floats("b", {2}, {1.0f, 1.0f}),
               StatusCode::kModelFormat, "per channel");
}

TEST_CASE("import: other operators are refused with the list of supported ones") {
  CheckRefused(OneNode(13, "RoiAlign", {}, {}), StatusCode::kModelOp,
               "RoiAlign of node 'the_node'");
  CheckRefused(OneNode(13, "RoiAlign", {}, {}), StatusCode::kModelOp, "DepthToSpace");
}

TEST_CASE("import: a node without a name gets one") {
  OnnxBuilder b;
  b.Input("x", {1, 1, -1, -1}).Output("y").Node("RoiAlign", {"x"}, "y");
  CheckRefused(b, StatusCode::kModelOp, "'RoiAlign_0'");
}

TEST_CASE("import: inputs and outputs of the graph") {
  const auto relu = [](OnnxBuilder b) { return b.Node("Relu", {"x"}, "y"); };
  CheckRefused(OnnxBuilder()
                   .Input("x", {1, 3, -1, -1})
                   .Input("z", {1})
                   .Output("y")
                   .Node("Add", {"x", "z"}, "y"),
               StatusCode::kUnsupported, "input 'z' of shape [1] that needs a value");
  CheckRefused(relu(OnnxBuilder().Input("x", {1, 3, -1, -1}).Output("y").Output("x")),
               StatusCode::kUnsupported, "several outputs ('y', 'x')");
  CheckRefused(relu(OnnxBuilder().Output("y")), StatusCode::kModelFormat, "no input");
  CheckRefused(relu(OnnxBuilder().Input("x", {1, 3, -1, -1}).Output("q")), StatusCode::kModelFormat,
               "'q'");
  CheckRefused(relu(OnnxBuilder().Input("x", {3, -1, -1}).Output("y")), StatusCode::kUnsupported,
               "[3, ?, ?]");
  // A declared batch is a size to run with, as height and width are.
  CHECK(MustImport(relu(OnnxBuilder().Input("x", {4, 3, 9, 9}).Output("y"))).values[0].shape ==
        Shape{1, 3, kUnknownDim, kUnknownDim});
  CheckRefused(relu(OnnxBuilder().Input("x", {1, 3, -1, -1}, 9).Output("y")),
               StatusCode::kUnsupported, "floating");
  CheckRefused(OnnxBuilder().Input("x", {1, 3, -1, -1}).Output("x"), StatusCode::kUnsupported,
               "not computed");
  // Initializers may be listed as inputs.
  OnnxBuilder listed;
  listed.Input("w", {1}).Input("x", {-1, 3, 0, 0}).Output("y").Floats("w", {1}, {1.0f});
  CHECK(Import(listed.Node("Add", {"x", "w"}, "y")).ok());
}

TEST_CASE("import: names must be produced once, and before they are read") {
  OnnxBuilder late;
  late.Input("x", {1, 1, -1, -1}).Output("y");
  late.Node("Relu", {"a"}, "y", {}, "first").Node("Relu", {"x"}, "a");
  CheckRefused(late, StatusCode::kModelFormat, "'first': reads 'a'");
  OnnxBuilder twice;
  twice.Input("x", {1, 1, -1, -1}).Output("y");
  twice.Node("Relu", {"x"}, "y").Node("Relu", {"x"}, "y", {}, "second");
  CheckRefused(twice, StatusCode::kModelFormat, "'second'");
}

TEST_CASE("import: tessera metadata") {
  OnnxBuilder b = OneNode(13, "Relu", {}, {}, 3);
  b.Metadata("tessera.name", "n").Metadata("tessera.licence", "MIT").Metadata("other", "?");
  b.Metadata("tessera.data", "d").Metadata("tessera.scores", "{}").Metadata("tessera.scale", "1");
  b.Metadata("tessera.color", "bgr").Metadata("tessera.input_range", "0,255");
  b.Metadata("tessera.output_range", "-1, 1").Metadata("tessera.mean", "0.4488,0.4371,0.4040");
  b.Metadata("tessera.std", "1,2,3").Metadata("tessera.border", "64");
  const ModelInfo info = MustImport(b).info;
  CHECK(info.name == "n");
  CHECK(info.licence == "MIT");
  CHECK(info.data == "d");
  CHECK(info.scores == "{}");
  CHECK(info.declared_scale == 1);
  CHECK(info.color == Color::kBgr);
  CHECK(info.input_range == std::array<float, 2>{0.0f, 255.0f});
  CHECK(info.output_range == std::array<float, 2>{-1.0f, 1.0f});
  CHECK(info.mean == std::array<float, 4>{0.4488f, 0.4371f, 0.4040f, 0.0f});
  CHECK(info.stddev == std::array<float, 4>{1.0f, 2.0f, 3.0f, 1.0f});
  CHECK(info.border == 64);
}

TEST_CASE("import: metadata of every channel count, colour and layout") {
  const auto read = [](const char* key, const char* value) {
    OnnxBuilder b = OneNode(13, "Relu", {}, {}, 3);
    return MustImport(b.Metadata(key, value)).info;
  };
  CHECK(read("tessera.mean", "2").mean == std::array<float, 4>{2.0f, 2.0f, 2.0f, 2.0f});
  CHECK(read("tessera.mean", "1,2,3,4").mean == std::array<float, 4>{1.0f, 2.0f, 3.0f, 4.0f});
  CHECK(read("tessera.std", "4").stddev == std::array<float, 4>{4.0f, 4.0f, 4.0f, 4.0f});
  CHECK(read("tessera.color", "y").color == Color::kY);
  CHECK(read("tessera.color", "y-full").color == Color::kYFull);
  CHECK(read("tessera.color", "gray").color == Color::kGray);
  CHECK(read("tessera.layout", "nhwc").layout == PictureLayout::kNhwc);
  CHECK(read("tessera.layout", "nchw").layout == PictureLayout::kNchw);
}

TEST_CASE("import: malformed metadata is refused by its key") {
  using Entry = std::pair<const char*, const char*>;
  for (const auto& [key, value] :
       {Entry{"tessera.scale", "two"}, Entry{"tessera.scale", "0"}, Entry{"tessera.scale", "2.5"},
        Entry{"tessera.scale", "-2"}, Entry{"tessera.color", "gbr"}, Entry{"tessera.layout", "chw"},
        Entry{"tessera.mean", ""}, Entry{"tessera.input_range", "0"},
        Entry{"tessera.input_range", "1,0"}, Entry{"tessera.output_range", "0,1,2"},
        Entry{"tessera.output_range", "0,inf"}, Entry{"tessera.mean", "1,2"},
        Entry{"tessera.mean", "1,2,3x"}, Entry{"tessera.std", "1,0,1"}, Entry{"tessera.std", ""},
        Entry{"tessera.border", "-1"}, Entry{"tessera.border", "65"},
        Entry{"tessera.border", "100"}}) {
    OnnxBuilder b = OneNode(13, "Relu", {}, {}, 3);
    CheckRefused(b.Metadata(key, value), StatusCode::kModelFormat, key);
  }
}

}  // namespace
}  // namespace tessera
