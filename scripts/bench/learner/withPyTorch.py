"""Trains the benchmark's models, or labels with them, with PyTorch on one thread. Reads lines "train|label model batch
calls" and answers each with calls per CPU-second; says its version first."""
import resource
import sys

import torch
from torch import nn

torch.set_num_threads(1)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def mlp():
    return nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(3), nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 200), nn.ReLU(), nn.Linear(200, 10))


def train(model, inputs, labels, steps):
    optimiser = torch.optim.SGD(model.parameters(), lr=0.001)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(model(inputs), labels).backward()
        optimiser.step()


def label(model, inputs, _, calls):
    with torch.inference_mode():
        for _ in range(calls):
            model(inputs).argmax(1)


models = {"mlp": (mlp(), (1024,)), "cnn": (cnn(), (1, 32, 32))}
tasks = {"train": train, "label": label}
loss = nn.CrossEntropyLoss()
print(torch.__version__, flush=True)
for line in sys.stdin:
    task, name, batch, calls = line.split()
    model, shape = models[name]
    inputs = torch.randn(int(batch), *shape)
    labels = torch.randint(0, 10, (int(batch),))
    start = cpu_seconds()
    tasks[task](model, inputs, labels, int(calls))
    print(int(calls) / (cpu_seconds() - start), flush=True)
