"""Synthetic speech with exact times: espeak-ng through its library (phone events), flite through its command line.

Both return `Speech`: mono float32 at 16 kHz, phones as (phone or "", start, end) and words as (word, start, end), in seconds.
Words need `dictionary` ({word: [[phone, ...]]}): the synthesisers tell phones, and merge short words ("on the").
"""

import ctypes
import dataclasses
import os
import re
import subprocess
import tempfile

import numpy
import soundfile
from scipy.signal import resample_poly

from phones import from_espeak, from_flite

SAMPLE_RATE = 16000


@dataclasses.dataclass
class Speech:
    audio: numpy.ndarray
    phones: list
    words: list


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("unique", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
                ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user_data", ctypes.c_void_p), ("id", _Id)]


_PHONEME = 7
_SYNCHRONOUS, _PHONEME_EVENTS = 2, 1
_RATE, _PITCH, _RANGE = 1, 3, 4


class Espeak:
    """One per process: the library keeps its state in globals."""

    def __init__(self):
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._blocks, self._events = [], []
        callback_type = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))

        def on_block(samples, count, events):
            if count and samples:
                self._blocks.append(numpy.ctypeslib.as_array(samples, (count,)).copy())
            index = 0
            while events[index].type:
                event = events[index]
                if event.type == _PHONEME:
                    name = bytes(event.id.string).split(b"\0")[0].decode("utf8", "ignore")
                    self._events.append((event.audio_position / 1000, name))
                index += 1
            return 0

        self._callback = callback_type(on_block)
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text, voice, words_per_minute=165, pitch=50, pitch_range=50, dictionary=None):
        """`text` in plain ASCII; `voice` as `en-us+f2`."""
        library = self._library
        if library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_RANGE, pitch_range)):
            library.espeak_SetParameter(parameter, int(value), 0)
        self._blocks.clear(), self._events.clear()
        data = text.encode("ascii")
        library.espeak_Synth(data, len(data) + 1, 0, 1, 0, 1, None, None)
        library.espeak_Synchronize()
        audio = numpy.concatenate(self._blocks).astype(numpy.float32) / 32768
        audio = resample_poly(audio, 320, 441).astype(numpy.float32) if self._rate == 22050 else audio
        phones = self._timeline(len(audio) / SAMPLE_RATE)
        return Speech(audio, phones, _words_of(text, phones, dictionary) if dictionary else [])

    def _timeline(self, duration):
        sounds = [(time, from_espeak(name)) for time, name in self._events]
        sounds = [(time, phones) for time, phones in sounds if phones is not None]
        ends = [time for time, _ in sounds[1:]] + [duration]
        phones = []
        for (start, names), end in zip(sounds, ends):
            step = (end - start) / max(1, len(names))
            for index, name in enumerate(names or [""]):
                phones.append((name, start + index * step, start + (index + 1) * step if names else end))
        return phones


def speak_with_flite(text, voice, stretch=1.0, pitch_hz=None, dictionary=None):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "speech.wav")
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.3f}"]
        if pitch_hz:
            command += ["--setf", f"int_f0_target_mean={pitch_hz:.0f}"]
        printed = subprocess.run([*command, "-psdur", "-t", text, "-o", path], capture_output=True, check=True, text=True)
        audio, rate = soundfile.read(path, dtype="float32")
    if rate != SAMPLE_RATE:
        audio = resample_poly(audio, SAMPLE_RATE, rate).astype(numpy.float32)
    phones, start = [], 0.0
    for field in printed.stdout.split():
        name, end = field.split(":")
        for phone in from_flite(name) or [""]:
            phones.append((phone, start, float(end)))
        start = float(end)
    return Speech(audio, phones, _words_of(text, phones, dictionary) if dictionary else [])


def _words_of(text, phones, dictionary):
    """Gives every spoken phone to a word, by the cheapest alignment with the dictionary's pronunciations."""
    words = re.findall(r"[a-z']+", text.lower())
    owners, wanted = [], []
    for index, word in enumerate(words):
        for phone in dictionary[word][0]:
            owners.append(index), wanted.append(phone)
    spoken = [phone for phone in phones if phone[0]]
    rows, columns = len(wanted) + 1, len(spoken) + 1
    cost = numpy.zeros((rows, columns))
    cost[:, 0], cost[0, :] = numpy.arange(rows), numpy.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            same = cost[i - 1, j - 1] + (wanted[i - 1] != spoken[j - 1][0])
            cost[i, j] = min(same, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    owner = [None] * len(spoken)
    i, j = rows - 1, columns - 1
    while j > 0:
        if i > 0 and cost[i, j] == cost[i - 1, j - 1] + (wanted[i - 1] != spoken[j - 1][0]):
            i, j = i - 1, j - 1
            owner[j] = owners[i]
        elif i > 0 and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
            owner[j] = owners[min(i, len(owners) - 1)]
    found = []
    for index, word in enumerate(words):
        mine = [spoken[k] for k in range(len(spoken)) if owner[k] == index]
        if mine:
            found.append((word, mine[0][1], mine[-1][2]))
    return found
