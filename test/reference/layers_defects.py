"""Writes layers/defects.json.gz: small cases on which neural-tangents 0.6.5 is wrong, with the right values.

The values are NumPy's (layers_numpy.py), or computed with 50 digits where rows coincide, are opposite, zero or huge. Every case
checks that the reference is wrong there. Usage: layers_defects.py
"""

import jax
import mpmath as mp
import numpy as np

from layers import Inputs, fixture, reference, relative_errors
from layers_case import Case, masked, pair, sample
from layers_defects_mp import fully_connected, gradient_descent, largest_eigenvalue
from layers_dsl import (
    activation,
    aggregate,
    attention,
    avg_pool,
    conv,
    conv_local,
    dense,
    dot_general,
    elementwise_numerical,
    fan_in_concat,
    fan_in_sum,
    fan_out,
    flatten,
    global_avg_pool,
    identity,
    image_resize,
    parallel,
    relu,
    serial,
)
from layers_graphs import sparse_pair
from layers_numpy import evaluate
from serialize import numbers, write_json

jax.config.update("jax_enable_x64", True)

IMAGE = (4, 5, 2)
# Rows that are equal, opposite and zero; sums of their products are exact.
ROWS = np.array([[1.0, 0.5, -0.25, 1.5], [1.0, 0.5, -0.25, 1.5], [-1.0, -0.5, 0.25, -1.5], [0.5, -1.0, 2.0, 0.25]])
WITH_ZERO = np.array([[1.0, 0.5, -0.25, 1.5], [0.0, 0.0, 0.0, 0.0], [0.5, -1.0, 2.0, 0.25]])


def what_the_reference_gives(case, expected):
    """'raises', 'NaN', or the largest relative error of an entry of NNGP, NTK or the variances."""
    try:
        kernel = reference(case)
    except Exception as error:  # any: that it fails at all is the finding
        return f"raises {type(error).__name__}"
    errors = []
    for field in ("nngp", "ntk", "cov1"):
        actual = np.asarray(getattr(kernel, field))
        if actual.ndim and actual.shape != np.shape(expected[field]):
            return "another shape"
        errors.append(relative_errors(np.broadcast_to(actual, np.shape(expected[field])), expected[field]).max())
    return "NaN" if np.isnan(errors).any() else float(f"{max(errors):.1e}")


def spatial_cases():
    """(defect, what the reference does, case): values by NumPy."""
    same = {"padding": "SAME", "b": 0.1}
    pooled = lambda act: serial(
        conv(4, (2, 2), **same), act, avg_pool((2, 2)), conv(3, (2, 2), **same), relu(), global_avg_pool(), dense(1)
    )
    case = lambda name, net, inputs=None, **options: Case(name, "defects", net, *(inputs or pair(*IMAGE)), **options)
    sign = activation("sign")
    yield (
        1,
        "sign sets the covariances of different locations to 1: wrong after pooling and another activation",
        case("sign, avgPool, relu", pooled(sign)),
    )
    gap = serial(conv(4, (2, 2), b=0.1), sign, global_avg_pool(), dense(3, b=0.1), relu(), dense(1))
    yield 1, "as above, with a global pool", case("sign, globalAvgPool, relu", gap)
    cubed = activation("rectifiedMonomial", degree=2)
    yield 2, "rectifiedMonomial makes every variance NaN, and with it what follows", case("rectifiedMonomial, avgPool, relu", pooled(cubed))
    resized = serial(conv(4, (2, 2), **same), relu(), image_resize((-1, 3, 7, -1), "linear"), conv(3, (2, 2)), relu(), global_avg_pool())
    yield 4, "imageResize after an odd number of convolutions resizes the wrong axes", case("imageResize after one convolution", resized)
    x1, x2 = sample(4, 6, 2, key="batch a"), sample(4, 6, 2, key="batch b")
    text = serial(conv(4, (3,), **same), relu(), attention(b=0.1), relu(), global_avg_pool(), dense(1))
    batches = masked(x1, 50.0, (6, 3, 4, 5)), masked(x2, 50.0, (2, 6, 6, 3))
    yield (
        5,
        "nt.batch negates the mask of x2: masked kernels cannot be computed in parts",
        case("masked, several samples", text, batches, mask=50.0),
    )
    for b in (0, None):
        net = serial(dense(3, 1.2, b, "standard"), relu(), dense(2, 0.9, b, "standard"))
        yield 6, "bStd 0 adds 1 to the NTK and no bias adds nothing, against the docstring", case(f"standard, bStd {b}", net, pair(5))
    cosine = serial(conv(4, (2, 2)), activation("cos", a=1.1, b=0.7, c=0.2), flatten(), dense(1))
    yield 9, "cos is tested as sign, and doClip not at all", case("cos", cosine)
    for name, net, inputs in doubled(serial(fan_out(2), parallel(identity(), identity()), fan_in_sum())):
        yield 11, "branches that share their parameters are summed as if independent", case(name, net, inputs)
    holes = pair(5, 4, 2, key="holes")
    holes[0][1, 2:], holes[1][0, :, 3] = 9.0, 9.0
    local = serial(conv_local(4, (2, 2), b=0.2), global_avg_pool(), dense(1))
    yield (
        12,
        "a global average of convLocal divides by all locations, masked ones too",
        case("convLocal, masked, globalAvgPool", local, holes, mask=9.0),
    )
    sparse = serial(conv(3, (2, 2), **same), relu(), aggregate(None, "SPARSE"), dense(3, b=0.1), relu(), global_avg_pool())
    graph = sparse_pair(3, 4, key="defect")
    yield (
        14,
        "sparse aggregate after an odd number of convolutions takes the wrong vertices",
        case("aggregate SPARSE", sparse, pair(3, 4, 2), pattern=graph),
    )
    normalized = activation("expNormalized", gamma=1, shift=-1, doClip=False)
    standard = {"parameterization": "standard", "b": 0.1}
    widths = "layers without a finite function hide the widths before them"
    yield (
        15,
        f"{widths}: standard parameterization",
        case("expNormalized, standard", serial(serial(dense(64, **standard), normalized), dense(1, **standard)), pair(5)),
    )
    uneven = serial(fan_out(2), parallel(serial(dense(30), normalized), serial(dense(2), relu())), fan_in_concat(), dense(1))
    yield 15, f"{widths}: weights of fanInConcat", case("expNormalized, fanInConcat", uneven, pair(5))
    embedded = serial(serial(dense(30), normalized), attention(pos_emb="CONCAT", n_chan_pos_emb=2), flatten())
    yield 15, f"{widths}: weights of an embedding beside", case("expNormalized, attention CONCAT", embedded, pair(4, 3))
    unshared = serial(conv(4, (2, 2), **same), relu(), conv_local(3, (3, 1), b=0.1), relu(), global_avg_pool(), dense(1))
    yield (
        16,
        "convLocal after an odd number of convolutions lays its filter along the wrong axes",
        case("convLocal after one convolution", unshared),
    )
    ring = serial(conv(4, (2, 2), **same), relu(), avg_pool((2, 2), None, "CIRCULAR"), flatten(), dense(1))
    yield 17, "a CIRCULAR pool cannot be masked", case("avgPool CIRCULAR, masked", ring, holes, mask=9.0)


def doubled(double):
    """Networks around a layer that doubles: the sum of two equal branches, or the factor 2."""
    step = lambda: conv(3, (2, 2), padding="SAME", b=0.1)
    yield "fanInSum of dependent branches", serial(dense(3), double), pair(5)
    for name, tail in (("globalAvgPool", global_avg_pool()), ("flatten", flatten())):
        net = serial(step(), double, relu(), step(), relu(), tail, dense(1))
        yield f"fanInSum of dependent branches of images, {name}", net, pair(*IMAGE)


def right_value(case):
    """NumPy's; of dependent branches the value of the network with the factor 2 in their place."""
    equivalent = {name: net for name, net, _ in doubled(dot_general(2.0, "rhs", (((), ()), ((), ()))))}
    return evaluate(equivalent.get(case.name, case.net).json, case.x1, case.x2, case.mask, case.pattern)


def exact_cases():
    """(defect, what the reference does, name, network, rows): values with 50 digits."""
    for degree in (0, 1, 2, 3, 5):
        act = activation("rectifiedMonomial", degree=degree)
        yield 2, "rectifiedMonomial is NaN for coincident and opposite rows", f"rectifiedMonomial {degree}", serial(dense(3), act), ROWS
        twice = serial(dense(3, 0.5, 0.25), act, dense(3, 0.5, 0.5), act, dense(1))
        yield 2, "as above, twice", f"rectifiedMonomial {degree}, two layers", twice, ROWS
    polynomial = activation("polynomial", coef=[0.5, -0.25, 0.5, 0.125])
    yield 3, "polynomial is NaN for a zero row", "polynomial", serial(dense(3), polynomial, dense(2), polynomial, dense(1)), WITH_ZERO
    sine = elementwise_numerical("sine", 40, "cosine")
    yield 3, "elementwiseNumerical is NaN for a zero row", "elementwiseNumerical", serial(dense(3, 0.5), sine, dense(1)), WITH_ZERO
    for clip in (True, False):
        act = activation("expNormalized", gamma=1.5, shift=-0.5, doClip=clip)
        yield (
            9,
            "doClip is passed as shift in the reference's test",
            f"expNormalized, doClip {clip}",
            serial(dense(3), act, dense(3), act, dense(1)),
            ROWS,
        )
    for act in (activation("relu"), activation("abRelu", a=-0.5, b=1.25), activation("sign")):
        net = serial(dense(3), act, dense(3), relu(), dense(1))
        yield 13, "products of variances overflow before the root: NaN", f"{act.json['kind']} of huge rows", net, 2.0**300 * ROWS


def other_values():
    """What is not a kernel: learning rates and predictions."""
    ntk = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 2.0]])
    for momentum in (0, 0.5):
        rate = 2 * (1 + mp.mpf(momentum)) * 6 / largest_eigenvalue(ntk)
        sentence = "maxLearningRate calls SciPy with an argument that newer versions lack"
        yield {
            "defect": 7,
            "sentence": sentence,
            "kind": "maxLearningRate",
            "ntk": numbers(ntk),
            "yTrainSize": 6,
            "momentum": momentum,
            "value": float(rate),
        }
    singular, test = np.array([[2.0, 2.0, 1.0], [2.0, 2.0, 1.0], [1.0, 1.0, 3.0]]), np.array([[1.0, 1.0, 0.5], [0.5, 0.5, -1.0]])
    y = np.array([[1.0], [-0.5], [0.25]])
    for t in (0.5, 10.0, 1000.0):
        train, tests = gradient_descent(singular, test, y, t)
        sentence = "predictions at finite time are 0/0 for an eigenvalue that is exactly 0"
        values = {
            "kTrainTrain": numbers(singular),
            "kTestTrain": numbers(test),
            "yTrain": numbers(y),
            "t": t,
            "fxTrain": train,
            "fxTest": tests,
        }
        yield {"defect": 8, "sentence": sentence, "kind": "gradientDescentMse", **values}
    yield {"defect": 10, "sentence": "choosing the implementation of the empirical NTK prints to the console", "kind": "silence"}


def main():
    inputs, entries = Inputs(), []
    for defect, sentence, case in spatial_cases():
        expected = right_value(case)
        entries.append({"defect": defect, "sentence": sentence, "kind": "kernel", **fixture(case, expected, inputs)})
        entries[-1]["reference"] = what_the_reference_gives(case, expected)
        entries[-1]["mayRefuse"] = defect == 11  # an error that names the layer is as good as the value
    for defect, sentence, name, net, rows in exact_cases():
        expected = fully_connected(net.json, rows)
        case = Case(name, "defects", net, rows, None)
        entries.append({"defect": defect, "sentence": sentence, "kind": "kernel", **fixture(case, expected, inputs)})
        entries[-1]["reference"] = what_the_reference_gives(case, expected)
    for entry in entries:
        print(entry["defect"], entry["name"], "| the reference:", entry["reference"])
        right_there = entry["defect"] in (5, 6, 9)  # a batch, a docstring, a test are wrong there, not the kernel
        assert right_there or not (isinstance(entry["reference"], float) and entry["reference"] < 1e-6), entry["name"]
    entries += other_values()
    assert {entry["defect"] for entry in entries} == set(range(1, 18))
    source = "NumPy and mpmath; test/reference/layers_defects.py"
    write_json("layers/defects.json.gz", {"source": source, "inputs": inputs.arrays, "cases": entries})


if __name__ == "__main__":
    main()
