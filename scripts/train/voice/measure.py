"""Intelligibility, naturalness and speed of the exported voices beside flite and espeak-ng, on sentences of no training set.

    python measure.py --models <text-to-speech/timbre-tacotron2> --vocoder <vocoder/timbre-harmonic> --dictionary <cmudict.dict> \
        --recogniser <pocketsphinx models> --dnsmos <DNSMOS_sig_bak_ovr.onnx> --out /tmp/quality.json

Word errors by pocketsphinx (which knows none of the voices) with its 5000-word language model; DNSMOS P.835 as in Microsoft's
`dnsmos_local.py`; real-time factor on one thread, networks only.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import numpy
import onnxruntime
import soundfile
from scipy.signal import resample_poly

from export import Product
from mels import SAMPLE_RATE
from symbols import END, SILENCE, read_dictionary

HERE = pathlib.Path(__file__).parent


def symbols_of(text, dictionary):
    found = [SILENCE]
    for word, mark in re.findall(r"([a-z']+)([,.?!]?)", text.lower()):
        found += dictionary[word][0] + ([mark] if mark else [])
    return [*found, END]


def shell_voice(command):
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run([*command, file.name] if command[0] == "flite" else [command[0], "-w", file.name, *command[1:]],
                       check=True, capture_output=True)
        audio, rate = soundfile.read(file.name, dtype="float32")
    return resample_poly(audio, 16000, rate).astype(numpy.float32) if rate != 16000 else audio


def errors_between(wanted, heard):
    cost = list(range(len(heard) + 1))
    for i, word in enumerate(wanted, 1):
        previous, cost[0] = cost[0], i
        for j, other in enumerate(heard, 1):
            previous, cost[j] = cost[j], min(cost[j] + 1, cost[j - 1] + 1, previous + (word != other))
    return cost[-1]


class Listener:
    def __init__(self, folder):
        from pocketsphinx import Decoder

        self.decoder = Decoder(hmm=str(folder / "en-us/en-us"), dict=str(folder / "en-us/cmudict-en-us.dict"),
                               lm=str(folder / "wlist5o.nvp.lm.lower.bin"), loglevel="FATAL")

    def words(self, audio):
        loud = audio * (0.5 / max(1e-3, numpy.abs(audio).max()))
        self.decoder.start_utt()
        self.decoder.process_raw((numpy.pad(loud, 3200) * 32767).astype(numpy.int16).tobytes(), full_utt=True)
        self.decoder.end_utt()
        found = self.decoder.hyp()
        return re.sub(r"\(\d+\)", "", found.hypstr).split() if found else []


class Judge:
    LENGTH = 144160

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def overall(self, audio):
        while len(audio) < self.LENGTH:
            audio = numpy.concatenate([audio, audio])
        scores = []
        for begin in range(0, len(audio) - self.LENGTH + 1, 16000):
            raw = self.session.run(None, {self.session.get_inputs()[0].name: audio[None, begin:begin + self.LENGTH]})[0][0]
            scores.append(numpy.polyval([-0.06766283, 1.11546468, 0.04602535], raw[2]))
        return float(numpy.mean(scores))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("--vocoder", type=pathlib.Path, required=True)
    parser.add_argument("--dictionary", type=pathlib.Path, required=True)
    parser.add_argument("--recogniser", type=pathlib.Path, required=True)
    parser.add_argument("--dnsmos", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="one system; the others keep what --out has of them")
    parser.add_argument("--sound", type=pathlib.Path, help="folder for the audio that was judged")
    options = parser.parse_args()
    dictionary = read_dictionary(options.dictionary)
    voices = json.loads((options.models / "manifest.json").read_text())["options"]["voices"]
    sentences = (HERE / "sentences.txt").read_text().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        for path in [*options.models.glob("*.onnx"), *options.vocoder.glob("*.onnx")]:
            shutil.copy(path, folder)
        product = Product(pathlib.Path(folder))
    spent = {"acoustic": 0.0, "vocoder": 0.0, "audio": 0.0}

    def own(speaker):
        def speak(text):
            began = time.process_time()
            mel, _ = product.mel(symbols_of(text, dictionary), speaker)
            middle = time.process_time()
            audio = product.sound(mel)
            spent["acoustic"] += middle - began
            spent["vocoder"] += time.process_time() - middle
            spent["audio"] += len(audio) / SAMPLE_RATE
            return resample_poly(audio, 320, 441).astype(numpy.float32)
        return speak

    systems = {voice["id"]: own(voice["speaker"]) for voice in voices}
    for voice in ("slt", "rms"):
        systems[f"flite {voice}"] = lambda text, voice=voice: shell_voice(["flite", "-voice", voice, "-t", text, "-o"])
    systems["espeak-ng"] = lambda text: shell_voice(["espeak-ng", "-v", "en-us", text])
    listener, judge, results = Listener(options.recogniser), Judge(options.dnsmos), {}
    if options.only and options.out.exists():
        results = json.loads(options.out.read_text())
    for name, speak in systems.items():
        if options.only and name != options.only:
            continue
        errors, words, scores, heard = 0, 0, [], []
        for index, text in enumerate(sentences):
            audio = speak(text)
            if options.sound:
                options.sound.mkdir(parents=True, exist_ok=True)
                soundfile.write(options.sound / f"{name.replace(' ', '-')}-{index:02d}.wav", audio, 16000)
            wanted = re.findall(r"[a-z']+", text.lower())
            heard.append(listener.words(audio))
            errors += errors_between(wanted, heard[-1])
            words += len(wanted)
            scores.append(judge.overall(audio))
        results[name] = {"wordErrorRate": round(errors / words, 4), "dnsmosOverall": round(float(numpy.mean(scores)), 3)}
        print(name, results[name], [" ".join(line) for line in heard[:3]], flush=True)
    if spent["audio"]:
        results["realTimeFactor"] = {part: round(spent[part] / spent["audio"], 4) for part in ("acoustic", "vocoder")}
        print(results["realTimeFactor"])
    options.out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
