"""Writes the training pool: synthetic speech by flite with exact phone times, recordings aligned by pocketsphinx.

    python prepare.py --text <sentences.txt> --dictionary <cmudict.dict> --recordings <librispeech_tc100_3spk> \
        --aligner <pocketsphinx models> --out /tmp/pool --flite slt=1.0 --flite rms=0.8

The pool is one folder per speaker: `audio.i16` (22.05 kHz), `mels.f16` (frames of 80), `clips.jsonl` with
`{text, start, frames, symbols, durations, pitch}`: `start` in frames, durations in frames per symbol, pitch as log Hz per symbol.
`--flite voice=hours`. Sentences hold known words only; every 50th sentence is held out for measuring.
"""

import argparse
import hashlib
import json
import multiprocessing
import pathlib
import random
import re
import subprocess
import tempfile

import numpy
import soundfile
from scipy.signal import resample_poly

from mels import HOP, SAMPLE_RATE, mel_of
from pitch import pitch_of
from symbols import END, PUNCTUATION, SILENCE, bare, read_dictionary, with_stress

SOURCE_RATE = 16000
LONGEST_SILENCE = 0.18
PITCH_RANGE = {"slt": (100, 340), "rms": (50, 200), "awb": (70, 260), "19": (100, 400), "26": (65, 280), "27": (60, 260)}


def sentences(path, dictionary):
    """Short sentences of plain words in a fixed random order, as (text, words)."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not re.fullmatch(r"[A-Za-z' ,]+[.?!]", line):
            continue
        words = re.findall(r"[a-z']+", line.lower())
        if 3 <= len(words) <= 13 and all(word in dictionary for word in words):
            found.append((line, words))
    found = sorted(set((text, tuple(words)) for text, words in found))
    random.Random(5).shuffle(found)
    return found


def speak(job):
    """One sentence by flite: text, symbols, end of every symbol in seconds, samples at 16 kHz."""
    text, words, voice, pronunciations = job
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/speech.wav"
        command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", path]
        printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        audio, rate = soundfile.read(path, dtype="float32")
    if rate != SOURCE_RATE:
        return None
    names = [field.split(":")[0] for field in printed.split()]
    ends = [float(field.split(":")[1]) for field in printed.split()]
    spoken = [name.upper() for name in names if name != "pau"]
    if not spoken or names[0] != "pau" or names[-1] != "pau":
        return None
    stressed, cost = with_stress(spoken, [phone for word in pronunciations for phone in word])
    if cost > 2 + 0.12 * len(spoken):
        return None
    commas = text.count(",")
    pauses = names[1:-1].count("pau")
    symbols, phones, inner = [], iter(stressed), 0
    for index, name in enumerate(names):
        if name != "pau":
            symbols.append(next(phones))
        elif index == 0:
            symbols.append(SILENCE)
        elif index == len(names) - 1:
            symbols.append(text[-1] if text[-1] in PUNCTUATION else ".")
        else:
            symbols.append("," if commas == pauses else SILENCE)
            inner += 1
    return text, symbols, ends, audio


def aligned_recordings(folder, models, dictionary):
    """Phrases of the recordings, as `speak` returns them, by speaker."""
    from pocketsphinx import Decoder

    decoder = Decoder(hmm=str(models / "en-us/en-us"), dict=str(models / "en-us/cmudict-en-us.dict"), lm=None, loglevel="FATAL")
    result = {}
    for line in (folder / "manifest.jsonl").read_text().splitlines():
        entry = json.loads(line)
        words = entry["text"].lower().split()
        if any(word not in dictionary for word in words):
            continue
        for word in set(words):
            if decoder.lookup_word(word) is None:
                decoder.add_word(word, " ".join(bare(phone) for phone in dictionary[word][0]), True)
        audio, rate = soundfile.read(folder / entry["file"], dtype="int16")
        samples = audio.tobytes()
        try:
            decoder.set_align_text(" ".join(words))
            for second in (False, True):
                if second:
                    decoder.set_alignment()
                decoder.start_utt()
                decoder.process_raw(samples, full_utt=True)
                decoder.end_utt()
            alignment = [(word.name, [(phone.name, phone.start / 100, (phone.start + phone.duration) / 100) for phone in word])
                         for word in decoder.get_alignment()]
        except RuntimeError:
            continue
        speaker = entry["speaker"].split("-")[1]
        result.setdefault(speaker, []).extend(phrases_of(alignment, audio.astype(numpy.float32) / 32768, dictionary))
    return result


def phrases_of(alignment, audio, dictionary):
    """Cuts an utterance at its pauses into phrases of up to six seconds."""
    items = []
    for name, phones in alignment:
        word = re.sub(r"\(\d+\)$", "", name)
        if word in ("<s>", "</s>", "<sil>") or word.startswith("[") or word.startswith("+"):
            items.append((None, phones[0][1], phones[-1][2], None))
            continue
        spoken = [phone[0] for phone in phones]
        fitting = [entry for entry in dictionary[word] if [bare(phone) for phone in entry] == spoken]
        stressed = fitting[0] if fitting else with_stress(spoken, dictionary[word][0])[0]
        items.append((word, phones[0][1], phones[-1][2], list(zip(stressed, [phone[2] for phone in phones]))))
    breaks = [index for index, item in enumerate(items) if item[0] is None and item[2] - item[1] >= 0.1]
    phrases, begin = [], None
    for index in breaks:
        if begin is not None and index > begin + 1:
            start, end = items[begin][2], items[index][1]
            following = [later for later in breaks if later > index]
            more = following and items[following[0]][1] - start < 6 and end - start < 2.5
            if more:
                continue
            if 0.5 < end - start < 7:
                phrases.append(_phrase(items, begin, index, audio))
        begin = index
    return phrases


def _phrase(items, begin, last, audio):
    start = max(items[begin][1], items[begin][2] - LONGEST_SILENCE)
    stop = min(items[last][2], items[last][1] + LONGEST_SILENCE)
    symbols, ends, words = [SILENCE], [items[begin][2] - start], []
    for word, left, right, phones in items[begin + 1:last]:
        if word is None:
            if right - left >= 0.05:
                symbols.append("," if right - left >= 0.2 else SILENCE)
                ends.append(right - start)
            else:
                ends[-1] = right - start
            continue
        words.append(word)
        for phone, end in phones:
            symbols.append(phone)
            ends.append(end - start)
    symbols.append("." if stop - items[last][1] >= 0.12 else ",")
    ends.append(stop - start)
    return " ".join(words), symbols, ends, audio[int(start * SOURCE_RATE):int(stop * SOURCE_RATE)]


class Pool:
    """One speaker's clips, written as they come."""

    def __init__(self, folder, voice):
        folder.mkdir(parents=True, exist_ok=True)
        self.audio, self.mels = open(folder / "audio.i16", "wb"), open(folder / "mels.f16", "wb")
        self.clips = open(folder / "clips.jsonl", "w")
        self.start, self.range = 0, PITCH_RANGE.get(voice, (60, 400))

    def add(self, text, symbols, ends, audio, held):
        last = ends[-1]
        if symbols[-1] != END and len(ends) > 1:
            last = min(last, ends[-2] + LONGEST_SILENCE)
        skipped = max(0.0, ends[0] - LONGEST_SILENCE)
        audio = audio[int(skipped * SOURCE_RATE):int(last * SOURCE_RATE)]
        audio = resample_poly(audio, 441, 320).astype(numpy.float32)
        frames = len(audio) // HOP
        bounds = [min(frames, round((min(end, last) - skipped) * SAMPLE_RATE / HOP)) for end in ends]
        bounds[-1] = frames
        durations = numpy.diff([0, *bounds]).tolist()
        if frames < 30 or min(durations) < 0 or max(durations) > 80:
            return 0
        audio = audio[:frames * HOP]
        audio = audio * numpy.float32(0.95 / max(0.95, numpy.abs(audio).max()))
        pitch = pitch_of(audio, *self.range)
        voiced = numpy.flatnonzero(pitch)
        if len(voiced) < 5:
            return 0
        smooth = numpy.interp(numpy.arange(frames), voiced, numpy.log(pitch[voiced]))
        starts = numpy.concatenate([[0], bounds[:-1]]).astype(int)
        symbol_pitch = [float(smooth[start:max(start + 1, end)].mean()) if start < frames else float(smooth[-1])
                        for start, end in zip(starts, bounds)]
        voicing = [float((pitch[start:max(start + 1, end)] > 0).mean()) if start < frames else 0.0
                   for start, end in zip(starts, bounds)]
        self.audio.write((audio * 32767).astype(numpy.int16).tobytes())
        self.mels.write(mel_of(audio).numpy().T.astype(numpy.float16).tobytes())
        self.clips.write(json.dumps({
            "text": text, "start": self.start, "frames": frames, "symbols": [*symbols, END], "durations": [*durations, 0],
            "symbolPitch": [round(value, 4) for value in [*symbol_pitch, symbol_pitch[-1]]],
            "voicing": [round(value, 2) for value in [*voicing, 0.0]], "pitch": [round(float(value), 1) for value in pitch],
            "held": held}) + "\n")
        self.start += frames
        return frames * HOP / SAMPLE_RATE

    def close(self):
        for file in (self.audio, self.mels, self.clips):
            file.close()


def write_record(folder):
    """What the whole pool holds, whichever runs put it there."""
    digest, hours = hashlib.sha256(), {}
    for path in sorted(folder.glob("*/audio.i16")):
        digest.update(path.read_bytes())
        hours[path.parent.name] = round(path.stat().st_size / 2 / SAMPLE_RATE / 3600, 3)
    (folder / "record.json").write_text(json.dumps({"hours": hours, "dataSha256": digest.hexdigest()}, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=pathlib.Path)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--flite", action="append", default=[], help="voice=hours")
    parser.add_argument("--recordings", type=pathlib.Path)
    parser.add_argument("--aligner", type=pathlib.Path)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    dictionary = read_dictionary(options.dictionary)
    options.out.mkdir(parents=True, exist_ok=True)
    known = sentences(options.text, dictionary) if options.flite else []
    position = 0
    for choice in options.flite:
        voice, hours = choice.split("=")
        pool, seconds, chosen = Pool(options.out / voice, voice), 0.0, 0
        jobs = ((text, words, voice, [dictionary[word][0] for word in words]) for text, words in known[position:])
        with multiprocessing.Pool(options.processes) as workers:
            for spoken in workers.imap(speak, jobs, chunksize=8):
                position, chosen = position + 1, chosen + 1
                if spoken:
                    seconds += pool.add(*spoken, chosen % 50 == 0)
                if seconds > float(hours) * 3600:
                    workers.terminate()
                    break
        pool.close()
        print(voice, chosen, "sentences", round(seconds / 3600, 2), "hours", flush=True)
    if options.recordings:
        for speaker, phrases in sorted(aligned_recordings(options.recordings, options.aligner, dictionary).items()):
            pool = Pool(options.out / speaker, speaker)
            seconds = sum(pool.add(*phrase, index % 50 == 49) for index, phrase in enumerate(phrases))
            pool.close()
            print(speaker, len(phrases), "phrases", round(seconds / 3600, 2), "hours", flush=True)
    write_record(options.out)


if __name__ == "__main__":
    main()
