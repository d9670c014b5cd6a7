"""What the schedulers of `diffusers` do with a seeded toy network: the paths that our samplers have to take.

    pip install -r requirements.txt
    python schedulers.py    # writes test/fixtures/engines/audioldm/schedulers.json

The network is sin(matrix · sample + timestep / 1000 · slope); the samples after every step are kept.
"""

import json
import pathlib

import diffusers
import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

FILE = pathlib.Path(__file__).resolve().parents[3] / "test/fixtures/engines/audioldm/schedulers.json"
WIDTH = 5
AUDIOLDM = dict(beta_start=0.0015, beta_end=0.0195, beta_schedule="scaled_linear")
LINEAR = dict(beta_start=0.0001, beta_end=0.02, beta_schedule="linear")

CASES = [
    dict(sampler="ddim", schedule=AUDIOLDM, steps=10, prediction="epsilon", spacing="leading", offset=1, clean=False, eta=0.0),
    dict(sampler="ddim", schedule=LINEAR, steps=7, prediction="v_prediction", spacing="trailing", offset=0, clean=True, eta=0.0),
    dict(sampler="ddim", schedule=AUDIOLDM, steps=12, prediction="v_prediction", spacing="leading", offset=0, clean=True, eta=0.6),
    dict(sampler="ddim", schedule=LINEAR, steps=9, prediction="epsilon", spacing="linspace", offset=0, clean=True, eta=1.0),
    dict(sampler="dpm-solver", schedule=AUDIOLDM, steps=8, prediction="epsilon", spacing="linspace", offset=0, order=2),
    dict(sampler="dpm-solver", schedule=LINEAR, steps=20, prediction="v_prediction", spacing="linspace", offset=0, order=2),
    dict(sampler="dpm-solver", schedule=AUDIOLDM, steps=16, prediction="v_prediction", spacing="leading", offset=1, order=2),
    dict(sampler="dpm-solver", schedule=AUDIOLDM, steps=15, prediction="epsilon", spacing="trailing", offset=0, order=2),
    dict(sampler="dpm-solver", schedule=LINEAR, steps=11, prediction="epsilon", spacing="linspace", offset=0, order=1),
]


def scheduler_of(case):
    common = dict(case["schedule"], prediction_type=case["prediction"], timestep_spacing=case["spacing"], steps_offset=case["offset"])
    if case["sampler"] == "ddim":
        return DDIMScheduler(**common, clip_sample=False, set_alpha_to_one=case["clean"])
    return DPMSolverMultistepScheduler(**common, solver_order=case["order"])


def main():
    rng = np.random.default_rng(5)
    matrix, slope = rng.normal(size=(WIDTH, WIDTH)), rng.normal(size=WIDTH) * 5
    cases = []
    for case in CASES:
        scheduler = scheduler_of(case)
        scheduler.set_timesteps(case["steps"])
        sample = torch.tensor(rng.normal(size=WIDTH), dtype=torch.float64)
        record = dict(case, start=sample.tolist(), timesteps=scheduler.timesteps.tolist(), noises=[], samples=[])
        for timestep in scheduler.timesteps.tolist():
            output = torch.tensor(np.sin(matrix @ sample.numpy() + timestep / 1000 * slope))
            extra = {}
            if case.get("eta", 0) > 0:
                noise = rng.normal(size=WIDTH)
                record["noises"].append(noise.tolist())
                extra = dict(eta=case["eta"], variance_noise=torch.tensor(noise))
            sample = scheduler.step(output, timestep, sample, **extra).prev_sample.double()
            record["samples"].append(sample.tolist())
        cases.append(record)
    rounded = json.loads(json.dumps(dict(matrix=matrix.tolist(), slope=slope.tolist(), cases=cases)), parse_float=lambda x: round(float(x), 9))
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(dict(rounded, versions={"diffusers": diffusers.__version__})))
    print(FILE.stat().st_size)


if __name__ == "__main__":
    main()
