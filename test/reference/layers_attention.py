"""Cases of globalSelfAttention: mechanisms, scalings, positional embeddings, on sequences and images."""

from layers_case import Case, pair
from layers_dsl import attention, conv, dense, flatten, global_avg_pool, layer_norm, relu, residual, serial

SEQUENCE, IMAGE = (5, 3), (3, 4, 2)
W = (0.9, 1.2, 1.1, 0.8)


def case(name, net, shape=SEQUENCE):
    return Case(f"attention {name}", "globalSelfAttention", net, *pair(*shape, key="attention"))


def around(layer, after=None, window=(2,), **options):
    return serial(conv(3, window, b=0.1), relu(), layer, relu(), (after or global_avg_pool)(), dense(1, **options))


def mechanisms():
    for mechanism in ("SOFTMAX", "IDENTITY", "ABS", "RELU"):
        for turn, pos_emb in enumerate(("NONE", "SUM", "CONCAT")):
            layer = attention(w=W, b=0.2 if turn else None, mechanism=mechanism, pos_emb=pos_emb, w_pos_emb=0.7)
            tail = flatten if turn == 1 else global_avg_pool
            yield case(f"{mechanism}, posEmb {pos_emb}", around(layer, tail, parameterization="standard" if turn == 2 else "ntk"))
        for pos_emb in ("SUM", "CONCAT"):
            layer = attention(w=W, b=0.1, mechanism=mechanism, pos_emb=pos_emb, w_pos_emb=0.7, val_pos_emb=True)
            yield case(f"{mechanism}, posEmb {pos_emb}, valPosEmb", around(layer))
    few = attention(w=W, b=0.1, pos_emb="CONCAT", w_pos_emb=0.7, val_pos_emb=True, n_chan_pos_emb=2)
    yield case("SOFTMAX, posEmb CONCAT of two channels, valPosEmb", around(few, flatten))


def root_scaling():
    for pos_emb in ("NONE", "SUM", "CONCAT"):
        for val_pos_emb in (False, True) if pos_emb != "NONE" else (False,):
            options = {"w": W, "b": 0.3 if val_pos_emb else None, "pos_emb": pos_emb, "w_pos_emb": 1.3, "val_pos_emb": val_pos_emb}
            layer = attention(linear_scaling=False, mechanism="IDENTITY", **options)
            suffix = ", valPosEmb" if val_pos_emb else ""
            yield case(f"IDENTITY without linearScaling, posEmb {pos_emb}{suffix}", around(layer))
    decayed = attention(linear_scaling=False, mechanism="IDENTITY", pos_emb="SUM", decay="inverseSquare", b=0.1)
    yield case("IDENTITY without linearScaling, decay", around(decayed, window=(2, 2)), IMAGE)
    yield case("IDENTITY without linearScaling, of the input", serial(attention(linear_scaling=False, mechanism="IDENTITY"), flatten()))


def decays():
    for decay in ("inverse", "inverseSquare", "exponential"):
        for p_norm in (1, 2, 3):
            pos_emb = "CONCAT" if p_norm == 2 else "SUM"
            layer = attention(w=W, pos_emb=pos_emb, decay=decay, p_norm=p_norm, w_pos_emb=1.1, n_chan_pos_emb=4 if p_norm == 2 else None)
            yield case(f"SOFTMAX, posEmb {pos_emb}, decay {decay}, p-norm {p_norm}", around(layer))
    for mechanism in ("IDENTITY", "ABS", "RELU"):
        layer = attention(w=W, b=0.1, mechanism=mechanism, pos_emb="SUM", decay="inverse", val_pos_emb=True)
        yield case(f"{mechanism}, decay, valPosEmb", around(layer, flatten))


def images():
    """One convolution before: the reference holds the axes in reverse order there."""
    for name, options in {
        "SOFTMAX": {},
        "SOFTMAX, posEmb SUM": {"pos_emb": "SUM", "w_pos_emb": 0.8},
        "SOFTMAX, posEmb SUM, decay": {"pos_emb": "SUM", "decay": "inverseSquare", "p_norm": 1},
        "RELU, posEmb CONCAT, decay": {"mechanism": "RELU", "pos_emb": "CONCAT", "decay": "exponential"},
    }.items():
        layer = attention(w=W, b=0.1, **options)
        yield case(f"of images, {name}", around(layer, window=(2, 2)), IMAGE)
    twice = serial(
        conv(3, (2, 1)), relu(), conv(3, (1, 2), b=0.1), relu(), attention(pos_emb="SUM", decay="inverse"), relu(), flatten(), dense(1)
    )
    yield case("of images, two convolutions before", twice, IMAGE)
    inner = serial(
        conv(3, (2, 2)), relu(), attention(b=0.1), conv(2, (2, 2), padding="SAME"), relu(), attention(mechanism="ABS"), flatten()
    )
    yield case("of images, twice", inner, IMAGE)


def places():
    yield case("of the input", serial(attention(w=W, b=0.2), relu(), global_avg_pool(), dense(1)))
    yield case("of the input, posEmb SUM", serial(attention(w=W, b=0.2, pos_emb="SUM"), relu(), flatten(), dense(1)))
    yield case("of all locations", serial(dense(3, 1.1), relu(), attention(w=W, pos_emb="CONCAT", n_chan_pos_emb=1)))
    block = serial(
        residual(attention(3, w=W, b=0.1)), layer_norm(), residual(serial(dense(6, 1.3, 0.1), relu(), dense(3, 1.1, 0.1))), layer_norm()
    )
    yield case("block, with layerNorm", serial(dense(3, 1.2, 0.1), block, block, global_avg_pool(), dense(1)))


def cases():
    for group in (mechanisms, root_scaling, decays, images, places):
        yield from group()
