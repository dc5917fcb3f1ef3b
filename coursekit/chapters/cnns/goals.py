"""What to reach with the sliders of this chapter's figures."""

from typing import Any

from coursekit.exercises.goal import goal


def _sees_enough(state: Any, frame: Any) -> str:
    if state.kernel != 3 or state.layers > 3:
        return "Keep the kernels at 3 × 3 and use three layers at most: stride and pooling are yours."
    if not frame.fits:
        return f"Its field of {frame.fields[-1]} × {frame.fields[-1]} pixels is larger than the photograph."
    if frame.fields[-1] < 15:
        return f"A unit sees {frame.fields[-1]} × {frame.fields[-1]} pixels. What lets the second layer count for more?"
    return ""


goal(
    __name__,
    "receptive_field",
    task="With three layers of 3 × 3 at most, 27 C² weights, let a unit see at least 15 × 15 pixels.",
    missing=_sees_enough,
    takeaway="Stride 2 gives 15 × 15, pooling by 2 between the layers 18 × 18: once neighbours are further apart, "
    "every later layer counts for more pixels. One layer of 15 × 15 would have 225 C² weights.",
)


def _lighter(state: Any, frame: Any) -> str:
    as_vgg = (state.network, state.side, state.blocks, state.filters, state.kernel, state.pool) == (
        "own",
        224,
        5,
        64,
        3,
        2,
    )
    if not as_vgg or state.convolutions != "2, from block 3 on 3":
        return (
            "Leave the image at 224 pixels and the thirteen convolutions as they are (press VGG-16 to get them back)."
        )
    if frame.totals[0] >= 40e6:
        return f"{frame.totals[0] / 1e6:.0f} million parameters. Where are most of them?"
    return ""


goal(
    __name__,
    "cost_table",
    task="Bring VGG-16 under 40 million parameters without touching its convolutions or its image.",
    missing=_lighter,
    takeaway="The convolutions have 14.7 million. Each unit of the first linear layer has 25,088 weights, one for "
    "each of 512 × 7 × 7 numbers; from ResNet on, a mean over each map leaves 2,048 or fewer.",
)
