"""ONNX Runtime on an exported network: runtime.py MODEL.onnx PICTURE.bin THREADS

Its best settings: all graph optimisations, input and outputs bound once.
"""
import sys

import numpy as np
import onnxruntime as ort

from peer import CHECKED, serve

model, picture, threads = sys.argv[1:]
options = ort.SessionOptions()
options.intra_op_num_threads = int(threads)
options.inter_op_num_threads = 1
options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
options.log_severity_level = 3
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
x = np.fromfile(picture, "<f4").reshape([1] + session.get_inputs()[0].shape[1:])
binding = session.io_binding()
binding.bind_cpu_input("image", x)
for o in session.get_outputs():
    shape = [1] + o.shape[1:]
    binding.bind_ortvalue_output(o.name, ort.OrtValue.ortvalue_from_numpy(np.empty(shape, np.float32)))
once = lambda: session.run_with_iobinding(binding)


def outputs():
    return dict(zip(CHECKED, session.run(CHECKED, {"image": x})))


serve(f"ONNX Runtime {ort.__version__}", once, outputs)
