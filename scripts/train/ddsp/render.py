"""Plays random phrases on instruments of a General MIDI sound font and keeps sound, pitch and loudness.

python render.py --font /usr/share/sounds/sf2/FluidR3_GM.sf2 --out /tmp/ddsp/pool --minutes 3
"""
import argparse
import pathlib
import random
import struct
import subprocess

import numpy
import soundfile

from frames import HOP, RATE, loudness_db, refine_pitch

# name: (General MIDI program, lowest, highest note)
INSTRUMENTS = {
    "violin": (40, 55, 93),
    "cello": (42, 36, 72),
    "flute": (73, 60, 93),
    "clarinet": (71, 50, 84),
    "trumpet": (56, 55, 82),
    "alto-saxophone": (65, 49, 80),
}
TICKS = 960  # a second


def variable(value):
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def midi(program, events):
    """A Standard MIDI File of (tick, bytes)."""
    body, now = variable(0) + bytes([0xC0, program]), 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        body += variable(tick - now) + message
        now = tick
    body += variable(TICKS) + b"\xff\x2f\x00"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, TICKS // 2)  # 120 beats a minute
    return head + struct.pack(">4sI", b"MTrk", len(body)) + body


def phrases(low, high, seconds, dice):
    """Notes (start, end, pitch, velocity) and expression over the time."""
    notes, events, at = [], [], 0.2
    pitch = (low + high) // 2
    while at < seconds:
        length = dice.choice([0.15, 0.25, 0.4, 0.6, 1.0, 1.8])
        pitch = min(high, max(low, pitch + dice.choice([-12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12])))
        velocity = dice.randint(45, 120)
        notes.append((at, at + length, pitch, velocity))
        events += [
            (round(at * TICKS), bytes([0x90, pitch, velocity])),
            (round((at + length) * TICKS) - 1, bytes([0x80, pitch, 0])),
        ]
        swell = dice.choice([None, (60, 127), (127, 50), (100, 127)])
        for step in range(8):
            level = 110 if swell is None else round(swell[0] + (swell[1] - swell[0]) * step / 7)
            events.append((round((at + length * step / 8) * TICKS), bytes([0xB0, 11, level])))
        at += length + (0 if dice.random() < 0.7 else dice.choice([0.15, 0.4]))
    return notes, events


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--font", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=3)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, (program, low, high) in INSTRUMENTS.items():
        notes, events = phrases(low, high, 60 * options.minutes, random.Random(name))
        score, sound = options.out / f"{name}.mid", options.out / f"{name}.wav"
        score.write_bytes(midi(program, events))
        subprocess.run(
            ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.6", "-r", str(RATE), "-F", sound]
            + [options.font, score],
            check=True,
        )
        samples = soundfile.read(sound, dtype="float32")[0].mean(axis=1)
        near = numpy.zeros(-(-len(samples) // HOP), dtype=numpy.float32)
        for start, _, pitch, _ in notes:
            near[int(start * RATE / HOP) :] = 440 * 2 ** ((pitch - 69) / 12)
        near[near == 0] = near[near > 0][0]
        numpy.savez(
            options.out / f"{name}.npz",
            samples=samples,
            pitch=refine_pitch(samples, near),
            loudness=loudness_db(samples),
        )
        print(name, f"{len(samples) / RATE:.0f} s", f"peak {abs(samples).max():.2f}", flush=True)


if __name__ == "__main__":
    main()
