"""The product's mel convention for speech synthesis, as NVIDIA's Tacotron2 and HiFi-GAN's LJSpeech models have it."""

import numpy
import torch

SAMPLE_RATE = 22050
FFT, HOP, WINDOW, MELS = 1024, 256, 1024, 80
LOWEST_HZ, HIGHEST_HZ = 0.0, 8000.0
FLOOR = 1e-5
CONVENTION = {"sample_rate_hz": SAMPLE_RATE, "n_fft": FFT, "hop_length": HOP, "win_length": WINDOW, "mel_bins": MELS,
              "f_min": LOWEST_HZ, "f_max": HIGHEST_HZ, "norm": "slaney", "scale": "log", "floor": FLOOR}


def _to_mel(hz):
    hz = numpy.asarray(hz, dtype=float)
    return numpy.where(hz < 1000, hz * 3 / 200, 15 + numpy.log(numpy.maximum(hz, 1e-9) / 1000) / (numpy.log(6.4) / 27))


def _to_hz(mel):
    return numpy.where(mel < 15, mel * 200 / 3, 1000 * numpy.exp((mel - 15) * numpy.log(6.4) / 27))


def filter_bank():
    """[MELS, FFT / 2 + 1], triangles of area one (Slaney)."""
    edges = _to_hz(numpy.linspace(_to_mel(LOWEST_HZ), _to_mel(HIGHEST_HZ), MELS + 2))
    bins = numpy.linspace(0, SAMPLE_RATE / 2, FFT // 2 + 1)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    return (numpy.maximum(0, numpy.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(numpy.float32)


_BANK = torch.from_numpy(filter_bank())
_HANN = torch.hann_window(WINDOW)


def mel_of(audio):
    """Log-mel [MELS, samples / HOP] of float samples [samples]; frame i is centred on sample (i + 0.5) * HOP."""
    edge = (FFT - HOP) // 2
    samples = torch.as_tensor(audio, dtype=torch.float32)
    padded = torch.nn.functional.pad(samples[None, None], (edge, edge), mode="reflect")[0, 0]
    spectrum = torch.stft(padded, FFT, HOP, WINDOW, _HANN, center=False, return_complex=True).abs()
    return torch.log((_BANK @ spectrum).clamp(min=FLOOR))
