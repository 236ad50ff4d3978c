"""A measured start whose figures are easy to work out."""

from lab.results.cold_start import ColdStart

MEASURED = ColdStart(
    runs=5,
    init_ms=160.0,
    first_ms=4.0,
    second_ms=3.0,
    warm_ms=2.0,
    resident_mb=26.0,
    unzipped_mb=1.2,
    zipped_mb=0.52,
    memory_mb=512,
    architecture="arm64",
    payment_seconds=3.0,
)
