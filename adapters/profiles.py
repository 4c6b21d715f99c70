"""Named profiles: the frameworks' own settings, as environment variables that are set before anything is imported.

`usual` is what people have. `portable` is what makes results repeat, and differ least between machines: one thread (a
sum split between threads is another sum), instruction sets capped at AVX2 (a wider vector adds in another order), code
paths that do not depend on how arrays are aligned, deterministic kernels.
"""

from collections.abc import Mapping

USUAL, PORTABLE = "usual", "portable"

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    ),
    "1",
)

PROFILES: Mapping[str, Mapping[str, str]] = {
    USUAL: {},
    PORTABLE: {
        **ONE_THREAD,
        "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own kernels
        "MKL_CBWR": "AVX2,STRICT",  # Intel's library below PyTorch: the same bits wherever an array lies
        "ONEDNN_MAX_CPU_ISA": "AVX2",  # below PyTorch and TensorFlow
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_DETERMINISTIC_OPS": "1",
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2 --xla_cpu_multi_thread_eigen=false",
        "OPENBLAS_CORETYPE": "Haswell",  # below NumPy, which is not what is measured but what measures
    },
}
