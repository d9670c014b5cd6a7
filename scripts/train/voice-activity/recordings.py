"""Reading recordings and keeping pools of them: 16 kHz mono int16 arrays with the end of every clip."""

import hashlib
import subprocess

import numpy as np
from scipy.signal import resample_poly

RATE = 16000
AUDIO = (".flac", ".opus", ".ogg", ".mp3", ".wav")
HELD_OUT_NOISE = ("blanket_city", "precise_bg_0006", "precise_bg_0007", "sonicpi_vinyl_hiss", "sonicpi_ambi_sauna")
WITH_VOICES = ("sonicpi_ambi_choir", "laugh")
ROOMS = ("cardiod", "omni", "kitchen", "binaural", "tim-warehouse", "super-ceiling", "spreader50")


def read(path):
    """Mono float32, by the ffmpeg on PATH."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.float32).copy()


def to_int16(samples, peak=0.9):
    return np.round(samples / (np.abs(samples).max() + 1e-9) * peak * 32767).astype(np.int16)


def room_response(rooms, rng):
    if rng.random() < 0.5:
        return rooms[rng.integers(len(rooms))]
    count = int(rng.uniform(0.12, 0.8) * RATE)
    response = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count) * rng.uniform(0.003, 0.03)
    response[0] = 1
    return response


def build_noise(paths, rng, copies):
    clips = []
    for path in paths:
        samples = read(path)
        if len(samples) < 1600 or np.abs(samples).max() < 1e-4:
            continue
        for copy in range(copies):
            one = samples if copy == 0 else resample_poly(samples, 100, int(rng.integers(70, 140)))
            while len(one) < 5 * RATE:
                gap = np.zeros(int(rng.uniform(0, 0.8) * RATE) if "soundfx" in str(path) else 0, np.float32)
                one = np.concatenate([one, gap, one])
            clips.append(to_int16(one))
    return clips


def save(folder, name, clips, labels=None):
    ends = np.cumsum([len(clip) for clip in clips])
    np.save(folder / f"{name}.npy", np.concatenate(clips))
    np.save(folder / f"{name}.ends.npy", ends)
    if labels is not None:
        np.save(folder / f"{name}.labels.npy", np.concatenate(labels))
        print(f"{name}: {np.concatenate(labels).mean():.3f} speech")
    print(f"{name}: {len(clips)} clips, {ends[-1] / RATE / 60:.1f} minutes", flush=True)


def listed(root, folder):
    return sorted(path for path in (root / folder).iterdir() if path.suffix in AUDIO)


def read_rooms(paths):
    """Impulse responses from their peak on."""
    rooms = []
    for path in paths:
        response = read(path)
        response = response[int(np.abs(response).argmax()) :][: 2 * RATE]
        rooms.append(response / (np.abs(response).max() + 1e-9))
    return rooms


def digest_of(paths):
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Pool:
    """A memory-mapped pool of mel powers (mels.py) that hands out crops of single clips."""

    def __init__(self, folder, name):
        self.mels = np.load(folder / f"{name}.mels.npy", mmap_mode="r")
        self.ends = np.load(folder / f"{name}.mel-ends.npy")
        labels = folder / f"{name}.labels.npy"
        self.labels = np.load(labels) if labels.exists() else None

    def bounds(self, index):
        return (0 if index == 0 else int(self.ends[index - 1])), int(self.ends[index])

    def crop(self, frames, rng, index=None):
        """A looped stretch [frames, bands] of one clip, of unit mean power."""
        start, end = self.bounds(rng.integers(len(self.ends)) if index is None else index)
        places = start + (int(rng.integers(0, end - start)) + np.arange(frames)) % (end - start)
        mels = self.mels[places]
        return mels / (mels.sum(1).mean() + 1e-9)
