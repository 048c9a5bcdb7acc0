"""Reads an exported model from both formats and predicts the inputs in it with NumPy alone. Arguments: folder with
model.safetensors, layers/model.json, layers/weights.bin, inputs.bin (float32). Prints the outputs of each as JSON."""
import json
import sys

import numpy as np
from safetensors import safe_open

folder = sys.argv[1]
with safe_open(f"{folder}/model.safetensors", "np") as file:
    description = json.loads(file.metadata()["dppdl"])
    tensors = {name: file.get_tensor(name).astype(np.float64) for name in file.keys()}

layers = json.load(open(f"{folder}/layers/model.json"))
weights = np.fromfile(f"{folder}/layers/weights.bin", "<f4").astype(np.float64)
exported, start = {}, 0
for spec in layers["weightsManifest"][0]["weights"]:
    size = int(np.prod(spec["shape"]))
    exported[spec["name"]] = weights[start:start + size].reshape(spec["shape"])
    start += size
assert start == weights.size

model, shape = description["model"], description["inputs"]["shape"]
rows = np.fromfile(f"{folder}/inputs.bin", "<f4").reshape(-1, *shape)


def convolve(x, kernel, biases):
    side = x.shape[0] - 4
    patches = np.stack([x[y:y + side, z:z + side] for y in range(5) for z in range(5)], 2)
    return np.einsum("yxtc,tcf->yxf", patches, kernel.reshape(25, x.shape[2], -1)) + biases


def pool(x, window):
    side = x.shape[0] // window
    x = x[:side * window, :side * window].reshape(side, window, side, window, -1)
    return x.max((1, 3))


def predict(row, tensor):
    """`tensor(name)` gives weights with filters last."""
    x = row
    if model["kind"] == "cnn":
        x = pool(np.maximum(convolve(x, *tensor("convolution1")), 0), 3)
        x = pool(np.maximum(convolve(x, *tensor("convolution2")), 0), 2)
    x, layer = x.reshape(-1), 1
    depth = 2 if model["kind"] == "cnn" else len(model["layers"]) - 1
    for layer in range(1, depth + 1):
        kernel, biases = tensor(f"dense{layer}")
        x = x @ kernel + biases
        x = np.maximum(x, 0) if layer < depth else x
    if model.get("output") == "sigmoid":
        return 1 / (1 + np.exp(-x))
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def from_safetensors(name):
    kernel = tensors[f"{name}.weights"]
    # Filters come first in the second convolution of the node's own order.
    return kernel.transpose(1, 2, 3, 0) if name == "convolution2" else kernel, tensors[f"{name}.biases"]


def from_layers(name):
    return exported[f"{name}/kernel"], exported[f"{name}/bias"]


print(json.dumps([[predict(row, tensor).tolist() for row in rows] for tensor in (from_safetensors, from_layers)]))
