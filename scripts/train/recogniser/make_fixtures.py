"""Writes the small synthetic evaluation set of the product's tests: clips whose words and times are known exactly.

    python make_fixtures.py --dictionary <cmudict.dict> --out ../../../test/fixtures/speech

Voices: flite `rms` and the espeak-ng variants Annie, Andy, f3, m7, which the recogniser never hears in training.
Times come from the synthesisers. Clips are assembled from parts: a text, or a pause in seconds.
"""

import argparse
import json
import pathlib
import re

import numpy
import soundfile

from phones import read_dictionary
from synthesis import SAMPLE_RATE, Espeak, speak_with_flite

CLIPS = [
    ("weather", "flite:rms", ["the weather was cold and the wind came from the north all day"], ["sentence"]),
    ("letter", "espeak:en-us+Annie", ["she wrote a long letter to her brother and left it on the table"], ["sentence"]),
    ("station", "espeak:en-us+Andy", ["we will meet you at the station in the morning before the train leaves"], ["sentence"]),
    ("garden", "espeak:en-us+f3", ["the children played in the garden until it was too dark to see"], ["sentence"]),
    ("history", "espeak:en+m7", ["nobody knows how old the bridge is or who built the first road"], ["sentence"]),
    ("numbers", "flite:rms", ["one two three four five six seven eight nine ten"], ["numbers"]),
    ("coffee", "flite:rms",
     ["i would like a cup of coffee", 0.6, "this coffee is too cold", 0.6, "please bring me another coffee"], ["keywords"]),
    ("password", "espeak:en-us+Annie",
     ["my password is on the paper", 0.7, "never tell the password to a stranger", 0.7, "i will change the password today"],
     ["keywords"]),
    ("fillers", "flite:rms",
     ["um", 0.25, "i think we should uh wait until tomorrow", 0.4, "um", 0.3, "and then we can begin"], ["fillers"]),
    ("hesitant", "espeak:en-us+Andy",
     ["well", 0.3, "uh", 0.35, "the answer is not so simple", 0.5, "um", 0.3, "let me explain"], ["fillers"]),
    ("pauses", "flite:rms",
     ["this is the first part", 2.5, "this is the second part", 3.0, "and this is the end"], ["pauses"]),
    ("silence", "espeak:en-us+f3", [2.0, "please wait a moment", 2.2, "thank you for waiting", 1.5], ["pauses"]),
]
DIALOGUE = ("dialogue", ["dialogue"], [
    ("A", "flite:rms", "good morning how can i help you"),
    ("B", "espeak:en-us+f3", "i am looking for a book about the history of music"),
    ("A", "flite:rms", "we have three of them on the second floor"),
    ("B", "espeak:en-us+f3", "thank you very much is the house open tomorrow"),
    ("A", "flite:rms", "yes we open at nine and close at six"),
    ("B", "espeak:en-us+f3", "then i will come back with my sister"),
])
EDGE_S, TURN_GAP_S, LEVEL, FLOOR = 0.3, 0.45, 0.16, 2e-4


class Clip:
    """A clip under construction: sounds one after the other, words with their times."""

    def __init__(self):
        self.parts, self.words, self.length = [], [], 0

    def silence(self, seconds):
        count = round(seconds * SAMPLE_RATE)
        self.parts.append(numpy.zeros(count, numpy.float32))
        self.length += count

    def speech(self, speech):
        """Adds the sounding part only, so that pauses are as long as asked."""
        first = max(0, round(speech.words[0][1] * SAMPLE_RATE))
        last = min(len(speech.audio), round(speech.words[-1][2] * SAMPLE_RATE))
        audio = speech.audio[first:last]
        audio = audio * (LEVEL / max(1e-6, float(numpy.sqrt(numpy.mean(audio**2)))))
        fade = numpy.minimum(1, numpy.arange(len(audio)) / 48)
        start, end = self.length / SAMPLE_RATE, (self.length + len(audio)) / SAMPLE_RATE
        words = []
        for word, word_start, word_end in speech.words:
            offset = start - first / SAMPLE_RATE
            words.append({"word": word.lower(), "start": round(word_start + offset, 3),
                          "end": round(min(word_end + offset, end), 3)})
        self.parts.append((audio * fade * fade[::-1]).astype(numpy.float32))
        self.length += len(audio)
        self.words += words
        return words


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    dictionary = read_dictionary(options.dictionary)
    espeak = Espeak()
    noise = numpy.random.default_rng(5)

    def say(voice, text):
        engine, name = voice.split(":")
        if engine == "flite":
            return speak_with_flite(text, name, dictionary=dictionary)
        return espeak.speak(text, name, words_per_minute=150, dictionary=dictionary)

    def write(name, clip, entry):
        audio = numpy.concatenate(clip.parts) + noise.normal(0, FLOOR, clip.length).astype(numpy.float32)
        audio *= min(1, 0.9 / float(numpy.abs(audio).max()))
        file = f"{name}.opus"
        soundfile.write(options.out / file, audio, SAMPLE_RATE, format="OGG", subtype="OPUS", compression_level=0.9)
        seconds = round(clip.length / SAMPLE_RATE, 3)
        words = [word["word"] for word in clip.words]
        spoken = re.findall(r"[a-z']+", entry["text"])
        if words != spoken:
            raise ValueError(f"{name}: {words} are not {spoken}")
        return {"file": file, "seconds": seconds, "sample_rate": SAMPLE_RATE, **entry, "words": clip.words}

    entries = []
    for name, voice, parts, tags in CLIPS:
        clip, pauses = Clip(), []
        clip.silence(EDGE_S)
        for part in parts:
            if isinstance(part, str):
                clip.speech(say(voice, part))
            else:
                start = clip.length / SAMPLE_RATE
                clip.silence(part)
                pauses.append({"start": round(start, 3), "end": round(clip.length / SAMPLE_RATE, 3)})
        clip.silence(EDGE_S)
        text = " ".join(part for part in parts if isinstance(part, str))
        entries.append(write(name, clip, {"text": text, "voice": voice, "tags": tags, "pauses": pauses}))
    name, tags, turns = DIALOGUE
    clip, spoken = Clip(), []
    clip.silence(EDGE_S)
    for speaker, voice, text in turns:
        words = clip.speech(say(voice, text))
        for word in words:
            word["speaker"] = speaker
        spoken.append({"speaker": speaker, "voice": voice, "start": words[0]["start"], "end": words[-1]["end"], "text": text})
        clip.silence(TURN_GAP_S)
    entries.append(write(name, clip, {"text": " ".join(turn["text"] for turn in spoken), "tags": tags, "turns": spoken}))
    manifest = {
        "about": "Synthetic speech with exact word times in seconds. Made by scripts/train/recogniser/make_fixtures.py with "
        "espeak-ng and flite (voices: CMU ARCTIC rms; espeak-ng variants). Texts by this project.",
        "clips": entries,
    }
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
