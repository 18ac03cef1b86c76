"""What the two peers have in common: they do as they are told, line by line.

Commands on the standard input, one JSON answer each on the standard output:
  check DIR  compute the picture and write the outputs named here to DIR/NAME.bin
  run N      measure N repetitions: their milliseconds
  memory     the process's peak memory, in MB
"""
import json
import os
import sys
import time

clock = time.process_time if os.environ.get("PEERS_CLOCK") == "cpu" else time.perf_counter

CHECKED = ["reconstruction", "residual", "score"]


def serve(about, once, outputs):
    answer = lambda v: print(json.dumps(v), flush=True)
    answer({"about": about})
    for line in sys.stdin:
        command, _, rest = line.strip().partition(" ")
        if command == "check":
            for name, value in outputs().items():
                value.astype("<f4").tofile(f"{rest}/{name}.bin")
            answer({})
        elif command == "run":
            took = []
            for _ in range(int(rest)):
                start = clock()
                once()
                took.append(1e3 * (clock() - start))
            answer({"ms": took})
        elif command == "memory":
            with open("/proc/self/status") as f:
                peak = next(l for l in f if l.startswith("VmHWM"))
            answer({"mb": int(peak.split()[1]) / 1024})
