"""Runs an ONNX model on a file of float32 pictures and writes its outputs.

usage: parity.py MODEL.onnx PICTURES.bin BATCH OUTDIR
Every output goes to OUTDIR/NAME.bin, as float32 in the order of the tensor.
"""
import sys

import numpy as np
import onnxruntime as ort

model, pictures, batch, out = sys.argv[1:]
options = ort.SessionOptions()
options.intra_op_num_threads = 2
options.log_severity_level = 3
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
shape = [int(batch)] + session.get_inputs()[0].shape[1:]
x = np.fromfile(pictures, "<f4").reshape(shape)
names = [o.name for o in session.get_outputs()]
for name, value in zip(names, session.run(names, {"image": x})):
    value.astype("<f4").tofile(f"{out}/{name}.bin")
print(ort.__version__)
