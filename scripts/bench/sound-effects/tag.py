"""What YAMNet hears in rendered effects: the rank of the asked class among its 521, by the mean of its scores over time,
and the median of that over the seeds.

Needs numpy and ai-edge-litert, YAMNet with spectra as its input (google-coral/coralmicro, models/yamnet_spectra_in.tflite)
and its class map (tensorflow/models, research/audioset/yamnet/yamnet_class_map.csv). It measures only: nothing is trained.

  npm run bench -- sound-effects render <folder>
  python scripts/bench/sound-effects/tag.py <folder> yamnet_spectra_in.tflite yamnet_class_map.csv
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

expected = json.loads((Path(__file__).parent / 'expected-classes.json').read_text())


def mel_matrix() -> np.ndarray:
    mel = lambda hz: 1127.0 * np.log1p(hz / 700.0)
    edges = np.linspace(mel(125.0), mel(7500.0), 66)
    bins = mel(np.arange(257) * 16000 / 512)[:, None]
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)))
    weights[0] = 0
    return weights


def to_16k(samples: np.ndarray) -> np.ndarray:
    length = len(samples) - len(samples) % 3
    spectrum = np.fft.rfft(samples[:length])
    return np.fft.irfft(spectrum[: length // 6 + 1], length // 3) / 3


def patches(samples: np.ndarray) -> np.ndarray:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    samples = np.pad(samples, (0, max(0, 15600 - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, 400)[::160]
    spectra = np.abs(np.fft.rfft(frames * window, 512))
    features = np.log(spectra @ mel_matrix() + 0.001).astype(np.float32)
    return np.stack([features[at : at + 96] for at in range(0, len(features) - 95, 48)])


def main() -> None:
    folder, model, class_map = sys.argv[1:4]
    names = [row['display_name'] for row in csv.DictReader(open(class_map))]
    interpreter = Interpreter(model, num_threads=1)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]['index']
    result = interpreter.get_output_details()[0]['index']
    takes = {}
    for file in sorted(Path(folder).glob('*@*.f32')):
        takes.setdefault(file.stem.split('@')[0], []).append(file)
    ranks = {}
    for stem, files in takes.items():
        wanted = expected.get(stem)
        if wanted is None:
            continue
        unknown = [name for name in wanted if name not in names]
        assert not unknown, unknown
        means = []
        for file in files:
            scores = []
            for patch in patches(to_16k(np.fromfile(file, dtype='<f4').astype(np.float64))):
                interpreter.set_tensor(source, patch[None])
                interpreter.invoke()
                scores.append(interpreter.get_tensor(result)[0].copy())
            means.append(np.mean(scores, axis=0))
        found = [min(int((mean > mean[names.index(name)]).sum()) for name in wanted) + 1 for mean in means]
        ranks[stem] = int(np.median(found))
        mean = np.mean(means, axis=0)
        heard = ', '.join(f'{names[index]} {mean[index]:.2f}' for index in np.argsort(-mean)[:5])
        print(f'{stem:<24} {ranks[stem]:>4} {str(found):<18} {wanted[0]:<28} heard: {heard}')
    ids = {stem.split('.')[0]: [] for stem in ranks}
    for stem, rank in ranks.items():
        ids[stem.split('.')[0]].append(rank)
    for limit in (1, 5, 10):
        sounds = sum(rank <= limit for rank in ranks.values())
        effects = sum(ranks.get(name, min(found)) <= limit for name, found in ids.items())
        print(f'in the first {limit}: {sounds} of {len(ranks)} sounds, {effects} of {len(ids)} effects')


main()
