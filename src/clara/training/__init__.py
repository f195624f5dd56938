"""Three-stage training: compression pretraining, instruction tuning, end-to-end."""

from clara.training.config import TrainConfig, load_config, parse_config
from clara.training.stages import StageResult, train_stage
from clara.training.trainer import TrainProgress

__all__ = ["StageResult", "TrainConfig", "TrainProgress", "load_config", "parse_config", "train_stage"]
