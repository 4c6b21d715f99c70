"""What a processor says of itself, whatever the system: the key that figures are known by."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradproof.adapters import processor
from gradproof.adapters.running.profiles import kernel_environment

X86 = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu sse2 avx avx2 fma\n\nvendor_id\t: Other\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\n"


@pytest.mark.parametrize(
    ("text", "vendor", "instructions"), [(X86, "GenuineIntel", "avx2"), (ARM, "0x41", "sve"), ("", "unknown", None)]
)
def test_linux_says_it(text: str, vendor: str, instructions: str | None, tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert processor.vendor(path) == vendor
    assert processor.instructions(path) == (instructions or processor.instructions(tmp_path / "none"))


@pytest.mark.parametrize(
    ("system", "machine", "text", "vendor"),
    [
        ("darwin", "arm64", "arm", "Apple"),
        ("darwin", "x86_64", "i386", "GenuineIntel"),
        ("win32", "AMD64", "AMD64 Family 25 Model 80 Stepping 0, AuthenticAMD", "AuthenticAMD"),
        ("freebsd", "amd64", "amd64", "unknown"),
    ],
)
def test_other_systems_say_it_elsewhere(
    system: str, machine: str, text: str, vendor: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "processor", lambda: text)
    assert processor.vendor(tmp_path / "none") == vendor


@pytest.mark.parametrize(
    ("names", "instructions"),
    [
        ({"baseline": ["X86_V2"], "found": ["X86_V3", "X86_V4"]}, "avx512f"),
        ({"baseline": ["SSE", "SSE2"], "found": ["AVX2", "FMA3"]}, "avx2"),
        ({"baseline": ["NEON", "ASIMD"]}, "asimd"),
        ({}, "unknown"),
    ],
)
def test_numpy_says_the_instructions_where_the_system_does_not(
    names: Any, instructions: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(np, "show_config", lambda mode: {"SIMD Extensions": names} if names else {})
    assert processor.instructions(tmp_path / "none") == instructions


def test_what_pytorch_tells_apart_has_another_key() -> None:
    """Its kernels are chosen by the capability that it reports."""
    code = (
        "import json, torch\nfrom gradproof.adapters.running.profiles import kernel_environment\n"
        "print(json.dumps([torch.backends.cpu.get_cpu_capability(), kernel_environment('')]))"
    )
    seen: dict[str, set[str]] = {}
    for settings in ({}, {"ATEN_CPU_CAPABILITY": "avx2"}, {"ATEN_CPU_CAPABILITY": "default"}):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, env={**os.environ, **settings}, check=True
        )
        capability, key = json.loads(done.stdout)
        seen.setdefault(json.dumps(key), set()).add(capability)
        assert key == kernel_environment("", settings)
    assert all(len(capabilities) == 1 for capabilities in seen.values())
