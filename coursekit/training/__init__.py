"""Training: a generator of rows that can be watched, paused, stopped and resumed."""

from coursekit.training.callbacks import Adversarial, ClipNorm, ClipValue, EarlyStopping, NaNWatch, Penalty, Schedule
from coursekit.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from coursekit.training.fit import Rows, evaluate, fit
from coursekit.training.lr_range import RangeTest, lr_range_test
from coursekit.training.run import Callback, Data, Row, Run
from coursekit.training.train import Course, train

__all__ = [
    "Adversarial",
    "Callback",
    "Checkpoint",
    "ClipNorm",
    "ClipValue",
    "Course",
    "Data",
    "EarlyStopping",
    "NaNWatch",
    "Penalty",
    "RangeTest",
    "Row",
    "Rows",
    "Run",
    "Schedule",
    "evaluate",
    "fit",
    "load_checkpoint",
    "lr_range_test",
    "save_checkpoint",
    "train",
]
