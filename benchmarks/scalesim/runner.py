"""Runs SCALE-Sim 3.0.0: by its own interpreter, since it needs older NumPy and pandas than others may want. Knows nothing of einfold.

Standard input: a JSON list of `[dataflow, m, n, k, rows, cols]`, dataflow `os`, `ws` or `is`. Standard output: per entry a line of JSON,
`{"cycles": the report's total, "stalls": stall cycles, "reads": operands read from their memories, "seconds": time of reading, running and
reporting}`.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import tempfile
import time
from pathlib import Path

from scalesim.scale_sim import scalesim

CONFIG = """[general]
run_name = gemm
[run_presets]
InterfaceBandwidth = CALC
UseRamulatorTrace = False
[architecture_presets]
ArrayHeight = {rows}
ArrayWidth = {cols}
IfmapSramSzkB = 4096
FilterSramSzkB = 4096
OfmapSramSzkB = 4096
IfmapOffset = 0
FilterOffset = 10000000
OfmapOffset = 20000000
Dataflow = {dataflow}
ReadRequestBuffer = 32
WriteRequestBuffer = 32
[layout]
IfmapCustomLayout = False
IfmapSRAMBankBandwidth = 10
IfmapSRAMBankNum = 10
IfmapSRAMBankPort = 2
FilterCustomLayout = False
FilterSRAMBankBandwidth = 10
FilterSRAMBankNum = 10
FilterSRAMBankPort = 2
[sparsity]
SparsitySupport = False
"""
"""Bandwidth is calculated from the array's demand (`CALC`), so that nothing stalls."""


def simulated(folder: Path, dataflow: str, m: int, n: int, k: int, rows: int, cols: int) -> dict[str, float]:
    """One product, through files in `folder`, without traces."""
    config, topology, layout = folder / "scale.cfg", folder / "gemm.csv", folder / "layout.csv"
    config.write_text(CONFIG.format(rows=rows, cols=cols, dataflow=dataflow))
    topology.write_text(f"Layer,M,N,K,\ngemm,{m},{n},{k},\n")
    layout.write_text("Layer,\n")
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        tool = scalesim(save_disk_space=True, verbose=False, config=str(config), topology=str(topology), layout=str(layout), input_type_gemm=True)
        tool.run_scale(top_path=str(folder))
    seconds = time.perf_counter() - begin
    compute, accesses = report(folder / "gemm" / "COMPUTE_REPORT.csv"), report(folder / "gemm" / "DETAILED_ACCESS_REPORT.csv")
    reads = accesses["SRAM IFMAP Reads"] + accesses["SRAM Filter Reads"]
    return {"cycles": compute["Total Cycles"], "stalls": compute["Stall Cycles"], "reads": reads, "seconds": seconds}


def report(file: Path) -> dict[str, float]:
    """Column -> value in a report on one layer."""
    header, row = list(csv.reader(file.read_text().splitlines()))[:2]
    return {name.strip(): float(value) for name, value in zip(header, row, strict=True) if name.strip()}


def main() -> None:
    for dataflow, *numbers in json.load(sys.stdin):
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(simulated(Path(folder), dataflow, *numbers)), flush=True)


if __name__ == "__main__":
    main()
