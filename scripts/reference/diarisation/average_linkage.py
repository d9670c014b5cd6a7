"""What scipy makes of a few embeddings: average linkage on cosine distance, and clusters at a distance and of a number.

Usage: python average_linkage.py <folder of the fixtures>
Needs numpy and scipy.
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

COUNT, SIZE = 60, 6
CUT_DISTANCE, CLUSTERS = 0.35, 4


def main(folder: Path) -> None:
    rng = np.random.default_rng(5)
    voices = rng.standard_normal((4, SIZE))
    embeddings = voices[rng.integers(0, 4, COUNT)] + 0.45 * rng.standard_normal((COUNT, SIZE))
    embeddings = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).round(5)
    tree = linkage(embeddings, "average", metric="cosine")
    result = {
        "embeddings": embeddings.tolist(),
        "linkage": [[int(a), int(b), round(distance, 7)] for a, b, distance, _ in tree],
        "cutDistance": CUT_DISTANCE,
        "atDistance": fcluster(tree, CUT_DISTANCE, "distance").tolist(),
        "ofFour": fcluster(tree, CLUSTERS, "maxclust").tolist(),
    }
    (folder / "average-linkage.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(len(set(result["atDistance"])), "clusters at", CUT_DISTANCE)


main(Path(sys.argv[1]))
