"""The terms that are new in this chapter."""

from coursekit.terms import new_terms

new_terms(
    __name__,
    {
        "filter": (
            "a small block of weights that is laid on every place of an image, to find the same thing everywhere."
        ),
        "window": "the patch of an image on which a filter lies.",
        "kernel": "the weights of a filter for one channel, a matrix.",
        "channel": (
            "one of the sheets that make up an image, such as its red part, and behind a layer one of its feature maps."
        ),
        "stride": "by how many pixels a filter moves on from place to place.",
        "padding": "what is laid around an image before the filter starts, usually zeros.",
        "Hadamard product": "the product of two matrices of the same shape, element by element.",
        "feature map": (
            "the output of one filter at all its places, which shows where the filter has found its pattern."
        ),
        "cross-correlation": "what a convolutional layer computes, window times kernel, with the kernel as it is.",
        "convolution": (
            "in mathematics a cross-correlation with the kernel turned by 180°, and in deep learning the usual name "
            "for either."
        ),
        "equivariance": "the property that a feature map moves along when the image moves.",
        "invariant": "said of an output that stays the same when the image moves or is changed in some other way.",
        "locally connected": (
            "said of a layer whose units see small windows, as in a convolution, but with weights of their own at "
            "every place."
        ),
        "pooling": "to make a feature map smaller by the maximum or the mean of each window.",
        "receptive field": "the patch of the input that can change a unit.",
        "depthwise": (
            "said of a convolution in which each channel has one flat filter of its own, and channels are not mixed."
        ),
        "dilation": "how far apart the weights of a filter lie, so that a few of them cover a larger window.",
        "fully connected": "said of a layer in which each unit reads all inputs.",
        "multiply–adds": (
            "how often a network multiplies two numbers and adds the product to a sum, the usual measure of its work."
        ),
        "validation": (
            "the part of the data that shows during training how well the network does on samples it does not learn "
            "from."
        ),
    },
)
