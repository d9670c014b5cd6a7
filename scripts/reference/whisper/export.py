"""Writes a transformers Whisper as ONNX in the layout of the `_timestamped` repositories."""

import json
import shutil
import tempfile
from pathlib import Path

from optimum.exporters.onnx import main_export
from optimum.exporters.onnx.base import ConfigBehavior
from optimum.exporters.onnx.model_configs import WhisperOnnxConfig
from transformers import AutoConfig


class TimestampedConfig(WhisperOnnxConfig):
    """Optimum's export with the decoder's cross attention as further outputs."""

    @property
    def outputs(self):
        outputs = super().outputs
        if self._behavior is ConfigBehavior.DECODER:
            for layer in range(self._config.decoder_layers):
                outputs[f"cross_attentions.{layer}"] = {0: "batch_size", 2: "decoder_sequence_length"}
        return outputs


def export(source, target, timestamped=True):
    """`source` holds the model, its tokenizer and its preprocessor_config.json."""
    task = "automatic-speech-recognition-with-past"
    custom = {}
    if timestamped:
        base = TimestampedConfig(AutoConfig.from_pretrained(source), task="automatic-speech-recognition", use_past=True)
        custom = {
            "encoder_model": base.with_behavior("encoder"),
            "decoder_model": base.with_behavior("decoder", use_past=True, use_past_in_inputs=False),
            "decoder_with_past_model": base.with_behavior("decoder", use_past=True, use_past_in_inputs=True),
        }
    frames = 2 * AutoConfig.from_pretrained(source).max_source_positions
    target = Path(target)
    (target / "onnx").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        main_export(
            source, work, task=task, opset=17, do_validation=False, nb_max_frames=frames,
            **(dict(custom_onnx_configs=custom, model_kwargs={"output_attentions": True}) if timestamped else {}),
        )
        for name in ["encoder_model.onnx", "decoder_model_merged.onnx"]:
            shutil.move(f"{work}/{name}", target / "onnx" / name)
    for name in ["tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json", "preprocessor_config.json"]:
        content = json.loads(Path(source, name).read_text())
        (target / name).write_text(json.dumps(content, ensure_ascii=False))
