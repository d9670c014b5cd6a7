"""Builds the training pools: 48 kHz mono int16 arrays of clean speech and of noise, for training and validation.

    python prepare.py --data <folder with librispeech_*, noise, soundfx, rir> --out <pool folder> [--seed 7]

The split holds out whole speakers and whole noise recordings. The data's hash is written beside the pools.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess

import numpy as np
from scipy.signal import fftconvolve, resample_poly

import noises
from noises import SAMPLE_RATE_HZ, unit

HELD_OUT_NOISE = ("blanket_city", "precise_bg_0006", "precise_bg_0007", "sonicpi_vinyl_hiss", "sonicpi_ambi_sauna")
HELD_OUT_SPEAKERS = 18
NOT_NOISE = ("sonicpi_ambi_choir", "sonicpi_ambi_piano")
ROOMS = ("cardiod", "omni", "kitchen", "binaural", "tim-warehouse", "super-ceiling", "spreader50")
AUDIO = (".flac", ".opus", ".ogg", ".mp3", ".wav")


def read(path, rate=SAMPLE_RATE_HZ):
    """Mono float32, by the ffmpeg on PATH."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(rate), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32).copy()


def read_librispeech(path):
    """LibriSpeech at 48 kHz. The recordings end at 8 kHz; what an Opus decoder makes up above that is cut off."""
    return resample_poly(read(path, 16000), 3, 1).astype(np.float32)


def is_narrow(samples):
    """Whether nothing lives above 8.5 kHz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    split = int(8500 / (SAMPLE_RATE_HZ / 2) * len(power))
    return power[split:].sum() < 1e-5 * power.sum()


def extend_band(samples, rng, speech):
    """Gives a 16 kHz recording a plausible 8–24 kHz: noise shaped in time by the energy of 5–7.6 kHz and falling
    with a random slope, as breath and sibilants do. Without it the network would learn that nothing lives up there.
    """
    size, hop = 512, 256
    window = np.sqrt(np.hanning(size + 1)[:size])
    padded = np.pad(samples, (size, size + (-len(samples)) % hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    frequency = np.arange(size // 2 + 1) * SAMPLE_RATE_HZ / size
    driver = power[:, (frequency > 5000) & (frequency < 7600)].mean(axis=1)
    if speech:
        driver = np.maximum(driver - 2 * np.percentile(driver, 15), 0)
    slope_db = rng.uniform(1.2, 4.0) if speech else rng.uniform(0.3, 3.0)
    shape = 10 ** (-(slope_db * np.maximum(frequency - 7000, 0) / 1000 + rng.uniform(-3, 5)) / 20)
    shape *= np.clip((frequency - 7600) / 300, 0, 1)
    spectrum = np.fft.rfft(rng.standard_normal(frames.shape) * window, axis=1) / np.sqrt((window**2).sum())
    high = np.fft.irfft(spectrum * shape * np.sqrt(driver)[:, None], axis=1) * window
    out = np.zeros(len(padded) + size)
    for parity in (0, 1):
        part = high[parity::2].reshape(-1)
        out[parity * hop : parity * hop + len(part)] += part
    return samples + out[size : size + len(samples)].astype(np.float32)


def room_response(rooms, rng):
    if rng.random() < 0.5:
        response = rooms[rng.integers(len(rooms))]
    else:
        count = int(rng.uniform(0.12, 0.7) * SAMPLE_RATE_HZ)
        response = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count) * rng.uniform(0.003, 0.03)
        response[0] = 1
    return response


def to_int16(samples, peak=0.9):
    return np.round(samples / (np.abs(samples).max() + 1e-9) * peak * 32767).astype(np.int16)


def build_speech(paths, rooms, rng):
    clips = []
    for path in paths:
        samples = read_librispeech(path)
        samples = extend_band(samples - samples.mean(), rng, speech=True)
        clips.append(to_int16(samples))
        if rng.random() < 0.35:
            wet = fftconvolve(samples, room_response(rooms, rng))[: len(samples)]
            clips.append(to_int16(wet))
    return clips


def build_real_noise(paths, rng):
    clips = []
    for path in paths:
        samples = read(path)
        if len(samples) < 4800 or np.abs(samples).max() < 1e-4:
            continue
        if is_narrow(samples):
            samples = extend_band(samples, rng, speech=False)
        while len(samples) < 5 * SAMPLE_RATE_HZ:
            gap = np.zeros(int(rng.uniform(0, 0.5) * SAMPLE_RATE_HZ) if "soundfx" in str(path) else 0, np.float32)
            samples = np.concatenate([samples, gap, samples])
        clips.append(to_int16(samples))
        # A second copy at another speed: a different machine, another room.
        factor = int(rng.integers(75, 135))
        clips.append(to_int16(resample_poly(samples, 100, factor)))
    return clips


def build_synthetic_noise(per_kind, seconds, rng):
    count = seconds * SAMPLE_RATE_HZ
    return [to_int16(unit(make(count, rng))) for make in noises.KINDS.values() for _ in range(per_kind)]


def build_babble(speech, count, rng):
    """Many voices at once, blurred by a room; few voices would teach the network to remove speech."""
    clips, length = [], 10 * SAMPLE_RATE_HZ
    for _ in range(count):
        total = np.zeros(length)
        for _ in range(rng.integers(4, 12)):
            voice = np.concatenate([speech[rng.integers(len(speech))] for _ in range(3)]).astype(np.float64)
            start = rng.integers(0, max(1, len(voice) - length))
            voice = voice[start : start + length]
            total[: len(voice)] += unit(voice) * rng.uniform(0.3, 1)
        decay = int(rng.uniform(0.2, 0.9) * SAMPLE_RATE_HZ)
        tail = rng.standard_normal(decay) * np.exp(-6.9 * np.arange(decay) / decay) * 0.02
        tail[0] = rng.uniform(0.2, 1)
        total = unit(fftconvolve(total, tail)[:length])
        total += unit(noises.broadband(length, rng)) * rng.uniform(0, 0.4)
        if rng.random() < 0.5:
            total += noises.clatter(length, rng) * rng.uniform(0, 1.5)
        clips.append(to_int16(total))
    return clips


def save(folder, name, clips):
    ends = np.cumsum([len(clip) for clip in clips])
    np.save(folder / f"{name}.npy", np.concatenate(clips))
    np.save(folder / f"{name}.ends.npy", ends)
    print(f"{name}: {len(clips)} clips, {ends[-1] / SAMPLE_RATE_HZ / 60:.1f} minutes", flush=True)


def listed(root, folder):
    return sorted(path for path in (root / folder).iterdir() if path.suffix in AUDIO)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)

    many = listed(options.data, "librispeech_tc100_251spk_untranscribed")
    few = listed(options.data, "librispeech_tc100_3spk")
    recorded = [p for p in listed(options.data, "noise") if not p.stem.startswith(NOT_NOISE)]
    effects = listed(options.data, "soundfx")
    room_files = [p for p in listed(options.data, "rir") if p.stem.startswith(ROOMS)]
    digest = hashlib.sha256()
    for path in [*many, *few, *recorded, *effects, *room_files]:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())

    rooms = []
    for path in room_files:
        response = read(path)
        response = response[int(np.abs(response).argmax()) :][: 2 * SAMPLE_RATE_HZ]
        rooms.append(response / (np.abs(response).max() + 1e-9))
    order = rng.permutation(len(many))
    held = [many[i] for i in order[:HELD_OUT_SPEAKERS]]
    kept = [many[i] for i in order[HELD_OUT_SPEAKERS:]]
    speech = build_speech([*kept, *few[::2]], rooms, rng)
    save(options.out, "speech.train", speech)
    speech_valid = build_speech(held, rooms, rng)
    save(options.out, "speech.valid", speech_valid)

    train_noise = [p for p in recorded if p.stem not in HELD_OUT_NOISE] + effects
    valid_noise = [p for p in recorded if p.stem in HELD_OUT_NOISE]
    save(options.out, "noise-real.train", build_real_noise(train_noise, rng))
    save(options.out, "noise-synthetic.train", build_synthetic_noise(24, 12, rng))
    save(options.out, "noise-babble.train", build_babble(speech, 100, rng))
    save(options.out, "noise-real.valid", build_real_noise(valid_noise, rng))
    save(options.out, "noise-synthetic.valid", build_synthetic_noise(1, 10, rng))
    save(options.out, "noise-babble.valid", build_babble(speech_valid, 6, rng))
    (options.out / "pools.json").write_text(
        json.dumps({"seed": options.seed, "dataSha256": digest.hexdigest(), "speakersHeldOut": [p.name for p in held]})
    )


if __name__ == "__main__":
    main()
