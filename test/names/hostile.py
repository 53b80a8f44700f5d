"""A small model in which every name is one that some format might take for its own syntax."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# A placeholder for invalid UTF-8, which protobuf's Python does not accept; it has as many bytes.
STAND_IN, NOT_UTF8 = "=?UTF8?=", b"\xff\xfe\xc0\xaf\xed\xa0\x80\x80"

NAMES = {
    "quotes": "a\"b'c`d",
    "backslashes": "C:\\new\\table\\x41\\",
    "backslash and blanks": "ends in \\  \t",
    "lines": "one\ntwo\r\nthree\n#error four\n",
    "comment": "*/ int main(){} /* // \\",
    "trigraph": "what??/ ??=define ??'",
    "format": "%s%n %d {0} {1:f2} ${HOME} $(id) `id`",
    "script": "</script><script>document.title='PWNED'</script>",
    "double escape": "<!--<script>document.title='PWNED'",
    "tooltip": "</title><img src=x onerror=\"document.title='PWNED'\">",
    "attribute": "\" onload=\"document.title='PWNED'\" x='",
    "cdata": "]]><![CDATA[ &lt; &amp;amp; <?xml?>",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x9b31m\x1b]0;title\x07",
    "separators": "a\u2028b\u2029c\u0085d",
    "direction": "a\u202eb\u2066c\u200fd\ufeffe",
    "not characters": "\ufffe\uffff\U0010ffff",
    "not utf-8": f"a{STAND_IN}b",
    "other scripts": "模型.層\u0301 مثال 🙂",
    "long": "x" * 5000,
    "json": '{"a":[1,2],"__metadata__":{}}',
}


def bytes_of(name):
    return name.encode().replace(STAND_IN.encode(), NOT_UTF8)


def shown(name):
    """Returns the name as messages print it, like `utf8` of plimsoll/Shown.h."""
    return name.replace(STAND_IN, "".join(f"\\x{byte:02x}" for byte in NOT_UTF8))


def model(name):
    """Returns a model: x -> linear -> tanh -> linear, batch 4; all names contain `name`."""
    rng = np.random.default_rng(0)
    tensors = [numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), f"{what}{name}")
               for what, shape in (("w1", (6, 8)), ("b1", (8,)), ("w2", (8, 5)))]
    w1, b1, w2 = (tensor.name for tensor in tensors)
    nodes = [helper.make_node("MatMul", [f"x{name}", w1], [f"t1{name}"], name=f"n1{name}"),
             helper.make_node("Add", [f"t1{name}", b1], [f"t2{name}"], name=f"n2{name}"),
             helper.make_node("Tanh", [f"t2{name}"], [f"t3{name}"], name=f"n3{name}"),
             helper.make_node("MatMul", [f"t3{name}", w2], [f"y{name}"], name=f"n4{name}")]
    for node in nodes:
        for key, value in (("pkg.torch.onnx.name_scopes", repr(["", f"m{name}", node.name])),
                           ("pkg.torch.onnx.class_hierarchy", repr([name, name, name])),
                           ("pkg.torch.onnx.fx_node", name)):
            node.metadata_props.add(key=key, value=value)
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info(f"x{name}", TensorProto.FLOAT, (4, 6))],
        [helper.make_tensor_value_info(f"y{name}", TensorProto.FLOAT, (4, 5))], tensors)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    proto.ir_version = 10
    proto.producer_name = name
    # The placeholder has as many bytes, so lengths in the file stay right.
    return proto.SerializeToString().replace(STAND_IN.encode(), NOT_UTF8)


def file_name(name):
    """Returns a file's name, which may contain everything but `/`."""
    return bytes_of(name.replace("/", "|"))[:80] + b".onnx"
