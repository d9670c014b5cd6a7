"""Builds the pools of the recogniser: real speech with transcripts, synthetic speech with phone times, noise, rooms.

    python prepare.py --data <recordings> --dictionary <cmudict.dict> --out /tmp/pools [--hours 6]

A pool is `<name>.i16` (16 kHz, mono, one clip after the other) with `<name>.jsonl`: offset, samples, text, speaker and, for
synthetic clips, phones as [phone, start, end]. Whole speakers and whole voices are held out.
"""

import argparse
import hashlib
import json
import multiprocessing
import pathlib
import random
import re

import numpy
import soundfile
from scipy.signal import resample_poly

from phones import read_dictionary
from synthesis import SAMPLE_RATE, Espeak, speak_with_flite

SEED = 11
LONGEST_S = 16.5
HELD_SPEAKERS = 14
HELD_DEV = ("1988", "2277")
ESPEAK_ACCENTS = ["en-us"] * 5 + ["en"] * 2 + ["en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan", "en-us-nyc", "en-gb-x-gbcwmd"]
ESPEAK_VARIANTS = (
    "Alex Alicia Andrea Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike Mr adam aunty belinda benjamin boris "
    "caleb david ed edward edward2 f1 f2 f4 f5 grandma grandpa iven iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt3 klatt4 "
    "linda m1 m2 m3 m4 m5 m6 m8 marcelo max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph steph2 "
    "steph3 travis victor zac"
).split()
HELD_VOICES = ["flite:rms", "espeak:en-us+Annie", "espeak:en-us+Andy", "espeak:en-us+f3", "espeak:en+m7"]
FILLERS = ("um", "uh")


def read_audio(path, longest_s=60):
    rate = soundfile.info(path).samplerate
    audio, rate = soundfile.read(path, frames=longest_s * rate, dtype="float32", always_2d=True)
    audio = audio.mean(1)
    if rate != SAMPLE_RATE:
        divisor = numpy.gcd(rate, SAMPLE_RATE)
        audio = resample_poly(audio, SAMPLE_RATE // divisor, rate // divisor).astype(numpy.float32)
    return audio


class Pool:
    def __init__(self, folder, name):
        self.name, self.samples, self.entries = name, 0, []
        self._audio, self._index = open(folder / f"{name}.i16", "wb"), folder / f"{name}.jsonl"

    def add(self, audio, **entry):
        clip = numpy.clip(numpy.round(audio * 32767), -32768, 32767).astype(numpy.int16)
        clip.tofile(self._audio)
        self.entries.append({"offset": self.samples, "samples": len(clip), **entry})
        self.samples += len(clip)

    def close(self):
        self._audio.close()
        self._index.write_text("".join(json.dumps(entry) + "\n" for entry in self.entries))
        print(self.name, len(self.entries), round(self.samples / SAMPLE_RATE / 3600, 2), "h", flush=True)


def real_clips(data):
    """(path, text, speaker) of every transcribed recording; transcripts of the 251 speakers lie in a file of their own."""
    texts = {}
    for line in open(data / "librispeech_tc100_text.jsonl"):
        entry = json.loads(line)
        texts[entry["id"]] = entry["text"]
    for name in ("librispeech_tc100_3spk", "librispeech_tc100_251spk_untranscribed", "librispeech_dev_clean_20spk"):
        for line in open(data / name / "manifest.jsonl"):
            entry = json.loads(line)
            text = entry.get("text") or texts.get(pathlib.Path(entry["file"]).stem)
            if text:
                yield data / name / entry["file"], text.lower(), entry["speaker"].split("-")[-1]


def write_real(data, out, chooser, digest):
    clips = list(real_clips(data))
    counts = {}
    for _, _, speaker in clips:
        counts[speaker] = counts.get(speaker, 0) + 1
    single = sorted(speaker for speaker, count in counts.items() if count == 1)
    held = {*chooser.sample(single, HELD_SPEAKERS), *HELD_DEV}
    train, test = Pool(out, "real"), Pool(out, "real_held")
    for path, text, speaker in clips:
        audio = read_audio(path)
        digest.update(path.name.encode() + audio.tobytes() + text.encode())
        if len(audio) <= LONGEST_S * SAMPLE_RATE or speaker in held:
            (test if speaker in held else train).add(audio, id=path.stem, text=text, speaker=speaker)
    train.close(), test.close()
    return sorted(held)


def sentences(data, chooser, count, words):
    """Pieces of transcripts, 2 to 14 words long, some with a filler; only words of the dictionary."""
    lines = [json.loads(line)["text"].lower().split() for line in open(data / "librispeech_tc100_text.jsonl")]
    found = []
    while len(found) < count:
        line = chooser.choice(lines)
        length = chooser.randint(2, 14)
        start = chooser.randrange(max(1, len(line) - length))
        piece = line[start:start + length]
        if piece and all(word in words for word in piece):
            if chooser.random() < 0.08:
                piece.insert(chooser.randrange(len(piece) + 1), chooser.choice(FILLERS))
            found.append(" ".join(piece))
    return found


_engine = None


def synthesise(job):
    """(voice, text, seed) → (audio, phones, voice, text), or None where a synthesiser fails."""
    global _engine
    voice, text, seed = job
    chooser = random.Random(seed)
    engine, name = voice.split(":")
    try:
        if engine == "flite":
            pitch = {"kal": (75, 170), "kal16": (75, 170), "slt": (140, 240)}.get(name, (80, 160))
            speech = speak_with_flite(text, name, chooser.uniform(0.8, 1.3), chooser.uniform(*pitch))
        else:
            _engine = _engine or Espeak()
            speech = _engine.speak(text, name, chooser.randint(115, 210), chooser.randint(15, 85), chooser.randint(25, 80))
    except Exception:
        return None
    audio = speech.audio
    peak = float(numpy.abs(audio).max()) if len(audio) else 0
    if peak < 0.01 or len(audio) > LONGEST_S * SAMPLE_RATE:
        return None
    phones = [[phone, round(start, 3), round(end, 3)] for phone, start, end in speech.phones]
    return (audio * (0.6 / peak)).astype(numpy.float32), phones, voice, text


def write_synthetic(data, out, chooser, words, hours):
    def voice():
        if chooser.random() < 0.3:
            return "flite:" + chooser.choice(["slt", "slt", "awb", "awb", "kal16", "kal"])
        return f"espeak:{chooser.choice(ESPEAK_ACCENTS)}+{chooser.choice(ESPEAK_VARIANTS)}"

    texts = sentences(data, chooser, int(hours * 3600 / 2.9), words)
    jobs = [(voice(), text, index) for index, text in enumerate(texts)]
    held = sentences(data, chooser, 75, words)
    held_jobs = [(HELD_VOICES[index % len(HELD_VOICES)], text, -index) for index, text in enumerate(held)]
    with multiprocessing.Pool(2) as workers:
        for name, todo in (("synthetic_held", held_jobs), ("synthetic", jobs)):
            pool = Pool(out, name)
            for made in workers.imap(synthesise, todo, chunksize=32):
                if made:
                    pool.add(made[0], text=made[3], speaker=made[2], phones=made[1])
            pool.close()


def write_missing_words(data, out, dictionary):
    """Pronunciations, by espeak-ng, of the transcripts' words that CMUdict lacks: for training targets only."""
    words = {word for _, text, _ in real_clips(data) for word in re.findall(r"[a-z']+", text)}
    engine, lines = Espeak(), []
    for word in sorted(words - dictionary.keys()):
        phones = [phone for phone, _, _ in engine.speak(word, "en-us").phones if phone]
        lines.append(f"{word}  {' '.join(phones)}\n")
    (out / "missing.dict").write_text("".join(lines))
    print("missing words", len(lines), flush=True)


def write_noise(data, out):
    for name, folders in (("noise", ("noise",)), ("rooms", ("rir",))):
        pool = Pool(out, name)
        for folder in folders:
            for path in sorted((data / folder).iterdir()):
                if path.suffix in (".opus", ".ogg", ".flac", ".wav", ".mp3"):
                    try:
                        audio = read_audio(path, 25)
                    except soundfile.LibsndfileError as error:
                        print("left out:", path.name, error, flush=True)
                        continue
                    if name == "rooms":
                        audio = audio[int(numpy.abs(audio).argmax()):][: SAMPLE_RATE // 2]
                    peak = float(numpy.abs(audio).max()) if len(audio) else 0
                    if peak > 1e-4:
                        pool.add(audio * (0.7 / peak), text=path.name, speaker=name)
        pool.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--hours", type=float, default=6)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chooser, digest = random.Random(SEED), hashlib.sha256()
    dictionary = read_dictionary(options.dictionary)
    held = write_real(options.data, options.out, chooser, digest)
    write_noise(options.data, options.out)
    write_missing_words(options.data, options.out, dictionary)
    write_synthetic(options.data, options.out, chooser, dictionary.keys(), options.hours)
    record = {"seed": SEED, "dataSha256": digest.hexdigest(), "speakersHeldOut": held, "voicesHeldOut": HELD_VOICES,
              "syntheticHours": options.hours}
    (options.out / "record.json").write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
