"""Makes the image models of these tests: image.py FOLDER NAME..."""
import sys

import numpy as np
import onnx
from make import F, model, node, table

NORM = "torch.nn.modules.batchnorm.BatchNorm2d"


def image(*nodes, results, shape=(2, 4, 5, 6), initializers=()):
    return model(list(nodes), [("x", F, list(shape))], [(r, F, None) for r in results],
                 initializers)


def convolutions():
    w = {"w": table(6, 2 * 3 * 3, 1).reshape(6, 2, 3, 3), "u": table(4, 3 * 2 * 2, 2).reshape(4, 3, 2, 2)}
    return image(node("Conv", ["x", "w"], ["a"], group=2, dilations=[2, 1], pads=[2, 1, 2, 1]),
                 node("ConvTranspose", ["x", "u"], ["b"], group=2, strides=[2, 2], pads=[0, 1, 1, 0],
                      output_padding=[1, 0]), results="ab", initializers=w)


def line():
    return image(node("Conv", ["x", "w"], ["a"], auto_pad="SAME_UPPER"), shape=(2, 4, 9), results="a",
                 initializers={"w": table(6, 4 * 3, 1).reshape(6, 4, 3)})


def pools():
    return image(node("MaxPool", ["x"], ["a"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
                 node("AveragePool", ["x"], ["b"], kernel_shape=[3, 3], auto_pad="SAME_LOWER",
                      count_include_pad=1),
                 node("GlobalAveragePool", ["x"], ["c"]), node("GlobalMaxPool", ["x"], ["d"]),
                 results="abcd")


def resizes():
    return image(node("Resize", ["x", "", "twice"], ["a"], mode="nearest", nearest_mode="floor",
                      coordinate_transformation_mode="asymmetric"),
                 node("Resize", ["x", "", "", "sizes"], ["b"], mode="linear"),
                 results="ab", initializers={"twice": np.array([1, 1, 2, 2], np.float32),
                                             "sizes": np.array([2, 4, 10, 3], np.int64)})


def batch_norm():
    statistics = {n: table(1, 4, i)[0] for i, n in enumerate(["bn.weight", "bn.bias", "m", "v"])}
    return image(node("BatchNormalization", ["x", "bn.weight", "bn.bias", "m", "v"], ["y"], "bn", NORM,
                      "aten.batch_norm", momentum=0.75), results="y", initializers=statistics)


def folded():
    return image(node("Conv", ["x", "w"], ["y"], rules="FuseBatchNormIntoConv"), results="y",
                 initializers={"w": table(4, 4, 1).reshape(4, 4, 1, 1)})


def group_norm():
    """As the exporter writes it: unit scales that are no parameters, gains as [channels, 1, 1]."""
    fx = "call(args = (%x, 2, %p_norm_weight, %p_norm_bias))"
    where = {"module": "norm", "kind": "torch.nn.modules.normalization.GroupNorm",
             "call": "aten.group_norm.default", "fx": fx}
    return image(node("Reshape", ["x", "groups"], ["g"], **where),
                 node("InstanceNormalization", ["g", "val_1", "val_2"], ["n"], **where),
                 node("Reshape", ["n", "whole"], ["r"], **where), node("Mul", ["r", "val_3"], ["s"], **where),
                 node("Add", ["s", "val_4"], ["y"], **where), results="y",
                 initializers={"groups": np.array([0, 2, -1]), "whole": np.array([2, 4, 5, 6]),
                               "val_1": np.ones(2, np.float32), "val_2": np.zeros(2, np.float32),
                               "val_3": table(4, 1, 3).reshape(4, 1, 1),
                               "val_4": table(4, 1, 4).reshape(4, 1, 1)})


# Wrong ones ------------------------------------------------------------------

def wrong():
    w = {"w": table(6, 2 * 3 * 3, 1).reshape(6, 2, 3, 3), "half": np.array([1, 1, 0.5, 0], np.float32)}
    return image(node("Conv", ["x", "w"], ["a"], group=3), node("Conv", ["x", "w"], ["b"], kernel_shape=[2, 2]),
                 node("Resize", ["x", "", "half"], ["c"], coordinate_transformation_mode="nowhere"),
                 node("MaxPool", ["x"], ["d"], kernel_shape=[9, 9]),
                 node("AveragePool", ["x"], ["e"], kernel_shape=[2, 2], pads=[2, 2, 2, 2]),
                 node("Resize", ["x", "", "half"], ["f"], mode="nearest"),
                 node("Resize", ["x", "", "half"], ["g"], mode="area"),
                 node("ConvTranspose", ["x", "w"], ["h"], output_padding=[1, 1]),
                 node("BatchNormalization", ["x", "s", "s", "s", "s"], ["i"]),
                 results="abcdefghi", initializers={**w, "s": table(1, 3, 1)[0]})


if __name__ == "__main__":
    for name in sys.argv[2:]:
        onnx.save(globals()[name](), f"{sys.argv[1]}/{name}.onnx")
